/* SPDX-License-Identifier: MIT */
/*
 * The idle vCPUs' program: what there is to clear (memory/scrub.h), then a halt.  Halting and looking
 * for work must leave no gap: the last look is with interrupts off, and STI;HLT lets none in between.
 */
#include "sched/idle.h"

#include "memory/scrub.h"
#include "x86/cpu.h"
#include "x86/softirq.h"

void idle_loop(void)
{
	struct pcpu *cpu = this_cpu();

	for (;;) {
		irq_enable();
		softirq_run();
		if (scrub_one())
			continue;
		irq_disable();
		if (READ_ONCE(cpu->softirq_pending))
			continue;
		WRITE_ONCE(cpu->idle, true);
		irq_enable_and_halt();
		WRITE_ONCE(cpu->idle, false);
	}
}
