/* SPDX-License-Identifier: MIT */
/*
 * May run, may not: what guests, event channels and control tools do to a
 * vCPU.  Each reason is a bit or a count that is changed atomically first; then
 * the engine looks at all of them under the vCPU's lock and acts.  The contracts
 * are in sched.h.
 */
#include "console/console.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "sched/hints.h"
#include "sched/sched.h"
#include "trace/trace.h"
#include "x86/cpu.h"
#include "x86/irq.h"
#include "x86/softirq.h"

void vcpu_wake(struct vcpu *v)
{
	unsigned long flags = irq_save();

	sched_wake(&v->sched, now_ns());
	irq_restore(flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
	unsigned long flags = irq_save();

	sched_sleep(&v->sched, now_ns());
	irq_restore(flags);
}

static void wait_until_off(struct vcpu *v)
{
	unsigned long flags;
	bool off;

	ASSERT(v != current);
	do {
		flags = irq_save();
		off = sched_is_off(&v->sched) || sched_may_run_now(&v->sched);
		irq_restore(flags);
		cpu_relax();
	} while (!off);
}

void vcpu_sleep_sync(struct vcpu *v)
{
	vcpu_sleep_nosync(v);
	wait_until_off(v);
}

/* --- blocking ---------------------------------------------------------------- */

void vcpu_mark_blocked(struct vcpu *v)
{
	__atomic_fetch_or(&v->sched.blocked_by, BLOCKED_EVENT, __ATOMIC_SEQ_CST);
}

void vcpu_block(void)
{
	struct vcpu *v = current;

	/* Flag first, events second: whoever raises one does it the other way round. */
	vcpu_mark_blocked(v);
	if (vcpu_events_pending(v)) {
		__atomic_fetch_and(&v->sched.blocked_by, ~BLOCKED_EVENT, __ATOMIC_SEQ_CST);
		return;
	}
	trace_sched_block(v->domain->id, v->id);
	raise_softirq(SOFTIRQ_SCHEDULE);
}

void vcpu_unblock(struct vcpu *v)
{
	u32 old;

	if (!(READ_ONCE(v->sched.blocked_by) & BLOCKED_EVENT))
		return;
	old = __atomic_fetch_and(&v->sched.blocked_by, ~BLOCKED_EVENT, __ATOMIC_SEQ_CST);
	if (old & BLOCKED_EVENT)
		vcpu_wake(v);
}

void vcpu_kick(struct vcpu *v)
{
	unsigned cpu;

	vcpu_unblock(v);
	cpu = READ_ONCE(v->cpu);
	if (cpu != smp_processor_id() && vcpu_is_running(v))
		apic_send_ipi(cpu, VECTOR_EVENT_CHECK);
}

/* Out of line: a yield that nobody needs, the usual one, stays short. */
static __attribute__((noinline)) void give_way(void)
{
	struct vcpu *v = current;
	u8 named = *sched_hint(v, HINT_YIELD_TO);
	struct vcpu *to = named ? domain_vcpu(v->domain, named - 1) : NULL;

	if (to)
		sched_give_way_to(&v->sched, &to->sched);
	raise_softirq(SOFTIRQ_SCHEDULE);
}

void vcpu_yield(void)
{
	if (sched_give_way(&current->sched))
		give_way();
}

/* --- pausing ----------------------------------------------------------------- */

void vcpu_pause_nosync(struct vcpu *v)
{
	__atomic_fetch_add(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
	ASSERT(v != current);
	vcpu_pause_nosync(v);
	wait_until_off(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (!__atomic_sub_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST))
		vcpu_wake(v);
}

void sched_domain_pause_nosync(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	__atomic_fetch_add(&d->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v, i)
		vcpu_sleep_nosync(v);
}

void sched_domain_pause(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	sched_domain_pause_nosync(d);
	for_each_vcpu(d, v, i)
		wait_until_off(v);
}

void sched_domain_unpause(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	if (__atomic_sub_fetch(&d->sched.pause_count, 1, __ATOMIC_SEQ_CST))
		return;
	for_each_vcpu(d, v, i)
		vcpu_wake(v);
}

/* --- up and down --------------------------------------------------------------- */

bool vcpu_up(struct vcpu *v)
{
	u32 old = __atomic_fetch_and(&v->sched.blocked_by, ~BLOCKED_DOWN, __ATOMIC_SEQ_CST);

	if (!(old & BLOCKED_DOWN))
		return false;
	vcpu_wake(v);
	return true;
}

bool vcpu_down(struct vcpu *v)
{
	u32 old = __atomic_fetch_or(&v->sched.blocked_by, BLOCKED_DOWN, __ATOMIC_SEQ_CST);

	if (old & BLOCKED_DOWN)
		return false;
	vcpu_sleep_nosync(v);
	return true;
}

bool vcpu_is_up(const struct vcpu *v)
{
	return !(READ_ONCE(v->sched.blocked_by) & BLOCKED_DOWN);
}

bool vcpu_is_blocked(const struct vcpu *v)
{
	return READ_ONCE(v->sched.blocked_by) & BLOCKED_EVENT;
}

bool vcpu_is_running(const struct vcpu *v)
{
	return READ_ONCE(v->sched.p.state) == VCPU_RUNNING;
}

bool vcpu_is_runnable(const struct vcpu *v)
{
	return sched_may_run_now(&v->sched);
}

/* --- accounting ----------------------------------------------------------------- */

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	sched_runstate_get(&v->sched, out, now_ns());
}

u64 vcpu_cpu_time(struct vcpu *v)
{
	struct vcpu_runstate_info info;

	vcpu_runstate_get(v, &info);
	return info.time[RUNSTATE_running];
}

u64 sched_pcpu_idle_time(unsigned cpu)
{
	return vcpu_cpu_time(pcpus[cpu]->idle_vcpu);
}
