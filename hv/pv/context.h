/* SPDX-License-Identifier: MIT */
/*
 * A PV vCPU's register state as a whole: made, set from the ABI's structure,
 * loaded into and taken off a pCPU.
 */
#ifndef ORRERY_PV_CONTEXT_H
#define ORRERY_PV_CONTEXT_H

#include "domain/domain.h"

/* Window, trap table, FPU area of a new vCPU: 0 or -ENOMEM. */
int pv_vcpu_init(struct vcpu *v);
void pv_vcpu_destroy(struct vcpu *v);

/* VCPUOP_initialise and XEN_DOMCTL_setvcpucontext. @pre v is not running.
 * 0, -EINVAL for anything the vCPU could not run with, -ERESTART to be called again. */
int pv_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *ctx);
/* The reverse; @pre v is not running. */
void pv_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *ctx);

/* Context switch. @pre interrupts off; save: v is current.  Load first takes the address space and
 * descriptor tables, then the registers: selectors may fault in an LDT page, which can make other
 * pCPUs flush, so that part wants no lock held. */
void pv_save(struct vcpu *v);
void pv_load(struct vcpu *v);
void pv_load_registers(struct vcpu *v);

/* Selector of the inactive (user) GS while the kernel runs; a bad one becomes null. */
void pv_load_user_gs(unsigned sel);
/* Virtual CR0.TS of the running vCPU. */
void pv_set_task_switched(struct vcpu *v, bool set);
void pv_write_cr4(struct vcpu *v, u64 val);
/* To be called when something that few vCPUs have came or went: active breakpoints, RDTSCP's word, a
 * pending NMI.  @pre v is current or does not run. */
void pv_note_special(struct vcpu *v);
/* What RDTSCP gives @v.  @pre as above. */
void pv_set_tsc_aux(struct vcpu *v, u32 val);
/* 0; -EPERM: an address or a kind of breakpoint no guest may set; -ENODEV: no such register. */
int pv_set_debugreg(struct vcpu *v, unsigned reg, u64 val);
int pv_get_debugreg(const struct vcpu *v, unsigned reg, u64 *val);

/* What a PV kernel reads from CR4 before it wrote anything: PAE, MCE, OSFXSR, OSXMMEXCPT. */
#define PV_CR4_INITIAL 0x660

#endif
