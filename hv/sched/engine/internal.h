/* SPDX-License-Identifier: MIT */
/*
 * Between life.c and decide.c: steps of a vCPU's life that both take, small
 * enough to be part of their callers.  State lock held in all of them.
 */
#ifndef ORRERY_SCHED_INTERNAL_H
#define ORRERY_SCHED_INTERNAL_H

#include "sched/engine/engine.h"

/* For trace records: domain, vCPU. */
#define SCHED_IDENT(sv) (sv)->p.domain->id, (sv)->p.id

/* What a vCPU that may not run is: blocked dominates, as in Xen. */
static inline int sched_asleep_runstate(const struct sched_vcpu *sv)
{
	return READ_ONCE(sv->blocked_by) & BLOCKED_EVENT ? RUNSTATE_blocked : RUNSTATE_offline;
}

static inline void sched_count_ready(struct sched_pool *pool, int by)
{
	if (by)
		__atomic_fetch_add(&pool->p.nr_ready, by, __ATOMIC_RELAXED);
}

/* READY from now on; the caller counts. */
static inline void sched_become_ready(struct sched_vcpu *sv, s_time_t now)
{
	sv->p.state = VCPU_READY;
	sv->p.parked = false;
	sv->p.ready_since = now;
	sched_watchdog_note(sv->domain->pool, now);
}

/*
 * Enqueue @sv, asleep or moving, where the policy wants it.  Called and left
 * with a state lock, of the pCPU returned, which may be another one than before.
 */
struct sched_pcpu *sched_make_ready(struct sched_vcpu *sv, struct sched_pcpu *pc,
				    enum policy_enqueue why, s_time_t now);

#endif
