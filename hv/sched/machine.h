/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own parts of pCPUs and pools: the timers behind seam.h.
 * Private to hv/sched.
 */
#ifndef ORRERY_SCHED_MACHINE_H
#define ORRERY_SCHED_MACHINE_H

#include "domain/domain.h"
#include "sched/sched.h"

struct machine_pcpu {
	struct sched_pcpu s; /* first */
	struct timer slice, policy;
};

struct machine_pool {
	struct sched_pool s; /* first */
	struct timer accounting, watchdog;
};

static inline struct vcpu *to_vcpu(struct sched_vcpu *sv)
{
	return container_of(sv, struct vcpu, sched);
}

void machine_pcpu_timers_init(struct machine_pcpu *mp, unsigned cpu);
void machine_pool_timers_init(struct machine_pool *mp);
/* Let the pool's timers fire on one of its own pCPUs. */
void machine_pool_timers_place(struct machine_pool *mp);
void machine_pool_timers_kill(struct machine_pool *mp);

#endif
