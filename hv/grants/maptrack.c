/* SPDX-License-Identifier: MIT */
/*
 * Handles: which grants of other domains a domain has mapped.  Frames of
 * records are added on demand up to the domain's limit and stay; the free ones
 * form a list through them.  maptrack_lock covers it all.
 */
#include "grants/table.h"

/* @pre h is below the number of records. */
static struct maptrack *record(const struct grant_table *gt, u32 h)
{
	return &gt->maptrack[h / MAPTRACK_PER_FRAME][h % MAPTRACK_PER_FRAME];
}

/* A frame of free records, lowest handle first. */
static void add_frame(struct grant_table *gt)
{
	u32 first = gt->nr_maptrack_frames * MAPTRACK_PER_FRAME;
	struct maptrack *page;

	if (gt->nr_maptrack_frames >= gt->max_maptrack_frames)
		return;
	page = alloc_hv_pages(0);
	if (!page)
		return;
	for (u32 i = 0; i < MAPTRACK_PER_FRAME; i++)
		page[i].next_free = first + i + 1;
	page[MAPTRACK_PER_FRAME - 1].next_free = MAPTRACK_END;
	gt->maptrack[gt->nr_maptrack_frames++] = page;
	gt->free_handle = first;
}

u32 maptrack_reserve(struct domain *d, domid_t owner, u32 ref)
{
	struct grant_table *gt = d->grants;
	u32 h;

	spin_lock(&gt->maptrack_lock);
	if (gt->free_handle == MAPTRACK_END)
		add_frame(gt);
	h = gt->free_handle;
	if (h != MAPTRACK_END) {
		struct maptrack *m = record(gt, h);

		gt->free_handle = m->next_free;
		*m = (struct maptrack){ .ref = ref, .domid = owner };
	}
	spin_unlock(&gt->maptrack_lock);
	return h;
}

void maptrack_publish(struct domain *d, u32 h, u16 flags)
{
	struct grant_table *gt = d->grants;

	spin_lock(&gt->maptrack_lock);
	record(gt, h)->flags = flags;
	spin_unlock(&gt->maptrack_lock);
}

/* @pre maptrack_lock held. */
static void free_handle(struct grant_table *gt, u32 h)
{
	struct maptrack *m = record(gt, h);

	m->flags = 0;
	m->next_free = gt->free_handle;
	gt->free_handle = h;
}

void maptrack_cancel(struct domain *d, u32 h)
{
	struct grant_table *gt = d->grants;

	spin_lock(&gt->maptrack_lock);
	free_handle(gt, h);
	spin_unlock(&gt->maptrack_lock);
}

bool maptrack_get(struct domain *d, u32 h, struct maptrack *copy)
{
	struct grant_table *gt = d->grants;
	bool used = false;

	spin_lock(&gt->maptrack_lock);
	if (h < gt->nr_maptrack_frames * MAPTRACK_PER_FRAME) {
		*copy = *record(gt, h);
		used = copy->flags;
	}
	spin_unlock(&gt->maptrack_lock);
	return used;
}

/* Whoever unmaps looked a moment ago: the handle may be another mapping's by now. */
static bool same_mapping(const struct maptrack *a, const struct maptrack *b)
{
	return a->domid == b->domid && a->ref == b->ref &&
	       !((a->flags ^ b->flags) & (GNTMAP_readonly | GNTMAP_contains_pte));
}

u16 maptrack_drop(struct domain *d, u32 h, const struct maptrack *expected, u16 flags, bool *last)
{
	struct grant_table *gt = d->grants;
	struct maptrack *m = record(gt, h);
	u16 dropped = 0;

	spin_lock(&gt->maptrack_lock);
	if (m->flags && same_mapping(m, expected)) {
		dropped = m->flags & flags;
		m->flags &= ~flags;
	}
	*last = dropped && !(m->flags & (GNTMAP_host_map | GNTMAP_device_map));
	if (*last)
		free_handle(gt, h);
	spin_unlock(&gt->maptrack_lock);
	return dropped;
}
