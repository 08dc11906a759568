/* SPDX-License-Identifier: MIT */
/*
 * The context switch.  Stacks belong to pCPUs, not vCPUs: a guest's frame is
 * copied off the stack and the next one's onto it, and execution goes on in
 * entry.S as if that guest had just come in.  Idle vCPUs have no frame.
 */
#include "domain/vcpu.h"
#include "pv/context.h"
#include "sched/idle.h"
#include "x86/cpu.h"
#include "x86/desc.h"
#include "x86/entry.h"
#include "x86/paging.h"

static void leave_guest(struct vcpu *prev)
{
	guest_sched_out(prev); /* while its address space is loaded */
	prev->saved_regs = cpu_info()->guest_regs;
	pv_save(prev);
}

/* Run the idle vCPU: hypervisor page tables, nothing of a guest in the processor. */
static void enter_idle(void)
{
	struct pcpu *cpu = this_cpu();

	cpu->cr3 = hv_l4_maddr;
	write_cr3(hv_l4_maddr);
	desc_load_own_gdt(cpu);
	desc_load_ldt(cpu, 0, 0);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	if (!prev->is_idle)
		leave_guest(prev);
	cpu_info()->running = next;
	if (next->is_idle) {
		enter_idle();
		WRITE_ONCE(prev->pv.loaded_on, ~0U);
		sched_context_saved();
		reset_stack_and_call(idle_loop);
	}
	cpu_info()->guest_regs = next->saved_regs;
	pv_load(next);
	if (!prev->is_idle)
		WRITE_ONCE(prev->pv.loaded_on, ~0U);
	sched_context_saved();
	pv_load_registers(next);
	irq_enable();
	guest_sched_in(next);
	reset_stack_and_return_to_guest();
}
