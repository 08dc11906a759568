/* SPDX-License-Identifier: MIT */
/*
 * colour: keeps domains apart in the cache.  Frames whose numbers agree modulo
 * COLOURS compete for the same sets of a physically indexed cache, so single
 * frames of a domain come from its own colour (domain id modulo COLOURS) while
 * any are left, and from any colour after that.  Larger blocks have all colours
 * and are taken as they come, as are frames without an owner.  One bit a frame,
 * from the highest address down.  Called under the wrapper's lock.  A request
 * that names a colour itself is obeyed.  Page: ../colour.md.
 */
#include "alloc-policies/policies/frame-map.h"

#define COLOURS 8

static mfn_t find_coloured(const struct frame_map *map, const struct frame_request *want)
{
	struct frame_request coloured = *want;

	coloured.colours = COLOURS;
	coloured.colour = want->owner % COLOURS;
	return frame_map_find(map, 0, &coloured);
}

static mfn_t colour_alloc(struct frame_state *state, unsigned order,
			  const struct frame_request *want)
{
	struct frame_map *map = frame_map_of(state);
	mfn_t mfn = MFN_NONE;

	if (!order && want->colours <= 1 && want->owner != FRAME_OWNER_NONE)
		mfn = find_coloured(map, want);
	if (mfn == MFN_NONE)
		mfn = frame_map_find(map, order, want);
	if (mfn != MFN_NONE)
		frame_map_clear(map, mfn, mfn + (1ULL << order));
	return mfn;
}

static const struct frame_policy colour_policy = {
	.name = "colour",
	.summary = "page colouring: single frames of a domain share one of 8 cache colours",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_COALESCES, /* a domain's colour may send it low before high is used up */
	.alloc = colour_alloc,
	MAP_POLICY_OPERATIONS,
};
FRAME_POLICY_REGISTER(colour_policy);
