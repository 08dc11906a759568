/* SPDX-License-Identifier: MIT */
/*
 * Which frames a policy answers with: inside the window asked for, of the colour,
 * sparing low memory; what is left for large blocks when small ones are in the
 * way; and the arithmetic of blocks that the policies share.
 */
#include "alloc-policies/api/frame_testing.h"

Test(frame_placement, windows_find_low_memory)
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
		bench_close(&b);
	}
}

Test(frame_placement, low_memory_is_spared)
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

Test(frame_placement, fragmentation_curve)
{
	static const struct shape machine = { "64 MiB above the ISA border", 1, { { 4096, 20480 } } };
	const struct frame_policy *const *pp;

	for_each_frame_policy(pp) {
		struct frame_stats stats;
		struct bench b;

		if (!((*pp)->promises & FRAME_COALESCES))
			continue;
		bench_open_all_free(&b, *pp, &machine);
		b.policy->stats(b.state, &stats);
		cr_assert_eq(frame_fragmentation(&stats, 12), 0);
		bench_exhaust(&b);
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

Test(frame_placement, bump_takes_back_what_it_gave_last)
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
	bench_close(&b);
}

Test(frame_placement, colour_policy_keeps_owners_apart)
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
