/* SPDX-License-Identifier: MIT */
/*
 * bitmap: one bit a frame, first fit from the highest address.  The policy to
 * check others against: its whole state is the set of free frames.  Blocks
 * appear and vanish by themselves as bits change, so there is nothing to
 * coalesce.  Order 0 is cheap (summary levels); a larger order scans the words
 * that are not empty, from the top.  Called under the wrapper's lock.  Does not
 * look at the owner.  Page: ../bitmap.md.
 */
#include "alloc-policies/policies/frame-map.h"

static mfn_t bitmap_alloc(struct frame_state *state, unsigned order,
			  const struct frame_request *want)
{
	struct frame_map *map = frame_map_of(state);
	mfn_t mfn = frame_map_find(map, order, want);

	if (mfn != MFN_NONE)
		frame_map_clear(map, mfn, mfn + (1ULL << order));
	return mfn;
}

static const struct frame_policy bitmap_policy = {
	.name = "bitmap",
	.summary = "one bit a frame, first fit from the top",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_COALESCES | FRAME_PREFERS_HIGH,
	.alloc = bitmap_alloc,
	MAP_POLICY_OPERATIONS,
};
FRAME_POLICY_REGISTER(bitmap_policy);
