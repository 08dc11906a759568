/* SPDX-License-Identifier: MIT */
/*
 * The timer heap against a plain array: random sets, re-arms and stops, and the
 * order in which ties come out.
 */
#include <criterion/criterion.h>

#include "time/heap.h"

#define TIMERS 200

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

static struct timer *array_minimum(struct timer *t, unsigned n)
{
	struct timer *best = NULL;

	for (unsigned i = 0; i < n; i++)
		if (t[i].active && (!best || t[i].expires < best->expires ||
				    (t[i].expires == best->expires && t[i].seq < best->seq)))
			best = &t[i];
	return best;
}

/* Links consistent, no child before its parent; returns the number of timers below and at @t. */
static unsigned check_tree(const struct timer *t)
{
	unsigned n = 1;
	const struct timer *left = t;

	for (const struct timer *c = t->child; c; c = c->next) {
		cr_assert_eq(c->prev, left);
		cr_assert(c->expires > t->expires || (c->expires == t->expires && c->seq > t->seq));
		n += check_tree(c);
		left = c;
	}
	return n;
}

Test(timer_heap, agrees_with_an_array)
{
	static struct timer t[TIMERS];
	struct timer *root = NULL;
	u64 random = 1, seq = 0;
	unsigned active = 0;

	for (unsigned step = 0; step < 20000; step++) {
		struct timer *x = &t[next_random(&random) % TIMERS];

		if (x->active) {
			root = timer_heap_remove(root, x);
			x->active = false;
			active--;
		}
		if (next_random(&random) % 3) { /* few different times: many ties */
			x->expires = next_random(&random) % 50;
			x->seq = seq++;
			root = timer_heap_insert(root, x);
			x->active = true;
			active++;
		}
		cr_assert_eq(root, array_minimum(t, TIMERS));
		if (root && step % 64 == 0)
			cr_assert_eq(check_tree(root), active);
	}
}

/* Moving the root's key in place, where that is allowed, must equal remove and insert. */
Test(timer_heap, root_stays_only_if_it_is_the_earliest)
{
	static struct timer t[5];
	struct timer *root = NULL;
	u64 random = 7;
	unsigned stayed = 0;

	for (unsigned i = 0; i < 5; i++) {
		t[i].expires = next_random(&random) % 1000;
		t[i].seq = i;
		t[i].active = true;
		root = timer_heap_insert(root, &t[i]);
	}
	for (unsigned step = 0; step < 5000; step++) {
		struct timer *x = root;
		s64 old = x->expires;

		x->expires = old + next_random(&random) % 60;
		x->seq += 5;
		if (timer_heap_root_stays(x)) {
			stayed++;
		} else {
			s64 wanted = x->expires;

			x->expires = old;
			x->seq -= 5;
			root = timer_heap_remove(root, x);
			x->expires = wanted;
			x->seq += 5;
			root = timer_heap_insert(root, x);
		}
		cr_assert_eq(root, array_minimum(t, 5));
	}
	cr_assert(stayed > 100 && stayed < 4900);
}

Test(timer_heap, equal_times_leave_in_order_of_setting)
{
	static struct timer t[64];
	struct timer *root = NULL;

	for (unsigned i = 0; i < 64; i++) {
		unsigned k = i * 37 % 64; /* addresses in another order than time */

		t[k].expires = 5;
		t[k].seq = i;
		root = timer_heap_insert(root, &t[k]);
	}
	for (unsigned i = 0; i < 64; i++) {
		cr_assert_eq(root->seq, i);
		root = timer_heap_remove(root, root);
	}
	cr_assert_null(root);
}

Test(timer_heap, remove_from_the_middle_keeps_the_rest)
{
	static struct timer t[40];
	struct timer *root = NULL;

	for (unsigned i = 0; i < 40; i++) {
		t[i].expires = i;
		t[i].seq = i;
		root = timer_heap_insert(root, &t[i]);
	}
	root = timer_heap_remove(root, root); /* gives the heap some depth */
	for (unsigned i = 2; i < 40; i += 2)
		root = timer_heap_remove(root, &t[i]);
	for (unsigned i = 1; i < 40; i += 2) {
		cr_assert_eq(root->expires, i);
		root = timer_heap_remove(root, root);
	}
	cr_assert_null(root);
}
