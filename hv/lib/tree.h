/* SPDX-License-Identifier: MIT */
/*
 * An ordered tree of embedded nodes: ascending keys, equal keys in the order
 * of insertion.  A treap (Seidel and Aragon 1996) whose priorities come from a
 * counter in the root, so equal histories make equal trees.  Insert and remove
 * take expected logarithmic time, the first node constant time.  Pure: no
 * locks, no allocation.  A zeroed root is an empty tree.
 */
#ifndef ORRERY_LIB_TREE_H
#define ORRERY_LIB_TREE_H

#include "lib/types.h"

struct tree_node {
	struct tree_node *left, *right, *parent;
	s64 key;         /* while in a tree: only tree_insert() sets it */
	u32 priority;    /* smaller is nearer the root */
	bool inside;
};

struct tree {
	struct tree_node *root, *first;
	u32 sequence;    /* of priorities */
	u32 count;
};

/* @pre @n is in no tree (@n->inside is false; zeroed nodes are so). */
void tree_insert(struct tree *t, struct tree_node *n, s64 key);
/* @pre @n is in @t. */
void tree_remove(struct tree *t, struct tree_node *n);
/* In order; NULL past the end. */
struct tree_node *tree_next(const struct tree_node *n);

static inline struct tree_node *tree_first(const struct tree *t)
{
	return t->first;
}

#endif
