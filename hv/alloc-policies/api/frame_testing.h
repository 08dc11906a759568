/* SPDX-License-Identifier: MIT */
/*
 * For the tests of frame policies only (host): machines of several shapes, and a
 * policy at work beside an oracle that is one flag a frame.  Each allocation and
 * each free is judged here.  Random numbers come from a seed the test sets.
 */
#ifndef ORRERY_ALLOC_POLICIES_FRAME_TESTING_H
#define ORRERY_ALLOC_POLICIES_FRAME_TESTING_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "alloc-policies/api/frame_policy.h"
#include "lib/bitmap.h"
#include "lib/string.h"

struct shape {
	const char *name;
	unsigned n;
	struct mem_range ram[FRAME_RAM_RANGES];
};

static const struct shape shapes[] = {
	{ "one frame", 1, { { 5, 6 } } },
	{ "small, odd ends", 2, { { 1, 159 }, { 257, 1603 } } },
	{ "across the ISA border", 1, { { 3000, 6003 } } },
	{ "across the 4 GiB border", 2,
	  { { FRAME_BORDER_32BIT - 700, FRAME_BORDER_32BIT + 900 },
	    { FRAME_BORDER_32BIT + 1024, FRAME_BORDER_32BIT + 2048 } } },
	{ "crumbs", 5, { { 3, 4 }, { 6, 9 }, { 64, 128 }, { 130, 131 }, { 1000, 2100 } } },
};

static const struct shape pc_2g = { "2 GiB", 2, { { 1, 159 }, { 256, 524256 } } };
static const struct shape sparse_6g = {
	"640K, 1M to 2G, 4G to 6G", 3, { { 1, 159 }, { 256, 0x80000 }, { 0x100000, 0x180000 } }
};

/* A policy at work beside its oracle. */
struct bench {
	const struct frame_policy *policy;
	const struct shape *shape;
	struct frame_state *state;
	u64 *free;       /* the oracle: bit mfn - base */
	mfn_t base, end;
	u64 free_count;
};

static u64 seed_state;

static inline u64 rnd(u64 below)
{
	seed_state = seed_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed_state >> 33) % below;
}

static inline void bench_open(struct bench *b, const struct frame_policy *p, const struct shape *shape)
{
	size_t bytes = p->metadata_bytes(shape->ram, shape->n);

	*b = (struct bench){ .policy = p, .shape = shape };
	b->base = shape->ram[0].start;
	b->end = shape->ram[shape->n - 1].end;
	cr_assert_eq(posix_memalign((void **)&b->state, 64, bytes), 0);
	memset(b->state, 0xa5, bytes); /* nothing may depend on what was there */
	p->init(b->state, bytes, shape->ram, shape->n);
	b->free = calloc(BITMAP_WORDS(b->end - b->base), 8);
}

static inline void check_sound(struct bench *b)
{
	const char *wrong = b->policy->selfcheck(b->state);

	cr_assert_null(wrong, "%s on %s: %s", b->policy->name, b->shape->name, wrong);
}

static inline void bench_close(struct bench *b)
{
	check_sound(b);
	free(b->state);
	free(b->free);
}

static inline void oracle_set(struct bench *b, mfn_t start, u64 n, bool value)
{
	for (mfn_t i = start - b->base; n--; i++) {
		cr_assert_eq(bitmap_test(b->free, i), !value, "%s on %s: frame %#lx is %s already",
			     b->policy->name, b->shape->name, i + b->base, value ? "free" : "used");
		(value ? bitmap_set : bitmap_clear)(b->free, i);
		b->free_count += value ? 1 : -1;
	}
}

static inline void give_range(struct bench *b, mfn_t start, mfn_t end)
{
	cr_assert_eq(b->policy->free_range(b->state, start, end), 0);
	oracle_set(b, start, end - start, true);
}

static inline void bench_open_all_free(struct bench *b, const struct frame_policy *p,
				const struct shape *shape)
{
	bench_open(b, p, shape);
	for (unsigned i = 0; i < shape->n; i++)
		give_range(b, shape->ram[i].start, shape->ram[i].end);
}

static inline bool block_is(struct bench *b, mfn_t mfn, u64 n, bool free)
{
	for (mfn_t i = mfn; i < mfn + n; i++)
		if (!mem_ranges_contain(b->shape->ram, b->shape->n, i, i + 1) ||
		    bitmap_test(b->free, i - b->base) != free)
			return false;
	return true;
}

/* By the oracle: is there a block that satisfies @want? */
static inline bool block_exists(struct bench *b, unsigned order, const struct frame_request *want)
{
	u64 n = 1ULL << order;

	for (mfn_t mfn = ROUND_UP(MAX(b->base, want->min), n);
	     mfn + n <= MIN(b->end, want->end); mfn += n)
		if ((mfn & (want->colours - 1)) == want->colour && block_is(b, mfn, n, true))
			return true;
	return false;
}

/* Allocate and judge the answer. */
static inline mfn_t bench_alloc(struct bench *b, unsigned order, const struct frame_request *want)
{
	mfn_t mfn = b->policy->alloc(b->state, order, want);
	u64 n = 1ULL << order;

	if (mfn == MFN_NONE) {
		if (!order || b->policy->promises & FRAME_COALESCES)
			cr_assert(!block_exists(b, order, want),
				  "%s on %s: order %u refused although there is one",
				  b->policy->name, b->shape->name, order);
		return mfn;
	}
	cr_assert_eq(mfn & (n - 1), 0, "%s: misaligned", b->policy->name);
	cr_assert(mfn >= want->min && mfn + n <= want->end, "%s: outside the window",
		  b->policy->name);
	cr_assert_eq(mfn & (want->colours - 1), want->colour, "%s: wrong colour", b->policy->name);
	cr_assert(mem_ranges_contain(b->shape->ram, b->shape->n, mfn, mfn + n));
	oracle_set(b, mfn, n, false);
	return mfn;
}

/* All there is, frame by frame. */
static inline void bench_exhaust(struct bench *b)
{
	struct frame_request any = FRAME_REQUEST_ANY;

	while (bench_alloc(b, 0, &any) != MFN_NONE)
		;
}

static inline void bench_free(struct bench *b, mfn_t mfn, unsigned order)
{
	cr_assert_eq(b->policy->free(b->state, mfn, order), 0, "%s on %s: free %#lx order %u",
		     b->policy->name, b->shape->name, mfn, order);
	oracle_set(b, mfn, 1ULL << order, true);
}

static inline void compare_with_oracle(struct bench *b)
{
	struct frame_stats stats;
	u64 sum = 0;

	for (mfn_t mfn = b->base ? b->base - 1 : 0; mfn <= b->end; mfn++)
		cr_assert_eq(b->policy->is_free(b->state, mfn), block_is(b, mfn, 1, true));
	b->policy->stats(b->state, &stats);
	cr_assert_eq(stats.total, mem_ranges_frames(b->shape->ram, b->shape->n));
	cr_assert_eq(stats.free, b->free_count);
	for (unsigned k = 0; k < FRAME_ORDERS; k++) {
		sum += stats.free_blocks[k] << k;
		if (stats.free_blocks[k])
			cr_assert_geq(stats.largest_order, k);
	}
	cr_assert_eq(sum, b->free_count);
	cr_assert(stats.largest_order < 0 || stats.free_blocks[stats.largest_order]);
}

static inline unsigned class_of(mfn_t mfn)
{
	return (mfn >= FRAME_BORDER_ISA) + (mfn >= FRAME_BORDER_32BIT);
}

#define FOR_EACH_POLICY_AND_SHAPE(pp, s)                                        \
	for_each_frame_policy(pp)                                               \
		for (unsigned s = 0; s < ARRAY_SIZE(shapes); s++)

#endif
