/* SPDX-License-Identifier: MIT */
/*
 * What every frame policy and its users share: finding a policy by name, range
 * and block arithmetic, colours, statistics.  Pure functions over their
 * arguments; no state, no locks.  The policies themselves are in policies/.
 */
#include "alloc-policies/api/frame_policy.h"
#include "lib/bitmap.h"
#include "lib/string.h"

const struct frame_policy *frame_policy_find(const char *name)
{
	const struct frame_policy *const *pp;

	for_each_frame_policy(pp)
		if (!strcmp((*pp)->name, name) && (*pp)->version == FRAME_POLICY_VERSION)
			return *pp;
	return NULL;
}

u64 mem_ranges_frames(const struct mem_range *ranges, unsigned n)
{
	u64 sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += ranges[i].end - ranges[i].start;
	return sum;
}

bool mem_ranges_contain(const struct mem_range *ranges, unsigned n, mfn_t start, mfn_t end)
{
	for (unsigned i = 0; i < n; i++)
		if (start >= ranges[i].start && end <= ranges[i].end)
			return start < end;
	return false;
}

unsigned frame_block_order(mfn_t mfn, mfn_t end)
{
	unsigned fits = highest_bit(end - mfn);
	unsigned aligned = mfn ? lowest_bit(mfn) : FRAME_MAX_ORDER;

	fits = MIN(fits, aligned);
	return MIN(fits, FRAME_MAX_ORDER);
}

mfn_t frame_pick_block(mfn_t lo, mfn_t hi, unsigned order, const struct frame_request *want)
{
	mfn_t i;

	if (lo >= hi)
		return MFN_NONE;
	i = hi - 1;
	if (want->colours > 1) {
		u64 blocks_per_turn = MAX((u64)want->colours >> order, 1);

		if (want->colour & ((1ULL << order) - 1))
			return MFN_NONE; /* no aligned block starts with that colour */
		i -= (i - (want->colour >> order)) & (blocks_per_turn - 1);
		if (i < lo || i >= hi)
			return MFN_NONE;
	}
	return i;
}

unsigned frame_fragmentation(const struct frame_stats *stats, unsigned order)
{
	u64 usable = 0;

	if (!stats->free)
		return 0;
	for (unsigned k = order; k < FRAME_ORDERS; k++)
		usable += stats->free_blocks[k] << k;
	return 1000 - usable * 1000 / stats->free;
}

void frame_stats_add_run(struct frame_stats *stats, mfn_t start, mfn_t end)
{
	while (start < end) {
		unsigned order = frame_block_order(start, end);

		stats->free_blocks[order]++;
		stats->largest_order = MAX(stats->largest_order, (int)order);
		stats->free += 1ULL << order;
		start += 1ULL << order;
	}
}
