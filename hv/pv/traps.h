/* SPDX-License-Identifier: MIT */
/*
 * Handing exceptions and events to a PV guest kernel: the bounce frame, mode
 * switch and what goes with them.  Called on the way out of the hypervisor
 * with @regs the guest's frame; the frame is rewritten to enter the guest kernel.
 */
#ifndef ORRERY_PV_TRAPS_H
#define ORRERY_PV_TRAPS_H

#include "domain/domain.h"

/* Exception @vector, through the guest's trap table.  Crashes the domain if it cannot. */
void pv_inject_trap(struct vcpu *v, struct cpu_regs *regs, unsigned vector);
void pv_inject_trap_code(struct vcpu *v, struct cpu_regs *regs, unsigned vector, u32 code);
void pv_inject_page_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr, u32 code);
/* INT @vector by the guest: respects the gate's DPL, else #GP. @regs->rip past the insn. */
void pv_inject_software_int(struct vcpu *v, struct cpu_regs *regs, unsigned vector, unsigned len);

/* To the handler of trap 2, which there is; the event mask stays as it is. */
void pv_bounce_nmi(struct vcpu *v, struct cpu_regs *regs);

/* From guest user mode to its kernel mode, and back: page-table root, GS. @pre @v is current, and in
 * the other mode. */
static inline void pv_enter_mode(struct vcpu *v, bool kernel)
{
	u64 cr3 = kernel ? v->pv.kernel_cr3 : v->pv.user_cr3;

	v->pv.kernel_mode = kernel;
	__asm__ volatile("swapgs");
	this_cpu()->cr3 = cr3;
	write_cr3(cr3);
}

/* #GP(0): a privileged operation to be emulated (priv-emul.c), or the guest's to handle.
 * @pre interrupts off; they are on afterwards. */
void pv_privileged_fault(struct vcpu *v, struct cpu_regs *regs);
/* ud2 "xen" cpuid (cpuid.c): true if it was that and is done. */
bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_regs *regs);
/* The guest kernel stores where its mapping is read-only (ptwr.c): to one of its page tables or to
 * such device memory, or it gets its page fault. */
void pv_write_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr);
/* Fault in the LDT part of the descriptor window (descriptors.c): true if now mapped. */
bool pv_map_ldt_page(struct vcpu *v, u64 offset);

#endif
