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
	u32 *pending = &this_cpu()->softirq_pending, bits, done = 0;

	while ((bits = READ_ONCE(*pending)) != 0) {
		/* The lowest first.  Each has one turn in a round: timers that are due again at
		 * once must not keep SCHEDULE, the last, from its own. */
		u32 mask = bits & ~done;
		unsigned nr = __builtin_ctz(mask ? mask : bits);

		done = mask ? done | 1U << nr : 1U << nr;
		__atomic_fetch_and(pending, ~(1U << nr), __ATOMIC_SEQ_CST);
		handlers[nr]();
	}
}
