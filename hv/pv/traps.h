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

/* Switch between guest kernel and guest user: page-table root, GS. @pre v is current. */
void pv_toggle_mode(struct vcpu *v);

/* Privileged-operation emulation (priv-emul.c): true if done, false to raise #GP. */
bool pv_emulate_privileged(struct vcpu *v, struct cpu_regs *regs);
/* ud2 "xen" cpuid (cpuid.c): true if it was that and is done. */
bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_regs *regs);
/* Store to a page table the guest has mapped read-only (ptwr.c): true if done. */
bool pv_emulate_pt_write(struct vcpu *v, struct cpu_regs *regs, u64 addr);
/* Fault in the LDT part of the descriptor window (descriptors.c): true if now mapped. */
bool pv_map_ldt_page(struct vcpu *v, u64 offset);

#endif
