/* SPDX-License-Identifier: MIT */
/*
 * Runstates: how long each vCPU has been running, runnable, blocked, offline.
 * The four sums are exact: every change closes the interval that the one
 * before opened, so they always add up to the time since creation.  A clock that
 * reads earlier than the last entry (another pCPU's) counts as no time gone.
 * Changes happen under the state lock of the vCPU's pCPU; reading takes no lock,
 * so that the context switch may publish a runstate while it holds one.
 */
#include "sched/engine/engine.h"
#include "trace/trace.h"

void sched_runstate_init(struct sched_vcpu *sv, int state, s_time_t now)
{
	sv->runstate = (struct vcpu_runstate_info){ .state = state, .state_entry_time = now };
}

static __attribute__((noinline)) void trace_change(const struct sched_vcpu *sv, int state)
{
	trace_runstate_change(trace_runstates(sv->runstate.state, state), sv->p.id,
			      sv->p.domain->id);
}

void sched_runstate_change(struct sched_vcpu *sv, int state, s_time_t now)
{
	struct vcpu_runstate_info *rs = &sv->runstate;
	s64 delta = now - (s64)rs->state_entry_time;

	if (rs->state == state)
		return;
	if (unlikely(trace_active))
		trace_change(sv, state);
	WRITE_ONCE(sv->runstate_seq, sv->runstate_seq + 1); /* odd: being changed */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (likely(delta > 0)) {
		rs->time[rs->state] += delta;
		rs->state_entry_time = now;
	}
	rs->state = state;
	__atomic_store_n(&sv->runstate_seq, sv->runstate_seq + 1, __ATOMIC_RELEASE);
}

void sched_runstate_get(const struct sched_vcpu *sv, struct vcpu_runstate_info *out,
			s_time_t now)
{
	s64 delta;
	u32 seq;

	for (;;) {
		seq = __atomic_load_n(&sv->runstate_seq, __ATOMIC_ACQUIRE);
		*out = sv->runstate;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (likely(!(seq & 1) && seq == READ_ONCE(sv->runstate_seq)))
			break;
		cpu_relax();
	}
	delta = now - (s64)out->state_entry_time;
	if (delta > 0)
		out->time[out->state] += delta;
}
