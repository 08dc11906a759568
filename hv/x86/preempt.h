/* SPDX-License-Identifier: MIT */
/*
 * Long operations ask here whether to stop and be called again: something
 * waits for this pCPU, or events wait for the guest that called.
 */
#ifndef ORRERY_X86_PREEMPT_H
#define ORRERY_X86_PREEMPT_H

#include "domain/domain.h"

static inline bool preempt_needed(void)
{
	const struct vcpu *v = current;

	return this_cpu()->softirq_pending ||
	       (v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask);
}

#endif
