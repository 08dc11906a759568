/* SPDX-License-Identifier: MIT */
/*
 * The grants of a domain as text, for the debug key: which of its entries are
 * in use by whom, and what it has mapped of others.
 */
#include "console/console.h"
#include "grants/table.h"

/* @pre gt->lock, for a line that is right by itself. */
static void dump_use(const struct active_grant *a, u32 ref)
{
	if (a->kind == GRANT_TRANSITIVE)
		log_info("  grant %u: domain %u, %u readers, %u writers, through domain %u's grant %u", ref,
			 a->domid, a->readers, a->writers, a->via, a->via_ref);
	else
		log_info("  grant %u: domain %u, %u readers, %u writers, frame %lx", ref, a->domid,
			 a->readers, a->writers, a->mfn);
}

static u32 dump_entries(struct grant_table *gt)
{
	u32 used = 0;

	for (u32 ref = 0;; ref++) {
		struct active_grant a = { 0 };
		bool there;

		spin_lock(&gt->lock);
		there = ref < grant_entries(gt);
		if (there)
			a = *active_of(gt, ref);
		spin_unlock(&gt->lock);
		if (!there)
			return used;
		if (active_in_use(&a)) {
			dump_use(&a, ref);
			used++;
		}
	}
}

static u32 dump_mappings(struct domain *d)
{
	u32 n = READ_ONCE(d->grants->nr_maptrack_frames) * MAPTRACK_PER_FRAME, used = 0;
	struct maptrack m;

	for (u32 h = 0; h < n; h++)
		if (maptrack_get(d, h, &m)) {
			log_info("  handle %u: domain %u's grant %u, %s%s%s", h, m.domid, m.ref,
				 m.flags & GNTMAP_readonly ? "read-only" : "writable",
				 m.flags & GNTMAP_host_map ? ", host" : "",
				 m.flags & GNTMAP_device_map ? ", device" : "");
			used++;
		}
	return used;
}

void grants_dump(struct domain *d)
{
	struct grant_table *gt = d->grants;
	u32 entries, mappings;

	log_info(" domain %u: grant table version %u, %u of %u frames", d->id, gt->version, gt->nr_frames,
		 gt->max_frames);
	entries = dump_entries(gt);
	mappings = dump_mappings(d);
	log_info("  %u entries in use by others, %u mappings of others' frames, %u frames of handles", entries,
		 mappings, READ_ONCE(gt->nr_maptrack_frames));
}
