/* SPDX-License-Identifier: MIT */
/*
 * Deferred work of one pCPU, run with interrupts on just before it returns to
 * a guest or goes idle.  A handler registers once at boot.
 */
#ifndef ORRERY_X86_SOFTIRQ_H
#define ORRERY_X86_SOFTIRQ_H

#include "lib/types.h"

enum softirq {
	SOFTIRQ_TIMER,
	SOFTIRQ_TRACE,   /* tell Dom0 that a trace ring filled up */
	SOFTIRQ_RCU,     /* deferred frees and calls on this pCPU */
	SOFTIRQ_CONSOLE,
	SOFTIRQ_NMI,     /* a guest's, to be delivered */
	SOFTIRQ_SCHEDULE, /* the last: it may not return */
	SOFTIRQ_COUNT,
};

/* @pre boot. */
void softirq_register(enum softirq nr, void (*handler)(void));

/* Mark @nr pending here.  Any context. */
void raise_softirq(enum softirq nr);

/* Mark @nr pending on @cpu and make it notice (IPI if it is another).  Any context. */
void cpu_raise_softirq(unsigned cpu, enum softirq nr);

/* Run what is pending, SCHEDULE last but not behind what was raised again meanwhile.
 * @pre on the pCPU's own stack, no locks held, interrupts on. May not return to the same vCPU: schedule() inside it switches. */
void softirq_run(void);

#endif
