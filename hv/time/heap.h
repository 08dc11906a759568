/* SPDX-License-Identifier: MIT */
/*
 * A pairing heap of timers, ordered by expiry and then by the order of setting.
 * Pure: the links live in the timers, nothing is allocated, no locks; the same
 * code runs in the host tests.  Insert and look at the minimum in constant
 * time, remove in logarithmic amortised time.
 * (Fredman, Sedgewick, Sleator, Tarjan: The pairing heap, Algorithmica 1986.)
 */
#ifndef ORRERY_TIME_HEAP_H
#define ORRERY_TIME_HEAP_H

#include "time/timer.h"

/* The root is the earliest timer; NULL when empty. */
struct timer *timer_heap_insert(struct timer *root, struct timer *t);
/* @pre t is in the heap of @root.  Both return the new root. */
struct timer *timer_heap_remove(struct timer *root, struct timer *t);

#endif
