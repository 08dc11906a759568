/* SPDX-License-Identifier: MIT */
/*
 * The treap; contracts in tree.h.  Insertion descends as in a plain search
 * tree and rotates up; removal rotates down and cuts the leaf off.
 */
#include "lib/tree.h"

static struct tree_node **slot_of(struct tree *t, struct tree_node *n)
{
	if (!n->parent)
		return &t->root;
	return n->parent->left == n ? &n->parent->left : &n->parent->right;
}

/* @n takes the place of its parent, which becomes its child. */
static void rotate_up(struct tree *t, struct tree_node *n)
{
	struct tree_node *parent = n->parent, **slot = slot_of(t, parent), *between;

	if (parent->left == n) {
		between = n->right;
		parent->left = between;
		n->right = parent;
	} else {
		between = n->left;
		parent->right = between;
		n->left = parent;
	}
	if (between)
		between->parent = parent;
	n->parent = parent->parent;
	parent->parent = n;
	*slot = n;
}

/* A mixed counter: fixed, yet without order (the finaliser of splitmix64). */
static u32 next_priority(struct tree *t)
{
	u64 x = ++t->sequence * 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x >> 32;
}

void tree_insert(struct tree *t, struct tree_node *n, s64 key)
{
	struct tree_node **at = &t->root, *parent = NULL;
	bool leftmost = true;

	while (*at) {
		parent = *at;
		if (key < parent->key) {
			at = &parent->left;
		} else {
			at = &parent->right;
			leftmost = false;
		}
	}
	*n = (struct tree_node){ .parent = parent, .key = key, .priority = next_priority(t),
				 .inside = true };
	*at = n;
	if (leftmost)
		t->first = n;
	t->count++;
	while (n->parent && n->priority < n->parent->priority)
		rotate_up(t, n);
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	if (t->first == n)
		t->first = tree_next(n);
	while (n->left && n->right)
		rotate_up(t, n->left->priority < n->right->priority ? n->left : n->right);
	*slot_of(t, n) = n->left ? n->left : n->right;
	if (n->left)
		n->left->parent = n->parent;
	else if (n->right)
		n->right->parent = n->parent;
	t->count--;
	n->inside = false;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	if (n->right) {
		n = n->right;
		while (n->left)
			n = n->left;
		return (struct tree_node *)n;
	}
	while (n->parent && n->parent->right == n)
		n = n->parent;
	return n->parent;
}
