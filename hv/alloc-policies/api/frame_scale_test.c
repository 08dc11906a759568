/* SPDX-License-Identifier: MIT */
/*
 * Frame policies on machines of up to 1 TiB, in one piece and in crumbs: the
 * metadata stays small and every frame can be had.
 */
#include "alloc-policies/api/frame_testing.h"

Test(frame_scale, metadata_is_small)
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

Test(frame_scale, crumbs_over_a_terabyte)
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

Test(frame_scale, one_tebibyte)
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
