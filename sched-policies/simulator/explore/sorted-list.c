/* SPDX-License-Identifier: MIT */
/*
 * lib/tree.h as a sorted list (`left` is the one before, `right` the one
 * behind): its shape follows from what is in it, not from how it came there, so
 * that equal states of a policy are equal bytes.  For the explorer only.
 */
#include "lib/tree.h"

void tree_insert(struct tree *t, struct tree_node *n, s64 key)
{
	struct tree_node *before = NULL, *behind = t->first;

	for (; behind && behind->key <= key; behind = behind->right)
		before = behind;
	*n = (struct tree_node){ .left = before, .right = behind, .key = key, .inside = true };
	if (before)
		before->right = n;
	else
		t->first = n;
	if (behind)
		behind->left = n;
	t->count++;
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	if (n->left)
		n->left->right = n->right;
	else
		t->first = n->right;
	if (n->right)
		n->right->left = n->left;
	n->left = n->right = NULL;
	n->inside = false;
	t->count--;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	return n->right;
}
