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
#include "lib/errno.h"

#define COLOURS 8

struct colour_state {
	mfn_t end[COLOURS]; /* no free frame of the colour is at or above this */
	struct frame_map map;
};

static struct colour_state *colour_of(struct frame_state *state)
{
	return (struct colour_state *)state;
}

static size_t colour_metadata_bytes(const struct mem_range *ram, unsigned n)
{
	return sizeof(struct colour_state) + frame_map_bytes(ram, n);
}

static void colour_init(struct frame_state *state, size_t size, const struct mem_range *ram,
			unsigned n)
{
	struct colour_state *s = colour_of(state);

	for (unsigned c = 0; c < COLOURS; c++)
		s->end[c] = 0;
	frame_map_init(&s->map, s + 1, ram, n);
}

static int colour_free_range(struct frame_state *state, mfn_t start, mfn_t end)
{
	struct colour_state *s = colour_of(state);

	if (!frame_map_all_clear(&s->map, start, end))
		return -EINVAL;
	frame_map_set(&s->map, start, end);
	for (mfn_t mfn = MAX(start + COLOURS, end) - COLOURS; mfn < end; mfn++)
		s->end[mfn % COLOURS] = MAX(s->end[mfn % COLOURS], mfn + 1);
	return 0;
}

static int colour_free(struct frame_state *state, mfn_t mfn, unsigned order)
{
	if (mfn & ((1ULL << order) - 1))
		return -EINVAL;
	return colour_free_range(state, mfn, mfn + (1ULL << order));
}

/* A frame of the owner's colour.  Remembers where the search ended, so that a stream of
 * requests does not look through the same words again. */
static mfn_t find_coloured(struct colour_state *s, const struct frame_request *want)
{
	struct frame_request coloured = *want;
	mfn_t *end = &s->end[want->owner % COLOURS], mfn;

	coloured.colours = COLOURS;
	coloured.colour = want->owner % COLOURS;
	coloured.end = MIN(want->end, *end);
	mfn = frame_map_find(&s->map, 0, &coloured);
	if (want->end >= *end && mfn != MFN_NONE)
		*end = mfn;
	return mfn;
}

static mfn_t colour_alloc(struct frame_state *state, unsigned order,
			  const struct frame_request *want)
{
	struct colour_state *s = colour_of(state);
	mfn_t mfn = MFN_NONE;

	if (!order && want->colours <= 1 && want->owner < FRAME_OWNER_NONE)
		mfn = find_coloured(s, want);
	if (mfn == MFN_NONE)
		mfn = frame_map_find(&s->map, order, want);
	if (mfn != MFN_NONE)
		frame_map_clear(&s->map, mfn, mfn + (1ULL << order));
	return mfn;
}

static void colour_stats(struct frame_state *state, struct frame_stats *out)
{
	frame_map_stats(&colour_of(state)->map, out);
}

static const char *colour_selfcheck(struct frame_state *state)
{
	struct frame_request above = FRAME_REQUEST_ANY;
	struct colour_state *s = colour_of(state);

	above.colours = COLOURS;
	for (above.colour = 0; above.colour < COLOURS; above.colour++) {
		above.min = s->end[above.colour];
		if (frame_map_find(&s->map, 0, &above) != MFN_NONE)
			return "a free frame lies above its colour's end";
	}
	return frame_map_selfcheck(&s->map);
}

static bool colour_is_free(struct frame_state *state, mfn_t mfn)
{
	return frame_map_all_set(&colour_of(state)->map, mfn, mfn + 1);
}

static const struct frame_policy colour_policy = {
	.name = "colour",
	.summary = "page colouring: single frames of a domain share one of 8 cache colours",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_COALESCES, /* a domain's colour may send it low before high is used up */
	.metadata_bytes = colour_metadata_bytes,
	.init = colour_init,
	.free_range = colour_free_range,
	.alloc = colour_alloc,
	.free = colour_free,
	.stats = colour_stats,
	.selfcheck = colour_selfcheck,
	.is_free = colour_is_free,
};
FRAME_POLICY_REGISTER(colour_policy);
