/* SPDX-License-Identifier: MIT */
/*
 * Runstates: how long each vCPU has been running, runnable, blocked, offline.
 * The four sums are exact: every change closes the interval that the one
 * before opened, so they always add up to the time since creation.  A clock that
 * reads earlier than the last entry (another pCPU's) counts as no time gone.
 * Caller holds the state lock of the vCPU's pCPU.
 */
#include "sched/engine/engine.h"
#include "trace/trace.h"

void sched_runstate_init(struct sched_vcpu *sv, int state, s_time_t now)
{
	sv->runstate = (struct vcpu_runstate_info){ .state = state, .state_entry_time = now };
}

void sched_runstate_change(struct sched_vcpu *sv, int state, s_time_t now)
{
	struct vcpu_runstate_info *rs = &sv->runstate;
	s64 delta = now - (s64)rs->state_entry_time;

	if (rs->state == state)
		return;
	trace_runstate_change(trace_runstates(rs->state, state), sv->p.id, sv->p.domain->id);
	if (likely(delta > 0)) {
		rs->time[rs->state] += delta;
		rs->state_entry_time = now;
	}
	rs->state = state;
}

void sched_runstate_get(struct sched_vcpu *sv, struct vcpu_runstate_info *out, s_time_t now)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);
	s64 delta = now - (s64)sv->runstate.state_entry_time;

	*out = sv->runstate;
	spin_unlock(pc->lock);
	if (delta > 0)
		out->time[out->state] += delta;
}
