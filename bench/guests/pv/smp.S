/* SPDX-License-Identifier: MIT */
/*
 * Upcall entries that know their vCPU and handle events in C (smp.c), and the
 * first instructions of vCPUs but the first.
 */
#include "bench/guests/pv/pv-iret.h"

	.text
.macro UPCALL vcpu
	.globl upcall_entry_\vcpu
upcall_entry_\vcpu:
	push %rax
	mov $\vcpu, %eax
	jmp upcall
.endm
	UPCALL 0
	UPCALL 1
	UPCALL 2
	UPCALL 3

upcall:
	push %rdi
	push %rsi
	push %rdx
	push %r8
	push %r9
	push %r10
	cld
	mov %eax, %edi
	call event_upcall
	pop %r10
	pop %r9
	pop %r8
	pop %rdx
	pop %rsi
	pop %rdi
	pop %rax
	PV_IRET

/* RSP and RDI (the vCPU's number) come from the context the vCPU was given. */
	.globl vcpu_entry
vcpu_entry:
	cld
	call vcpu_main
	ud2
	.section .note.GNU-stack, "", @progbits
