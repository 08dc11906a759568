/* SPDX-License-Identifier: MIT */
/*
 * bump: the baseline.  Memory starts as a few fresh regions; an allocation
 * lowers a region's end.  Freed frames are noted in a bitmap and used again
 * only when no fresh region of the same address class serves; the one frame
 * block freed right after it was taken just raises the region's end again.
 * So the first pass over memory costs next to nothing, and afterwards it is a
 * plain first fit.  Nothing is coalesced on purpose, fresh and freed frames
 * never form one block.  Called under the wrapper's lock.  Page: ../bump.md.
 */
#include "alloc-policies/policies/frame-map.h"
#include "lib/errno.h"

#define REGIONS 48

struct bump_state {
	mfn_t end;                       /* of RAM */
	unsigned regions;
	struct mem_range fresh[REGIONS]; /* ascending, none empty; taken from the end down */
	struct frame_map freed;
};

static struct bump_state *bump_of(struct frame_state *state)
{
	return (struct bump_state *)state;
}

static size_t bump_metadata_bytes(const struct mem_range *ram, unsigned n)
{
	return sizeof(struct bump_state) + frame_map_bytes(ram, n);
}

static void bump_init(struct frame_state *state, size_t size, const struct mem_range *ram,
		      unsigned n)
{
	struct bump_state *s = bump_of(state);

	s->end = ram[n - 1].end;
	s->regions = 0;
	frame_map_init(&s->freed, s + 1, ram, n);
}

/* Are all of [start, end) RAM, and none of them free? */
static bool all_used(const struct bump_state *s, mfn_t start, mfn_t end)
{
	for (unsigned i = 0; i < s->regions; i++)
		if (start < s->fresh[i].end && end > s->fresh[i].start)
			return false;
	return frame_map_all_clear(&s->freed, start, end);
}

/* False if the table is full. */
static bool add_region(struct bump_state *s, mfn_t start, mfn_t end)
{
	unsigned i = s->regions;

	if (i == REGIONS)
		return false;
	for (; i && s->fresh[i - 1].start > start; i--)
		s->fresh[i] = s->fresh[i - 1];
	s->fresh[i] = (struct mem_range){ start, end };
	s->regions++;
	return true;
}

static void remove_region(struct bump_state *s, unsigned i)
{
	for (s->regions--; i < s->regions; i++)
		s->fresh[i] = s->fresh[i + 1];
}

static int bump_free_range(struct frame_state *state, mfn_t start, mfn_t end)
{
	struct bump_state *s = bump_of(state);

	if (!all_used(s, start, end))
		return -EINVAL;
	if (!add_region(s, start, end))
		frame_map_set(&s->freed, start, end);
	return 0;
}

/* Take [mfn, mfn + size) out of region @i.  What lies above it becomes a region of its
 * own, or freed frames if the table is full. */
static void carve(struct bump_state *s, unsigned i, mfn_t mfn, u64 size)
{
	struct mem_range *r = &s->fresh[i];
	mfn_t above = mfn + size, end = r->end;

	r->end = mfn;
	if (r->start == mfn)
		remove_region(s, i);
	if (above < end && !add_region(s, above, end))
		frame_map_set(&s->freed, above, end);
}

static mfn_t alloc_fresh(struct bump_state *s, unsigned order, const struct frame_request *want)
{
	u64 size = 1ULL << order;

	for (unsigned i = s->regions; i-- > 0;) {
		mfn_t lo = MAX(s->fresh[i].start, want->min);
		mfn_t hi = MIN(s->fresh[i].end, want->end);
		mfn_t block;

		if (lo >= hi)
			continue;
		block = frame_pick_block(DIV_ROUND_UP(lo, size), hi >> order, order, want);
		if (block == MFN_NONE)
			continue;
		carve(s, i, block << order, size);
		return block << order;
	}
	return MFN_NONE;
}

static mfn_t alloc_freed(struct bump_state *s, unsigned order, const struct frame_request *want)
{
	mfn_t mfn = s->freed.free ? frame_map_find(&s->freed, order, want) : MFN_NONE;

	if (mfn != MFN_NONE)
		frame_map_clear(&s->freed, mfn, mfn + (1ULL << order));
	return mfn;
}

/* One address class after the other, so that low memory is not used up while freed
 * frames lie higher; then blocks across the borders. */
static mfn_t bump_alloc(struct frame_state *state, unsigned order,
			const struct frame_request *want)
{
	static const mfn_t borders[] = { MFN_NONE, FRAME_BORDER_32BIT, FRAME_BORDER_ISA, 0 };
	struct bump_state *s = bump_of(state);
	mfn_t mfn = MFN_NONE;

	for (unsigned i = 1; mfn == MFN_NONE && i < ARRAY_SIZE(borders); i++) {
		struct frame_request part = *want;

		part.min = MAX(want->min, borders[i]);
		part.end = MIN(MIN(want->end, s->end), borders[i - 1]);
		if (part.min >= part.end)
			continue;
		mfn = alloc_fresh(s, order, &part);
		if (mfn == MFN_NONE)
			mfn = alloc_freed(s, order, &part);
	}
	if (mfn == MFN_NONE && order)
		mfn = alloc_fresh(s, order, want);
	if (mfn == MFN_NONE && order)
		mfn = alloc_freed(s, order, want);
	return mfn;
}

static int bump_free(struct frame_state *state, mfn_t mfn, unsigned order)
{
	struct bump_state *s = bump_of(state);
	mfn_t end = mfn + (1ULL << order);

	if (mfn & ((1ULL << order) - 1) || !all_used(s, mfn, end))
		return -EINVAL;
	for (unsigned i = s->regions; i-- > 0;)
		if (s->fresh[i].end == mfn) {
			s->fresh[i].end = end;
			return 0;
		}
	frame_map_set(&s->freed, mfn, end);
	return 0;
}

static void bump_stats(struct frame_state *state, struct frame_stats *out)
{
	struct bump_state *s = bump_of(state);

	frame_map_stats(&s->freed, out);
	for (unsigned i = 0; i < s->regions; i++)
		frame_stats_add_run(out, s->fresh[i].start, s->fresh[i].end);
}

static const char *bump_selfcheck(struct frame_state *state)
{
	struct bump_state *s = bump_of(state);

	for (unsigned i = 0; i < s->regions; i++) {
		const struct mem_range *r = &s->fresh[i];

		if (r->start >= r->end)
			return "an empty fresh region";
		if (i && r->start < s->fresh[i - 1].end)
			return "fresh regions overlap or are out of order";
		if (!frame_map_all_clear(&s->freed, r->start, r->end))
			return "a fresh frame is marked freed, or is not RAM";
	}
	return frame_map_selfcheck(&s->freed);
}

static bool bump_is_free(struct frame_state *state, mfn_t mfn)
{
	struct bump_state *s = bump_of(state);

	return mem_ranges_contain(s->fresh, s->regions, mfn, mfn + 1) ||
	       frame_map_all_set(&s->freed, mfn, mfn + 1);
}

static const struct frame_policy bump_policy = {
	.name = "bump",
	.summary = "baseline: lowers a mark, uses freed frames only when nothing fresh is left",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_PREFERS_HIGH,
	.metadata_bytes = bump_metadata_bytes,
	.init = bump_init,
	.free_range = bump_free_range,
	.alloc = bump_alloc,
	.free = bump_free,
	.stats = bump_stats,
	.selfcheck = bump_selfcheck,
	.is_free = bump_is_free,
};
FRAME_POLICY_REGISTER(bump_policy);
