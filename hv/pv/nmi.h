/* SPDX-License-Identifier: MIT */
/*
 * Non-maskable interrupts of PV vCPUs: one is pending or not; it is delivered to
 * the handler of trap 2 whatever the event mask says, and the next one waits
 * until the guest returns from it by the iret hypercall.
 */
#ifndef ORRERY_PV_NMI_H
#define ORRERY_PV_NMI_H

#include "domain/domain.h"

#define TRAP_NMI 2

/* Boot. */
void pv_nmi_init(void);
/* Make one pending for @v, waking it if it sleeps.  Any context but that of a hardware NMI. */
void pv_nmi_send(struct vcpu *v);
/* The hardware's, in its own context: @regs is what it interrupted, @port_61 says why it came.
 * False: nobody wants to know.  With nmi=fatal it shows both and does not return. */
bool pv_nmi_from_hardware(const struct cpu_regs *regs, u8 port_61);
/* The running vCPU's iret: whoever waited may come. */
void pv_nmi_done(struct vcpu *v);

/* Handler of vCPU @v, 0 for none: 0, or -EINVAL for an address that is none. */
int pv_nmi_set_handler(struct vcpu *v, u64 address);

#endif
