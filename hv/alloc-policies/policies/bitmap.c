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
#include "lib/errno.h"

static struct frame_map *bitmap_of(struct frame_state *state)
{
	return (struct frame_map *)state;
}

static size_t bitmap_metadata_bytes(const struct mem_range *ram, unsigned n)
{
	return sizeof(struct frame_map) + frame_map_bytes(ram, n);
}

static void bitmap_init(struct frame_state *state, size_t size, const struct mem_range *ram,
			unsigned n)
{
	frame_map_init(bitmap_of(state), bitmap_of(state) + 1, ram, n);
}

static int bitmap_free_range(struct frame_state *state, mfn_t start, mfn_t end)
{
	if (!frame_map_all_clear(bitmap_of(state), start, end))
		return -EINVAL;
	frame_map_set(bitmap_of(state), start, end);
	return 0;
}

static int bitmap_free(struct frame_state *state, mfn_t mfn, unsigned order)
{
	if (mfn & ((1ULL << order) - 1))
		return -EINVAL;
	return bitmap_free_range(state, mfn, mfn + (1ULL << order));
}

static mfn_t bitmap_alloc(struct frame_state *state, unsigned order,
			  const struct frame_request *want)
{
	struct frame_map *map = bitmap_of(state);
	mfn_t mfn = frame_map_find(map, order, want);

	if (mfn != MFN_NONE)
		frame_map_clear(map, mfn, mfn + (1ULL << order));
	return mfn;
}

static void bitmap_stats(struct frame_state *state, struct frame_stats *out)
{
	frame_map_stats(bitmap_of(state), out);
}

static const char *bitmap_selfcheck(struct frame_state *state)
{
	return frame_map_selfcheck(bitmap_of(state));
}

static bool bitmap_is_free(struct frame_state *state, mfn_t mfn)
{
	return frame_map_all_set(bitmap_of(state), mfn, mfn + 1);
}

static const struct frame_policy bitmap_policy = {
	.name = "bitmap",
	.summary = "one bit a frame, first fit from the top",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_COALESCES | FRAME_PREFERS_HIGH,
	.metadata_bytes = bitmap_metadata_bytes,
	.init = bitmap_init,
	.free_range = bitmap_free_range,
	.alloc = bitmap_alloc,
	.free = bitmap_free,
	.stats = bitmap_stats,
	.selfcheck = bitmap_selfcheck,
	.is_free = bitmap_is_free,
};
FRAME_POLICY_REGISTER(bitmap_policy);
