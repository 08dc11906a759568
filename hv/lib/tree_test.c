/* SPDX-License-Identifier: MIT */
/*
 * The ordered tree against a plain array under random insertions and removals:
 * order, ties in order of insertion, the cached first node, and a depth that
 * stays logarithmic for keys that arrive sorted.
 */
#include <criterion/criterion.h>

#include "lib/tree.h"

#define NODES 300

struct item {
	struct tree_node node;
	u32 stamp; /* of insertion, for ties */
};

static struct item items[NODES];

static u32 depth(const struct tree_node *n)
{
	u32 left, right;

	if (!n)
		return 0;
	left = depth(n->left);
	right = depth(n->right);
	return 1 + (left > right ? left : right);
}

static void expect_order(const struct tree *t)
{
	const struct tree_node *n = tree_first(t), *next;
	u32 count = 0;

	for (; n; n = next, count++) {
		next = tree_next(n);
		if (!next)
			continue;
		cr_assert_leq(n->key, next->key);
		if (n->key == next->key)
			cr_assert_lt(((const struct item *)n)->stamp,
				     ((const struct item *)next)->stamp);
	}
	cr_assert_eq(count, t->count);
}

Test(lib_tree, random_insertions_and_removals)
{
	struct tree t = { 0 };
	u64 x = 88172645463325252ULL;

	for (u32 round = 1; round <= 5000; round++) {
		struct item *it;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		it = &items[x % NODES];
		if (it->node.inside) {
			tree_remove(&t, &it->node);
		} else {
			it->stamp = round;
			tree_insert(&t, &it->node, (s64)(x >> 32) % 40 - 20);
		}
		if (round % 16 == 0)
			expect_order(&t);
	}
	for (u32 i = 0; i < NODES; i++)
		if (items[i].node.inside)
			tree_remove(&t, &items[i].node);
	cr_assert_null(t.root);
	cr_assert_null(t.first);
	cr_assert_eq(t.count, 0);
}

Test(lib_tree, sorted_keys_make_no_list)
{
	struct tree t = { 0 };

	for (u32 i = 0; i < NODES; i++) {
		items[i].stamp = i;
		tree_insert(&t, &items[i].node, i);
	}
	expect_order(&t);
	cr_assert_lt(depth(t.root), 32, "depth %u", depth(t.root));
}
