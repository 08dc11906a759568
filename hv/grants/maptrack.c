/* SPDX-License-Identifier: MIT */
/*
 * Handles: which grants of other domains a domain has mapped.  Frames of
 * records are added on demand up to the domain's limit and stay; the free ones
 * form a list through them, which maptrack_lock covers.  A record in use is one
 * word, changed by compare-and-exchange.
 */
#include "grants/table.h"

/* A frame of free records, lowest handle first. @pre maptrack_lock held. */
static __attribute__((noinline)) void add_frame(struct grant_table *gt)
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
	gt->maptrack[gt->nr_maptrack_frames] = page;
	__atomic_store_n(&gt->nr_maptrack_frames, gt->nr_maptrack_frames + 1, __ATOMIC_RELEASE);
	gt->free_handle = first;
}

u32 maptrack_reserve(struct domain *d, domid_t owner, u32 ref)
{
	struct grant_table *gt = d->grants;
	u32 h;

	spin_lock(&gt->maptrack_lock);
	if (unlikely(gt->free_handle == MAPTRACK_END))
		add_frame(gt);
	h = gt->free_handle;
	if (likely(h != MAPTRACK_END)) {
		struct maptrack *m = maptrack_record(gt, h);

		gt->free_handle = m->next_free;
		WRITE_ONCE(m->word, ((struct maptrack){ .ref = ref, .domid = owner }).word);
	}
	spin_unlock(&gt->maptrack_lock);
	return h;
}

void maptrack_free(struct domain *d, u32 h)
{
	struct grant_table *gt = d->grants;

	spin_lock(&gt->maptrack_lock);
	maptrack_record(gt, h)->next_free = gt->free_handle;
	gt->free_handle = h;
	spin_unlock(&gt->maptrack_lock);
}
