/* SPDX-License-Identifier: MIT */
/*
 * Pairing heap of timers: taking out one with children; see heap.h.  Only time/timer.c calls
 * this, under its queue's lock.
 */
#include "time/heap.h"

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
			a = timer_heap_meld(a, b);
		}
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		root = root ? timer_heap_meld(root, a) : a;
	}
	return root;
}

struct timer *timer_heap_remove_parent(struct timer *root, struct timer *t)
{
	struct timer *rest = merge_siblings(t->child);

	if (t == root)
		return rest;
	timer_heap_unlink(t);
	return timer_heap_meld(root, rest);
}
