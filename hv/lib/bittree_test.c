/* SPDX-License-Identifier: MIT */
/*
 * The summarised bitmap against a plain one: random changes over lengths of
 * one to four levels, every search from every position on the small ones, and
 * the soundness check catching a summary that was broken on purpose.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/bittree.h"

struct twin {
	struct bittree tree;
	u64 *plain;
	void *memory;
};

static void twin_make(struct twin *t, u64 bits)
{
	t->memory = malloc(bittree_bytes(bits));
	t->plain = calloc(BITMAP_WORDS(bits), 8);
	cr_assert_eq((char *)bittree_init(&t->tree, t->memory, bits) - (char *)t->memory,
		     bittree_bytes(bits));
}

static void twin_drop(struct twin *t)
{
	free(t->memory);
	free(t->plain);
}

static u64 plain_prev(const u64 *map, u64 end)
{
	while (end-- > 0)
		if (bitmap_test(map, end))
			return end;
	return BITTREE_NONE;
}

static void compare_at(const struct twin *t, u64 at)
{
	u64 bits = t->tree.bits, next = bitmap_find_next(t->plain, bits, at);

	cr_assert_eq(bittree_next(&t->tree, at), next == bits ? BITTREE_NONE : next);
	cr_assert_eq(bittree_prev(&t->tree, at), plain_prev(t->plain, at));
	if (at < bits)
		cr_assert_eq(bittree_test(&t->tree, at), bitmap_test(t->plain, at));
}

static void change_one(struct twin *t, u64 bit, bool value)
{
	(value ? bittree_set : bittree_clear)(&t->tree, bit);
	(value ? bitmap_set : bitmap_clear)(t->plain, bit);
	cr_assert_eq(bittree_empty(&t->tree), bitmap_empty(t->plain, t->tree.bits));
	if (!bittree_empty(&t->tree))
		cr_assert_eq(bittree_last(&t->tree), plain_prev(t->plain, t->tree.bits));
}

Test(lib_bittree, random_changes)
{
	static const u64 lengths[] = { 1, 63, 64, 65, 4095, 4096, 4097, 5000, 262145 };

	for (unsigned l = 0; l < ARRAY_SIZE(lengths); l++) {
		u64 bits = lengths[l];
		struct twin t;

		srand(l);
		twin_make(&t, bits);
		for (unsigned i = 0; i < 3000; i++) {
			/* mostly sparse, so that summaries empty and fill */
			change_one(&t, rand() % bits, rand() % 100 < (i / 500 & 1 ? 20 : 60));
			if (i % 50 == 0) {
				cr_assert(bittree_sound(&t.tree));
				compare_at(&t, rand() % (bits + 1));
				compare_at(&t, bits);
				compare_at(&t, 0);
			}
		}
		for (u64 at = 0; bits < 5001 && at <= bits; at++)
			compare_at(&t, at);
		twin_drop(&t);
	}
}

Test(lib_bittree, beyond_the_end)
{
	struct twin t;

	twin_make(&t, 100);
	change_one(&t, 99, true);
	cr_assert_eq(bittree_prev(&t.tree, ~0ULL), 99);
	cr_assert_eq(bittree_next(&t.tree, 100), BITTREE_NONE);
	cr_assert_eq(bittree_next(&t.tree, ~0ULL), BITTREE_NONE);
	twin_drop(&t);
}

Test(lib_bittree, soundness_check_sees_broken_summaries)
{
	struct twin t;

	twin_make(&t, 5000);
	change_one(&t, 4999, true);
	cr_assert(bittree_sound(&t.tree));
	t.tree.level[1][0] ^= 1;
	cr_assert(!bittree_sound(&t.tree));
	t.tree.level[1][0] ^= 1;
	t.tree.level[0][5000 / 64] |= bit_mask(5000);
	cr_assert(!bittree_sound(&t.tree));
	twin_drop(&t);
}
