/* SPDX-License-Identifier: MIT */
/*
 * Grant tables as objects: creation, growth, the change between versions 1 and
 * 2, and which machine frames they are made of.  Using grants is in access.c,
 * map.c and copy.c.  Frames are shared with the guest, which may map them
 * writable; status frames as well, as the ABI has it.
 */
#include "grants/table.h"

#include <xen/memory.h>

#include "console/console.h"
#include "grants/ops.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/heap.h"

static unsigned opt_max_frames = 64, opt_max_maptrack = 1024;
static unsigned opt_max_version = 2;
CMDLINE_UINT("gnttab_max_frames", opt_max_frames, 1, 65536);
CMDLINE_UINT("gnttab_max_maptrack_frames", opt_max_maptrack, 0, 65536);

/* --- growth -------------------------------------------------------------------- */

/* Version 1 has the most entries a frame; records are never taken back. */
static int grow_active(struct grant_table *gt, u32 frames)
{
	u32 wanted = DIV_ROUND_UP(frames * V1_PER_FRAME, ACTIVE_PER_FRAME);

	while (gt->nr_active_frames < wanted) {
		struct active_grant *page = alloc_hv_pages(0);

		if (!page)
			return -ENOMEM;
		gt->active[gt->nr_active_frames++] = page;
	}
	return 0;
}

static int grow_status(struct domain *d, u32 frames)
{
	struct grant_table *gt = d->grants;

	while (gt->nr_status_frames < status_frames_for(frames)) {
		grant_status_t *page = alloc_shared_page(d->id, true);

		if (!page)
			return -ENOMEM;
		gt->status[gt->nr_status_frames++] = page;
	}
	return 0;
}

int grant_table_grow(struct domain *d, u32 frames)
{
	struct grant_table *gt = d->grants;
	int rc;

	if (frames > gt->max_frames)
		return -EINVAL;
	rc = grow_active(gt, frames);
	if (!rc && gt->version == 2)
		rc = grow_status(d, frames);
	while (!rc && gt->nr_frames < frames) {
		void *page = alloc_shared_page(d->id, true);

		if (!page)
			return -ENOMEM;
		gt->shared[gt->nr_frames] = page;
		__atomic_store_n(&gt->nr_frames, gt->nr_frames + 1, __ATOMIC_RELEASE);
	}
	return rc;
}

/* --- creation and end ------------------------------------------------------------ */

static bool limits_ok(s32 frames, s32 maptrack, unsigned version)
{
	return frames && frames <= (s32)opt_max_frames && maptrack <= (s32)opt_max_maptrack &&
	       version <= opt_max_version;
}

static struct grant_table *table_object(u32 frames, u32 maptrack, unsigned version)
{
	struct grant_table *gt = xzalloc(sizeof(*gt));

	if (!gt)
		return NULL;
	spin_lock_init(&gt->lock);
	spin_lock_init(&gt->maptrack_lock);
	gt->version = 1;
	gt->max_version = version;
	gt->max_frames = frames;
	gt->max_maptrack_frames = maptrack;
	gt->free_handle = MAPTRACK_END;
	gt->shared = xzalloc(frames * sizeof(*gt->shared));
	gt->status = xzalloc(status_frames_for(frames) * sizeof(*gt->status));
	gt->active = xzalloc(DIV_ROUND_UP(frames * V1_PER_FRAME, ACTIVE_PER_FRAME) *
			     sizeof(*gt->active));
	gt->maptrack = xzalloc(MAX(maptrack, 1U) * sizeof(*gt->maptrack));
	return gt;
}

int grants_domain_init(struct domain *d, s32 max_frames, s32 max_maptrack_frames,
		       unsigned max_version)
{
	if (max_frames < 0)
		max_frames = opt_max_frames;
	if (max_maptrack_frames < 0)
		max_maptrack_frames = opt_max_maptrack;
	if (!max_version)
		max_version = opt_max_version;
	if (!limits_ok(max_frames, max_maptrack_frames, max_version))
		return -EINVAL;
	d->grants = table_object(max_frames, max_maptrack_frames, max_version);
	if (!d->grants)
		return -ENOMEM;
	if (!d->grants->shared || !d->grants->status || !d->grants->active || !d->grants->maptrack)
		return -ENOMEM;
	return 0;
}

void grants_domain_free(struct domain *d)
{
	struct grant_table *gt = d->grants;

	if (!gt)
		return;
	for (u32 i = 0; i < gt->nr_frames; i++)
		free_shared_page(gt->shared[i]);
	for (u32 i = 0; i < gt->nr_status_frames; i++)
		free_shared_page(gt->status[i]);
	for (u32 i = 0; i < gt->nr_active_frames; i++)
		free_hv_pages(gt->active[i], 0);
	for (u32 i = 0; i < gt->nr_maptrack_frames; i++)
		free_hv_pages(gt->maptrack[i], 0);
	xfree(gt->shared);
	xfree(gt->status);
	xfree(gt->active);
	xfree(gt->maptrack);
	xfree(gt);
	d->grants = NULL;
}

/* --- what the table is made of ---------------------------------------------------- */

void grant_table_size(struct domain *d, u32 *frames, u32 *max_frames)
{
	*frames = MAX(READ_ONCE(d->grants->nr_frames), 1U);
	*max_frames = d->grants->max_frames;
}

unsigned grant_table_version(struct domain *d)
{
	return READ_ONCE(d->grants->version);
}

int grant_table_setup(struct domain *d, u32 frames)
{
	int rc;

	spin_lock(&d->grants->lock);
	rc = grant_table_grow(d, frames);
	spin_unlock(&d->grants->lock);
	return rc;
}

u64 grant_shared_mfn(struct domain *d, u32 i)
{
	return virt_to_mfn(d->grants->shared[i]);
}

u64 grant_status_mfn(struct domain *d, u32 i)
{
	u64 mfn = 0;

	spin_lock(&d->grants->lock);
	if (i < d->grants->nr_status_frames)
		mfn = virt_to_mfn(d->grants->status[i]);
	spin_unlock(&d->grants->lock);
	return mfn;
}

u32 grant_status_frame_count(struct domain *d)
{
	return READ_ONCE(d->grants->nr_status_frames);
}

u32 grants_resource_frames(const struct domain *d, u32 id)
{
	if (id == XENMEM_resource_grant_table_id_shared)
		return d->grants->max_frames;
	return id == XENMEM_resource_grant_table_id_status ?
		       status_frames_for(d->grants->max_frames) : 0;
}

/* @pre gt->lock held. */
static int acquire_locked(struct domain *d, u32 id, u32 last, u32 nr, u64 *mfns)
{
	struct grant_table *gt = d->grants;
	bool status = id == XENMEM_resource_grant_table_id_status;
	int rc;

	if (status && gt->version != 2)
		return -EINVAL;
	/* A status frame appears with the first shared frame it is for. */
	rc = grant_table_grow(d, status ? last * (STATUS_PER_FRAME / V2_PER_FRAME) + 1 : last + 1);
	for (u32 i = 0; !rc && i < nr; i++)
		mfns[i] = virt_to_mfn(status ? (void *)gt->status[last + 1 - nr + i] :
					       gt->shared[last + 1 - nr + i]);
	return rc;
}

int grants_acquire_frames(struct domain *d, u32 id, u64 frame, u32 nr, u64 *mfns)
{
	u32 max = grants_resource_frames(d, id);
	int rc;

	if (!nr)
		return 0;
	if (frame >= max || nr > max - frame)
		return -EINVAL;
	spin_lock(&d->grants->lock);
	rc = acquire_locked(d, id, frame + nr - 1, nr, mfns);
	spin_unlock(&d->grants->lock);
	return rc;
}

/* --- versions ----------------------------------------------------------------------- */

static bool any_in_use(const struct grant_table *gt)
{
	u32 n = grant_entries(gt);

	for (u32 ref = 0; ref < n; ref++)
		if (active_in_use(active_of(gt, ref)))
			return true;
	return false;
}

/* The first entries keep their meaning through a change; frames beyond 2^32 do not fit v1. */
static int convert_reserved(struct grant_table *gt, unsigned to)
{
	union grant_entry_v2 v2[GNTTAB_NR_RESERVED_ENTRIES] = { 0 };
	struct grant_entry_v1 v1[GNTTAB_NR_RESERVED_ENTRIES] = { 0 };

	for (u32 i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
		if (to == 2) {
			v1[i] = *entry_v1(gt, i);
			v2[i].full_page.hdr.flags = v1[i].flags & ~(GTF_reading | GTF_writing);
			v2[i].full_page.hdr.domid = v1[i].domid;
			v2[i].full_page.frame = v1[i].frame;
			continue;
		}
		v2[i] = *entry_v2(gt, i);
		if (v2[i].full_page.frame >> 32)
			return -ERANGE;
		if ((v2[i].hdr.flags & GTF_type_mask) != GTF_permit_access ||
		    v2[i].hdr.flags & GTF_sub_page)
			continue;
		v1[i] = (struct grant_entry_v1){ v2[i].hdr.flags, v2[i].hdr.domid,
						 v2[i].full_page.frame };
	}
	for (u32 i = 0; i < gt->nr_frames; i++)
		memset(gt->shared[i], 0, PAGE_SIZE);
	memcpy(gt->shared[0], to == 2 ? (void *)v2 : (void *)v1, to == 2 ? sizeof(v2) : sizeof(v1));
	return 0;
}

/* The guest may still map the frames: they live on until it does not. */
static void drop_status_frames(struct grant_table *gt)
{
	for (u32 i = 0; i < gt->nr_status_frames; i++)
		free_shared_page(gt->status[i]);
	gt->nr_status_frames = 0;
}

/* @pre gt->lock held. */
static int change_version(struct domain *d, unsigned version)
{
	struct grant_table *gt = d->grants;
	int rc = grant_table_grow(d, MAX(gt->nr_frames, 1U));

	if (!rc && any_in_use(gt))
		rc = -EBUSY;
	if (!rc && version == 2)
		rc = grow_status(d, gt->nr_frames);
	if (!rc)
		rc = convert_reserved(gt, version);
	if (rc)
		return rc;
	gt->version = version;
	if (version == 1)
		drop_status_frames(gt);
	return 0;
}

int grant_table_set_version(struct domain *d, u32 version)
{
	struct grant_table *gt = d->grants;
	int rc = 0;

	if (version != 1 && version != 2)
		return -EINVAL;
	if (version > gt->max_version)
		return -ENOSYS;
	spin_lock(&gt->lock);
	if (gt->version != version)
		rc = change_version(d, version);
	spin_unlock(&gt->lock);
	return rc;
}

/* --- moving entries -------------------------------------------------------------------- */

/* @pre gt->lock held, both in range and different. */
static void swap_entries(struct grant_table *gt, u32 a, u32 b)
{
	if (gt->version == 1) {
		struct grant_entry_v1 e = *entry_v1(gt, a);

		*entry_v1(gt, a) = *entry_v1(gt, b);
		*entry_v1(gt, b) = e;
	} else {
		union grant_entry_v2 e = *entry_v2(gt, a);

		*entry_v2(gt, a) = *entry_v2(gt, b);
		*entry_v2(gt, b) = e;
	}
}

s16 grant_table_swap(struct domain *d, u32 a, u32 b)
{
	struct grant_table *gt = d->grants;
	s16 status = GNTST_okay;

	spin_lock(&gt->lock);
	if (a >= grant_entries(gt) || b >= grant_entries(gt))
		status = GNTST_bad_gntref;
	else if (active_in_use(active_of(gt, a)) || active_in_use(active_of(gt, b)))
		status = GNTST_eagain;
	else if (a != b)
		swap_entries(gt, a, b);
	spin_unlock(&gt->lock);
	return status;
}
