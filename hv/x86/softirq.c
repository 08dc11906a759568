/* SPDX-License-Identifier: MIT */
/*
 * Softirqs; see softirq.h.  The pending word of a pCPU is set by anyone and
 * cleared by its owner alone.
 */
#include "x86/softirq.h"

#include "console/console.h"
#include "x86/cpu.h"
#include "x86/irq.h"

static void (*handlers[SOFTIRQ_COUNT])(void);

void softirq_register(enum softirq nr, void (*handler)(void))
{
	ASSERT(nr < SOFTIRQ_COUNT);
	handlers[nr] = handler;
}

void raise_softirq(enum softirq nr)
{
	__atomic_fetch_or(&this_cpu()->softirq_pending, 1U << nr, __ATOMIC_SEQ_CST);
}

void cpu_raise_softirq(unsigned cpu, enum softirq nr)
{
	struct pcpu *p = pcpus[cpu];
	u32 old = __atomic_fetch_or(&p->softirq_pending, 1U << nr, __ATOMIC_SEQ_CST);

	/* Something was pending already: whoever set it made the pCPU notice. */
	if (!old && p != this_cpu())
		apic_send_ipi(cpu, VECTOR_EVENT_CHECK);
}

void softirq_run(void)
{
	u32 *pending = &this_cpu()->softirq_pending, bits;

	while ((bits = READ_ONCE(*pending)) != 0) {
		/* The lowest one, but SCHEDULE only when nothing else is left: it may not return. */
		u32 others = bits & ~(1U << SOFTIRQ_SCHEDULE);
		unsigned nr = __builtin_ctz(others ? others : bits);

		__atomic_fetch_and(pending, ~(1U << nr), __ATOMIC_SEQ_CST);
		handlers[nr]();
	}
}
