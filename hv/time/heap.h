/* SPDX-License-Identifier: MIT */
/*
 * A pairing heap of timers, ordered by expiry and then by the order of setting.
 * Pure: the links live in the timers, nothing is allocated, no locks; the same
 * code runs in the host tests.  Insert and look at the minimum in constant
 * time, remove in logarithmic amortised time.
 * (Fredman, Sedgewick, Sleator, Tarjan: The pairing heap, Algorithmica 1986.)
 *
 * `child` is the first child, `next` the right sibling, `prev` the left sibling
 * or, for a first child, the parent.  The root has neither sibling nor parent.
 * What setting a vCPU's timer runs through is inline.
 */
#ifndef ORRERY_TIME_HEAP_H
#define ORRERY_TIME_HEAP_H

#include "time/timer.h"

static inline bool timer_before(const struct timer *a, const struct timer *b)
{
	return a->expires != b->expires ? a->expires < b->expires : a->seq < b->seq;
}

/* Join two trees: the later root becomes the first child of the earlier.  The root. */
static inline struct timer *timer_heap_meld(struct timer *a, struct timer *b)
{
	if (timer_before(b, a)) {
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

/* The new root, which is the earliest timer; NULL stands for an empty heap. */
static inline struct timer *timer_heap_insert(struct timer *root, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	return root ? timer_heap_meld(root, t) : t;
}

/* timer_heap_remove() of one with children. */
struct timer *timer_heap_remove_parent(struct timer *root, struct timer *t);

/* Cut @t, which is not the root, out of its siblings. */
static inline void timer_heap_unlink(struct timer *t)
{
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next)
		t->next->prev = t->prev;
}

/* The new root. @pre t is in the heap of @root. */
static inline struct timer *timer_heap_remove(struct timer *root, struct timer *t)
{
	if (t->child)
		return timer_heap_remove_parent(root, t);
	if (t == root)
		return NULL;
	timer_heap_unlink(t);
	return root;
}

#define TIMER_HEAP_LOOK 4 /* children looked at before a re-arm gives up staying in place */

/*
 * After the key of root @t was changed: true if it is the earliest still, so that nothing
 * has to move.  False: the caller puts the old key back, removes and inserts.
 */
static inline bool timer_heap_root_stays(const struct timer *t)
{
	const struct timer *c = t->child;

	for (unsigned i = 0; c; i++, c = c->next)
		if (i == TIMER_HEAP_LOOK || timer_before(c, t))
			return false;
	return true;
}

#endif
