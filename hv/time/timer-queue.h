/* SPDX-License-Identifier: MIT */
/*
 * The one function of the timer queues that interrupt dispatch calls.
 */
#ifndef ORRERY_TIME_TIMER_QUEUE_H
#define ORRERY_TIME_TIMER_QUEUE_H

/* The local APIC's timer fired here. @pre interrupts off. */
void timer_interrupt(void);

#endif
