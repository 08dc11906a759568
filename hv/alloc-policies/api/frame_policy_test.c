/* SPDX-License-Identifier: MIT */
/*
 * The conformance suite: every registered frame policy, on machines of several
 * shapes, against an oracle that is one flag a frame.  Seeds are fixed, so a
 * failure repeats.  A policy file dropped into ../policies is tested by this
 * without further ado; which promises it must keep is in its own table.
 */
#include "alloc-policies/api/frame_testing.h"

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
		bench_exhaust(&b);
		/* One block over the ISA border, made of single frames. */
		bench_free(&b, 2048, 11);
		bench_free(&b, 4096, 12);
		check_sound(&b);
		compare_with_oracle(&b);
		cr_assert_eq((*pp)->free(b.state, 0, 13), -EINVAL, "frame 0 is no RAM");
		cr_assert_eq((*pp)->free(b.state, 2048, 12), -EINVAL, "misaligned");
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
			bench_exhaust(&b);
			for (unsigned i = 0; i < 1U << order; i++)
				bench_free(&b, 8192 + (1U << order) + i, 0);
			cr_assert_eq(bench_alloc(&b, order, &any), 8192 + (1U << order));
			bench_close(&b);
		}
	}
}

Test(frame_policies, a_block_over_a_border_can_be_freed_whole)
{
	static const struct shape machine = { "0 to 32 MiB", 1, { { 0, 8192 } } };
	const struct frame_policy *const *pp;
	struct bench b;

	for_each_frame_policy(pp) {
		bench_open_all_free(&b, *pp, &machine);
		bench_exhaust(&b);
		bench_free(&b, 0, 13);
		check_sound(&b);
		compare_with_oracle(&b);
		bench_close(&b);
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
