/* SPDX-License-Identifier: MIT */
/*
 * From the softirq to the context switch.  The engine decides with the state
 * lock held and keeps it until the old vCPU's registers are in memory: then
 * context_switch() calls sched_context_saved().  Interrupts are off between.
 */
#include "domain/domain.h"
#include "sched/machine.h"
#include "x86/cpu.h"
#include "x86/softirq.h"

void schedule(void)
{
	struct pcpu *cpu = this_cpu();
	struct sched_pcpu *pc = cpu->sched;
	struct sched_vcpu *prev = pc->curr, *next;
	struct vcpu *v;
	s_time_t now;

	irq_disable();
	now = now_ns();
	sched_eject_if_breached(pc->pool, now);
	next = sched_decide(pc, now);
	if (next == prev) {
		sched_saved(pc);
		irq_enable();
		return;
	}
	v = to_vcpu(next);
	WRITE_ONCE(v->cpu, cpu->id);
	context_switch(to_vcpu(prev), v);
	irq_enable();
}

void sched_context_saved(void)
{
	sched_saved(this_cpu()->sched);
}
