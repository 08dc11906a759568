/* SPDX-License-Identifier: MIT */
/*
 * What a pCPU does when no vCPU wants it.
 */
#ifndef ORRERY_SCHED_IDLE_H
#define ORRERY_SCHED_IDLE_H

#include "lib/types.h"

/* Softirqs and halting for ever; ends when schedule() switches to a guest.  @pre on an empty
 * stack, current is the idle vCPU, no lock held; interrupts may be off. */
void NORETURN idle_loop(void);

#endif
