/* SPDX-License-Identifier: MIT */
/*
 * Pairing heap of timers; see heap.h.  `child` is the first child, `next` the
 * right sibling, `prev` the left sibling or, for a first child, the parent.
 * The root has neither sibling nor parent.  Only time/timer.c calls this, under
 * its queue's lock.
 */
#include "time/heap.h"

static bool before(const struct timer *a, const struct timer *b)
{
	return a->expires != b->expires ? a->expires < b->expires : a->seq < b->seq;
}

/* Join two trees: the later root becomes the first child of the earlier. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (before(b, a)) {
		struct timer *t = a;

		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

struct timer *timer_heap_insert(struct timer *root, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	return root ? meld(root, t) : t;
}

/* Two passes over a list of siblings: pair them left to right, then meld right to left. */
static struct timer *merge_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *root = NULL;

	while (first) {
		struct timer *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b) {
			b->next = b->prev = NULL;
			a = meld(a, b);
		}
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		root = root ? meld(root, a) : a;
	}
	return root;
}

struct timer *timer_heap_remove(struct timer *root, struct timer *t)
{
	struct timer *rest = merge_siblings(t->child);

	t->child = NULL;
	if (t == root)
		return rest;
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
	return rest ? meld(root, rest) : root;
}
