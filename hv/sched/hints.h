/* SPDX-License-Identifier: MIT */
/*
 * What a guest's vCPU tells its scheduler, and is told, without a hypercall: bytes
 * in a hole of its vcpu_info.  sched-policies/README.md says what they mean.
 */
#ifndef ORRERY_SCHED_HINTS_H
#define ORRERY_SCHED_HINTS_H

#include "domain/domain.h"

enum sched_hint {
	HINT_HOLDS_LOCK = 2, /* the guest's: not 0 */
	HINT_GIVE_WAY = 3,   /* the hypervisor's: 1 */
	HINT_YIELD_TO = 4,   /* the guest's: number of a vCPU plus one */
};

_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_mask) < HINT_HOLDS_LOCK &&
	       offsetof(struct vcpu_info, evtchn_pending_sel) > HINT_YIELD_TO, "the hole");

static inline volatile u8 *sched_hint(const struct vcpu *v, enum sched_hint hint)
{
	return (volatile u8 *)v->info + hint;
}

#endif
