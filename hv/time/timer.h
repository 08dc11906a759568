/* SPDX-License-Identifier: MIT */
/*
 * Timers: one-shot callbacks at an absolute time in ns since boot, kept per
 * pCPU in a pairing heap and driven by the local APIC timer.  Callbacks run in
 * SOFTIRQ_TIMER on the timer's pCPU, interrupts on, no locks held.  Ties fire
 * in the order in which the timers were set: nothing depends on addresses.
 */
#ifndef ORRERY_TIME_TIMER_H
#define ORRERY_TIME_TIMER_H

#include "lib/types.h"

struct timer {
	s_time_t expires;
	u64 seq;                       /* breaks ties: order of setting */
	void (*fn)(void *);
	void *data;
	unsigned cpu;
	bool active;                   /* in cpu's heap; under that queue's lock */
	struct timer *child, *next, *prev; /* pairing heap links */
};

/* All four: any context, take the queue's lock with interrupts off. */
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu);
void timer_set(struct timer *t, s_time_t expires); /* re-arms if already set */
void timer_stop(struct timer *t);
void timer_migrate(struct timer *t, unsigned cpu); /* keeps the expiry if active */
/* Stop and wait until a running callback on another pCPU has returned. @pre not from fn. */
void timer_kill(struct timer *t);

/* ns since boot, monotonic on each pCPU. */
s_time_t now_ns(void);
#define NS_PER_SEC 1000000000LL
#define NS_PER_MS 1000000LL
#define NS_PER_US 1000LL

/* Host-independent boot of the queues; one call a pCPU, before its interrupts go on. */
int timers_init_pcpu(unsigned cpu);

#endif
