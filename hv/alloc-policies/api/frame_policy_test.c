/* SPDX-License-Identifier: MIT */
/*
 * The conformance suite: every registered frame policy, on machines of several
 * shapes, against an oracle that is one flag a frame.  Seeds are fixed, so a
 * failure repeats.  A policy file dropped into ../policies is tested by this
 * without further ado; which promises it must keep is in its own table.
 */
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

static u64 rnd(u64 below)
{
	seed_state = seed_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed_state >> 33) % below;
}

static void bench_open(struct bench *b, const struct frame_policy *p, const struct shape *shape)
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

static void bench_close(struct bench *b)
{
	free(b->state);
	free(b->free);
}

static void check_sound(struct bench *b)
{
	const char *wrong = b->policy->selfcheck(b->state);

	cr_assert_null(wrong, "%s on %s: %s", b->policy->name, b->shape->name, wrong);
}

static void oracle_set(struct bench *b, mfn_t start, u64 n, bool value)
{
	for (mfn_t i = start - b->base; n--; i++) {
		cr_assert_eq(bitmap_test(b->free, i), !value, "%s on %s: frame %#lx is %s already",
			     b->policy->name, b->shape->name, i + b->base, value ? "free" : "used");
		(value ? bitmap_set : bitmap_clear)(b->free, i);
		b->free_count += value ? 1 : -1;
	}
}

static void give_range(struct bench *b, mfn_t start, mfn_t end)
{
	cr_assert_eq(b->policy->free_range(b->state, start, end), 0);
	oracle_set(b, start, end - start, true);
}

static void bench_open_all_free(struct bench *b, const struct frame_policy *p,
				const struct shape *shape)
{
	bench_open(b, p, shape);
	for (unsigned i = 0; i < shape->n; i++)
		give_range(b, shape->ram[i].start, shape->ram[i].end);
}

static bool block_is(struct bench *b, mfn_t mfn, u64 n, bool free)
{
	for (mfn_t i = mfn; i < mfn + n; i++)
		if (!mem_ranges_contain(b->shape->ram, b->shape->n, i, i + 1) ||
		    bitmap_test(b->free, i - b->base) != free)
			return false;
	return true;
}

/* By the oracle: is there a block that satisfies @want? */
static bool block_exists(struct bench *b, unsigned order, const struct frame_request *want)
{
	u64 n = 1ULL << order;

	for (mfn_t mfn = ROUND_UP(MAX(b->base, want->min), n);
	     mfn + n <= MIN(b->end, want->end); mfn += n)
		if ((mfn & (want->colours - 1)) == want->colour && block_is(b, mfn, n, true))
			return true;
	return false;
}

/* Allocate and judge the answer. */
static mfn_t bench_alloc(struct bench *b, unsigned order, const struct frame_request *want)
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

static void bench_free(struct bench *b, mfn_t mfn, unsigned order)
{
	cr_assert_eq(b->policy->free(b->state, mfn, order), 0, "%s on %s: free %#lx order %u",
		     b->policy->name, b->shape->name, mfn, order);
	oracle_set(b, mfn, 1ULL << order, true);
}

static void compare_with_oracle(struct bench *b)
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

static struct frame_request random_request(struct bench *b)
{
	struct frame_request want = FRAME_REQUEST_ANY;
	u64 span = b->end - b->base;

	want.owner = rnd(3) ? rnd(20) : FRAME_OWNER_NONE;
	if (rnd(4) == 0)
		want.end = b->base + rnd(span + 2);
	if (rnd(6) == 0)
		want.min = b->base + rnd(span + 2);
	if (rnd(5) == 0) {
		want.colours = 1U << rnd(7);
		want.colour = rnd(want.colours);
	}
	return want;
}

#define LIVE_MAX 2000

struct live {
	mfn_t mfn[LIVE_MAX];
	unsigned order[LIVE_MAX], count;
};

/* Free a random block, or half of it. */
static void free_random(struct bench *b, struct live *l)
{
	unsigned i = rnd(l->count);

	if (l->order[i] && rnd(3) == 0) {
		l->order[i]--;
		bench_free(b, l->mfn[i] + (rnd(2) << l->order[i]), l->order[i]);
		if (bitmap_test(b->free, l->mfn[i] - b->base))
			l->mfn[i] += 1ULL << l->order[i];
		return;
	}
	bench_free(b, l->mfn[i], l->order[i]);
	l->count--;
	l->mfn[i] = l->mfn[l->count];
	l->order[i] = l->order[l->count];
}

static void alloc_random(struct bench *b, struct live *l)
{
	struct frame_request want = random_request(b);
	unsigned order = rnd(3) ? 0 : rnd(11);
	mfn_t mfn;

	if (l->count == LIVE_MAX)
		return;
	mfn = bench_alloc(b, order, &want);
	if (mfn != MFN_NONE) {
		l->mfn[l->count] = mfn;
		l->order[l->count++] = order;
	}
}

/* A free that must be refused and change nothing. */
static void free_wrongly(struct bench *b)
{
	unsigned order = rnd(4);
	mfn_t mfn = b->base + rnd(b->end - b->base);

	if (!block_is(b, mfn, 1ULL << order, false) || (mfn & ((1ULL << order) - 1)))
		cr_assert_eq(b->policy->free(b->state, mfn, order), -EINVAL,
			     "%s on %s: bad free of %#lx order %u accepted", b->policy->name,
			     b->shape->name, mfn, order);
}

static void random_session(struct bench *b, unsigned steps, u64 seed)
{
	static struct live live;

	seed_state = seed;
	live.count = 0;
	for (unsigned i = 0; i < steps; i++) {
		/* Tides: mostly taking, then mostly giving. */
		bool take = rnd(100) < (i / 400 % 2 ? 35 : 65);

		if (take)
			alloc_random(b, &live);
		else if (live.count)
			free_random(b, &live);
		if (rnd(8) == 0)
			free_wrongly(b);
		check_sound(b);
		if (i % 100 == 0)
			compare_with_oracle(b);
	}
	while (live.count)
		free_random(b, &live);
	compare_with_oracle(b);
	check_sound(b);
}

#define FOR_EACH_POLICY_AND_SHAPE(pp, s)                                        \
	for_each_frame_policy(pp)                                               \
		for (unsigned s = 0; s < ARRAY_SIZE(shapes); s++)

Test(frame_policies, registered)
{
	const struct frame_policy *const *pp;
	static const char *const expected[] = { "bump", "bitmap", "buddy", "colour" };

	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++)
		cr_assert_not_null(frame_policy_find(expected[i]));
	cr_assert_null(frame_policy_find("nosuch"));
	for_each_frame_policy(pp) {
		cr_assert_eq((*pp)->version, FRAME_POLICY_VERSION);
		cr_assert_eq(frame_policy_find((*pp)->name), *pp, "names are unique");
		cr_assert((*pp)->summary && (*pp)->metadata_bytes && (*pp)->init && (*pp)->alloc &&
			  (*pp)->free && (*pp)->free_range && (*pp)->stats && (*pp)->selfcheck &&
			  (*pp)->is_free);
	}
}

Test(frame_policies, random_against_the_oracle)
{
	const struct frame_policy *const *pp;
	struct bench b;

	FOR_EACH_POLICY_AND_SHAPE(pp, s) {
		struct frame_stats before, after;

		bench_open_all_free(&b, *pp, &shapes[s]);
		b.policy->stats(b.state, &before);
		random_session(&b, 5000, s + 1);
		b.policy->stats(b.state, &after);
		if ((*pp)->promises & FRAME_COALESCES)
			cr_assert_eq(memcmp(&before, &after, sizeof(before)), 0,
				     "%s on %s: not everything was joined again", (*pp)->name,
				     shapes[s].name);
		bench_close(&b);
	}
}

Test(frame_policies, nothing_is_free_before_it_is_given)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;

	FOR_EACH_POLICY_AND_SHAPE(pp, s) {
		const struct mem_range *last = &shapes[s].ram[shapes[s].n - 1];

		bench_open(&b, *pp, &shapes[s]);
		check_sound(&b);
		compare_with_oracle(&b);
		cr_assert_eq(bench_alloc(&b, 0, &any), MFN_NONE);
		/* A frame never given may be freed: boot does that with its own memory. */
		bench_free(&b, last->end - 1, 0);
		check_sound(&b);
		cr_assert_eq((*pp)->free_range(b.state, last->start, last->end), -EINVAL);
		cr_assert_eq((*pp)->free_range(b.state, last->end, last->end + 1), -EINVAL);
		cr_assert_eq((*pp)->free_range(b.state, last->start, last->start), -EINVAL);
		compare_with_oracle(&b);
		cr_assert_eq(bench_alloc(&b, 0, &any), last->end - 1);
		bench_close(&b);
	}
}

static unsigned class_of(mfn_t mfn)
{
	return (mfn >= FRAME_BORDER_ISA) + (mfn >= FRAME_BORDER_32BIT);
}

static void exhaust(struct bench *b, unsigned order, mfn_t *got, u64 *count)
{
	struct frame_request any = FRAME_REQUEST_ANY;
	unsigned class = 2;
	mfn_t mfn;

	for (*count = 0; (mfn = bench_alloc(b, order, &any)) != MFN_NONE; got[(*count)++] = mfn) {
		if (!(b->policy->promises & FRAME_PREFERS_HIGH))
			continue;
		cr_assert_leq(class_of(mfn), class, "%s: low frames before high ones",
			      b->policy->name);
		class = class_of(mfn);
	}
}

static void shuffle(mfn_t *a, u64 n)
{
	for (u64 i = n; i > 1; i--) {
		u64 j = rnd(i);
		mfn_t t = a[i - 1];

		a[i - 1] = a[j];
		a[j] = t;
	}
}

Test(frame_policies, exhaustion_and_return_in_random_order)
{
	const struct frame_policy *const *pp;
	static mfn_t got[4096];
	struct bench b;
	u64 n;

	FOR_EACH_POLICY_AND_SHAPE(pp, s) {
		for (unsigned order = 0; order <= 9; order += 3) {
			struct frame_stats before, after;

			seed_state = s;
			bench_open_all_free(&b, *pp, &shapes[s]);
			b.policy->stats(b.state, &before);
			exhaust(&b, order, got, &n);
			if (!order)
				cr_assert_eq(b.free_count, 0);
			shuffle(got, n);
			for (u64 i = 0; i < n; i++) {
				bench_free(&b, got[i], order);
				cr_assert_eq((*pp)->free(b.state, got[i], order), -EINVAL,
					     "%s: double free accepted", (*pp)->name);
			}
			check_sound(&b);
			compare_with_oracle(&b);
			b.policy->stats(b.state, &after);
			if ((*pp)->promises & FRAME_COALESCES)
				cr_assert_eq(memcmp(&before, &after, sizeof(before)), 0);
			bench_close(&b);
		}
	}
}

/* After all frees, what the statistics call the largest block can really be had. */
Test(frame_policies, largest_block_is_there_again)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	static mfn_t got[4096];
	struct bench b;
	u64 n;

	FOR_EACH_POLICY_AND_SHAPE(pp, s) {
		struct frame_stats stats;
		mfn_t mfn;

		if (!((*pp)->promises & FRAME_COALESCES))
			continue;
		bench_open_all_free(&b, *pp, &shapes[s]);
		exhaust(&b, 0, got, &n);
		while (n)
			bench_free(&b, got[--n], 0);
		b.policy->stats(b.state, &stats);
		mfn = bench_alloc(&b, stats.largest_order, &any);
		cr_assert_neq(mfn, MFN_NONE, "%s on %s", (*pp)->name, shapes[s].name);
		check_sound(&b);
		bench_close(&b);
	}
}

Test(frame_policies, several_blocks_freed_as_one_and_one_in_parts)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;

	for_each_frame_policy(pp) {
		static const struct shape machine = { "16 MiB to 32 MiB and below", 1, { { 1, 8192 } } };
		mfn_t block;

		bench_open_all_free(&b, *pp, &machine);
		block = bench_alloc(&b, 9, &any);
		for (unsigned i = 0; i < 512; i++)
			bench_free(&b, block + (i * 37) % 512, 0);
		check_sound(&b);
		while (bench_alloc(&b, 0, &any) != MFN_NONE)
			;
		/* One block over the ISA border, made of single frames. */
		bench_free(&b, 2048, 11);
		bench_free(&b, 4096, 12);
		check_sound(&b);
		compare_with_oracle(&b);
		cr_assert_eq((*pp)->free(b.state, 0, 13), -EINVAL, "frame 0 is no RAM");
		cr_assert_eq((*pp)->free(b.state, 2048, 12), -EINVAL, "misaligned");
		check_sound(&b);
		bench_close(&b);
	}
}

/* Whatever a policy holds back for single frames must not stand in the way of a block. */
Test(frame_policies, single_frames_make_a_block_again)
{
	static const struct shape machine = { "1 MiB", 1, { { 8192, 8448 } } };
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;

	for_each_frame_policy(pp) {
		for (unsigned order = 1; order <= 7; order++) {
			if (!((*pp)->promises & FRAME_COALESCES))
				continue;
			bench_open_all_free(&b, *pp, &machine);
			while (bench_alloc(&b, 0, &any) != MFN_NONE)
				;
			for (unsigned i = 0; i < 1U << order; i++)
				bench_free(&b, 8192 + (1U << order) + i, 0);
			cr_assert_eq(bench_alloc(&b, order, &any), 8192 + (1U << order));
			check_sound(&b);
			bench_close(&b);
		}
	}
}

Test(frame_policies, bump_takes_back_what_it_gave_last)
{
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;
	mfn_t first, second;

	bench_open_all_free(&b, frame_policy_find("bump"), &pc_2g);
	first = bench_alloc(&b, 0, &any);
	second = bench_alloc(&b, 3, &any);
	cr_assert_lt(second, first);
	bench_free(&b, second, 3);
	cr_assert_eq(bench_alloc(&b, 3, &any), second, "as if it had not happened");
	first = bench_alloc(&b, 3, &any);
	bench_free(&b, second, 3);
	cr_assert_lt(bench_alloc(&b, 3, &any), first, "fresh memory before freed");
	check_sound(&b);
	bench_close(&b);
}

Test(frame_policies, a_block_over_a_border_can_be_freed_whole)
{
	static const struct shape machine = { "0 to 32 MiB", 1, { { 0, 8192 } } };
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;

	for_each_frame_policy(pp) {
		bench_open_all_free(&b, *pp, &machine);
		while (bench_alloc(&b, 0, &any) != MFN_NONE)
			;
		bench_free(&b, 0, 13);
		check_sound(&b);
		compare_with_oracle(&b);
		bench_close(&b);
	}
}

Test(frame_policies, windows_find_low_memory)
{
	const struct frame_policy *const *pp;
	struct bench b;

	for_each_frame_policy(pp) {
		static const struct frame_request below[] = {
			{ 0, FRAME_BORDER_ISA, 1, 0, FRAME_OWNER_NONE },
			{ 0, FRAME_BORDER_32BIT, 1, 0, FRAME_OWNER_NONE },
			{ 0, 1ULL << (31 - PAGE_SHIFT), 1, 0, 1 },
			{ 0x41234, 0x41235, 1, 0, 1 },
			{ 0x100000, 0x100200, 1, 0, 1 },
		};

		bench_open_all_free(&b, *pp, &sparse_6g);
		for (unsigned i = 0; i < ARRAY_SIZE(below); i++)
			for (unsigned order = 0; order <= (i == 3 ? 0 : i == 4 ? 6 : 9); order += 3)
				cr_assert_neq(bench_alloc(&b, order, &below[i]), MFN_NONE);
		cr_assert_eq(bench_alloc(&b, 0, &below[3]), MFN_NONE);
		check_sound(&b);
		bench_close(&b);
	}
}

Test(frame_policies, low_memory_is_spared)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct bench b;

	for_each_frame_policy(pp) {
		unsigned class = 2;
		mfn_t mfn;

		if (!((*pp)->promises & FRAME_PREFERS_HIGH))
			continue;
		bench_open_all_free(&b, *pp, &sparse_6g);
		for (unsigned i = 0; (mfn = b.policy->alloc(b.state, i % 10, &any)) != MFN_NONE;
		     i++) {
			/* Within a class any order may come first; a class is left for good
			 * only when it cannot serve, so single frames tell. */
			if (i % 10 == 0) {
				cr_assert_leq(class_of(mfn), class, "%s", (*pp)->name);
				class = class_of(mfn);
			}
		}
		bench_close(&b);
	}
}

Test(frame_policies, metadata_is_small)
{
	const struct frame_policy *const *pp;
	struct shape crumbs = { "64 crumbs over 1 TiB", FRAME_RAM_RANGES, { { 0, 0 } } };
	const struct shape *machines[] = { &shapes[0], &shapes[1], &shapes[4], &pc_2g, &sparse_6g,
					   &crumbs };

	for (u64 i = 0; i < FRAME_RAM_RANGES; i++)
		crumbs.ram[i] = (struct mem_range){ i << 22, (i << 22) + 1 + i * 100 };
	for_each_frame_policy(pp)
		for (unsigned i = 0; i < ARRAY_SIZE(machines); i++) {
			const struct shape *m = machines[i];
			size_t bytes = (*pp)->metadata_bytes(m->ram, m->n);

			cr_assert_leq(bytes, mem_ranges_frames(m->ram, m->n) + m->n * 2048 + 8192,
				      "%s on %s wants %zu", (*pp)->name, m->name, bytes);
		}
	for_each_frame_policy(pp)
		cr_assert_leq((*pp)->metadata_bytes(pc_2g.ram, pc_2g.n), 256 * 1024,
			      "%s: more than 256 KiB for 2 GiB", (*pp)->name);
}

Test(frame_policies, crumbs_over_a_terabyte)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;
	struct shape crumbs = { "64 crumbs over 1 TiB", FRAME_RAM_RANGES, { { 0, 0 } } };

	for (u64 i = 0; i < FRAME_RAM_RANGES; i++)
		crumbs.ram[i] = (struct mem_range){ (i << 22) + 7 * i, (i << 22) + 8 * i + 1 };
	for_each_frame_policy(pp) {
		struct frame_stats stats;
		size_t bytes = (*pp)->metadata_bytes(crumbs.ram, crumbs.n);
		struct frame_state *state = NULL;
		u64 n = 0;

		cr_assert_eq(posix_memalign((void **)&state, 64, bytes), 0);
		(*pp)->init(state, bytes, crumbs.ram, crumbs.n);
		for (unsigned i = 0; i < crumbs.n; i++)
			cr_assert_eq((*pp)->free_range(state, crumbs.ram[i].start,
						       crumbs.ram[i].end), 0);
		(*pp)->stats(state, &stats);
		cr_assert_null((*pp)->selfcheck(state));
		while ((*pp)->alloc(state, 0, &any) != MFN_NONE)
			n++;
		cr_assert_eq(n, mem_ranges_frames(crumbs.ram, crumbs.n));
		cr_assert_eq(stats.free, n);
		free(state);
	}
}

Test(frame_policies, one_tebibyte)
{
	static const struct shape huge = {
		"1 TiB", 3, { { 1, 159 }, { 256, 0xc0000 }, { 0x100000, 0x10040000 } }
	};
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;

	for_each_frame_policy(pp) {
		size_t bytes = (*pp)->metadata_bytes(huge.ram, huge.n);
		struct frame_state *state = NULL;
		mfn_t first, mfn;

		cr_assert_eq(posix_memalign((void **)&state, 64, bytes), 0);
		(*pp)->init(state, bytes, huge.ram, huge.n);
		for (unsigned i = 0; i < huge.n; i++)
			cr_assert_eq((*pp)->free_range(state, huge.ram[i].start, huge.ram[i].end), 0);
		first = (*pp)->alloc(state, FRAME_MAX_ORDER, &any);
		cr_assert_neq(first, MFN_NONE);
		for (unsigned i = 0; i < 1000; i++) {
			mfn = (*pp)->alloc(state, i % 10, &any);
			cr_assert(mfn != MFN_NONE && mfn >= FRAME_BORDER_32BIT);
		}
		cr_assert_eq((*pp)->free(state, first, FRAME_MAX_ORDER), 0);
		cr_assert_eq((*pp)->free(state, first + 1, 0), -EINVAL);
		any.end = FRAME_BORDER_ISA;
		cr_assert_lt((*pp)->alloc(state, 5, &any), FRAME_BORDER_ISA);
		any.end = MFN_NONE;
		free(state);
	}
}

Test(frame_policies, same_requests_same_answers)
{
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;

	for_each_frame_policy(pp) {
		static mfn_t history[2][3000];

		for (unsigned run = 0; run < 2; run++) {
			struct bench b;
			unsigned n = 0;

			seed_state = 42;
			bench_open_all_free(&b, *pp, &shapes[1]);
			for (unsigned i = 0; i < 3000; i++) {
				if (n && rnd(2)) {
					mfn_t victim = history[run][rnd(i)];

					if (victim != MFN_NONE && block_is(&b, victim, 1, false))
						bench_free(&b, victim, 0);
				}
				any.owner = rnd(5);
				history[run][i] = bench_alloc(&b, rnd(10) ? 0 : rnd(5), &any);
				n++;
				if (run && i % 500 == 0) /* looking must not change anything */
					compare_with_oracle(&b);
			}
			bench_close(&b);
		}
		cr_assert_arr_eq(history[0], history[1], sizeof(history[0]), "%s", (*pp)->name);
	}
}

/* Checkerboards of growing squares: the curve is known exactly. */
Test(frame_policies, fragmentation_curve)
{
	static const struct shape machine = { "64 MiB above the ISA border", 1, { { 4096, 20480 } } };
	const struct frame_policy *const *pp;
	struct frame_request any = FRAME_REQUEST_ANY;

	for_each_frame_policy(pp) {
		struct frame_stats stats;
		struct bench b;

		if (!((*pp)->promises & FRAME_COALESCES))
			continue;
		bench_open_all_free(&b, *pp, &machine);
		b.policy->stats(b.state, &stats);
		cr_assert_eq(frame_fragmentation(&stats, 12), 0);
		while (bench_alloc(&b, 0, &any) != MFN_NONE)
			;
		for (mfn_t mfn = 4096; mfn < 20480; mfn += 16)
			bench_free(&b, mfn, 3);
		b.policy->stats(b.state, &stats);
		for (unsigned order = 0; order < FRAME_ORDERS; order++)
			cr_assert_eq(frame_fragmentation(&stats, order), order <= 3 ? 0 : 1000);
		for (mfn_t mfn = 4096 + 8; mfn < 12288; mfn += 16)
			bench_free(&b, mfn, 3);
		b.policy->stats(b.state, &stats);
		/* 8192 frames whole, 4096 in eights */
		cr_assert_eq(frame_fragmentation(&stats, 3), 0);
		cr_assert_eq(frame_fragmentation(&stats, 4), 334);
		cr_assert_eq(frame_fragmentation(&stats, 12), 334);
		bench_close(&b);
	}
}

Test(frame_policies, colour_policy_keeps_owners_apart)
{
	static const struct shape machine = { "4 MiB", 1, { { 4096, 5120 } } };
	const struct frame_policy *p = frame_policy_find("colour");
	struct frame_request want = FRAME_REQUEST_ANY;
	struct bench b;

	bench_open_all_free(&b, p, &machine);
	for (unsigned i = 0; i < 128; i++) {
		want.owner = 3;
		cr_assert_eq(bench_alloc(&b, 0, &want) % 8, 3);
		want.owner = 9;
		cr_assert_eq(bench_alloc(&b, 0, &want) % 8, 1);
	}
	want.owner = 3;
	cr_assert_neq(bench_alloc(&b, 0, &want), MFN_NONE, "own colour used up: any other");
	want.owner = 0;
	want.colours = 8;
	want.colour = 5;
	cr_assert_eq(bench_alloc(&b, 0, &want) % 8, 5, "an explicit colour goes first");
	check_sound(&b);
	bench_close(&b);
}

Test(frame_arithmetic, blocks_of_a_range)
{
	cr_assert_eq(frame_block_order(0, 1), 0);
	cr_assert_eq(frame_block_order(0, 8), 3);
	cr_assert_eq(frame_block_order(4, 100), 2);
	cr_assert_eq(frame_block_order(64, 64 + 63), 5);
	cr_assert_eq(frame_block_order(0, 1ULL << 30), FRAME_MAX_ORDER);
	cr_assert_eq(frame_block_order(1ULL << 20, 1ULL << 30), FRAME_MAX_ORDER);
}

Test(frame_arithmetic, pick_block_honours_colours)
{
	struct frame_request want = FRAME_REQUEST_ANY;

	for (want.colours = 1; want.colours <= 64; want.colours *= 2)
		for (want.colour = 0; want.colour < want.colours; want.colour++)
			for (unsigned order = 0; order < 8; order++)
				for (mfn_t hi = 0; hi < 70; hi++) {
					mfn_t lo = hi / 3, expected = MFN_NONE;

					for (mfn_t i = lo; i < hi; i++)
						if ((i << order) % want.colours == want.colour)
							expected = i;
					cr_assert_eq(frame_pick_block(lo, hi, order, &want), expected);
				}
}
