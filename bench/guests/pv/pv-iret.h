/* SPDX-License-Identifier: MIT */
/*
 * The way back from a PV trap or upcall, for assembler files.  A PV trap frame
 * has RCX and R11 on top; iret is a hypercall that wants RAX, R11, RCX, flags
 * before the hardware part (<xen/arch-x86/xen-x86_64.h>).
 */
#ifndef ORRERY_GUESTS_PV_IRET_H
#define ORRERY_GUESTS_PV_IRET_H

#define HYPERVISOR_iret 23

/* Back from a trap without error code; everything but RCX and R11 is as it was. */
.macro PV_IRET flags=0
	mov 8(%rsp), %r11
	movq $\flags, 8(%rsp)
	push %r11
	push %rax
	mov $HYPERVISOR_iret, %eax
	syscall
.endm

#endif
