/* SPDX-License-Identifier: MIT */
/*
 * PV bench guest: ELF notes, first instructions, trap entries (frames: pv-iret.h).
 */
#include <xen/elfnote.h>

#include "bench/guests/pv/pv-iret.h"

#define VGCF_IN_SYSCALL 0x100
#define USER_CS 0xe033
#define USER_SS 0xe02b

.macro NOTE type, kind, value
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\kind \value
2:	.balign 4
	.popsection
.endm
.macro TEXT_NOTE type, value
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	.asciz "\value"
2:	.balign 4
	.popsection
.endm
	TEXT_NOTE XEN_ELFNOTE_GUEST_OS, "orrery-bench"
	TEXT_NOTE XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
	NOTE XEN_ELFNOTE_VIRT_BASE, .quad, 0xffffffff80000000
	NOTE XEN_ELFNOTE_PADDR_OFFSET, .quad, 0
	NOTE XEN_ELFNOTE_ENTRY, .quad, _start
	NOTE XEN_ELFNOTE_HV_START_LOW, .quad, 0xffff800000000000
	TEXT_NOTE XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb"
	NOTE XEN_ELFNOTE_SUPPORTED_FEATURES, .long, 0x8801
	TEXT_NOTE XEN_ELFNOTE_LOADER, "generic"

	.text
	.globl _start
_start:
	mov %rsp, boot_stack(%rip)
	lea boot_registers + 15 * 8(%rip), %rsp /* a stack of its own for what came in */
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	lea boot_flags + 8(%rip), %rsp
	pushf
	cld
	lea stack_top(%rip), %rsp
	mov %rsi, start_info(%rip)
	mov %rsi, %rdi
	call platform_start
	ud2

	.globl trap_bp
trap_bp:
	PV_IRET

/* Stamp the time, count, clear what is pending (2-level ABI, first word only). */
	.globl event_entry
event_entry:
	push %rax
	push %rdx
	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, trap_tsc(%rip)
	mov shared_info(%rip), %rdx
	movb $0, (%rdx)    /* vcpu_info[0].evtchn_upcall_pending */
	xor %eax, %eax
	xchg %rax, 8(%rdx) /* evtchn_pending_sel */
	movq $0, 2048(%rdx) /* evtchn_pending[0]: offset checked in platform.c */
	incq event_count(%rip)
	pop %rdx
	pop %rax
	PV_IRET

/* #UD and other faults: go on at fault_resume. */
.macro FAULT name, vec, has_code
	.globl trap_\name
trap_\name:
	.if \has_code
	mov 16(%rsp), %rcx
	mov %rcx, last_error(%rip)
	mov (%rsp), %rcx
	mov 8(%rsp), %r11
	mov %r11, 16(%rsp)
	mov %rcx, 8(%rsp)
	add $8, %rsp
	.endif
	movq $\vec, last_vector(%rip)
	mov fault_resume(%rip), %rcx
	jrcxz 1f
	mov %rcx, 16(%rsp)
	mov (%rsp), %rcx
	PV_IRET
1:	mov 16(%rsp), %rdi
	mov $\vec, %esi
	mov last_error(%rip), %rdx
	call unexpected_trap
	ud2
.endm
	FAULT de, 0, 0
	FAULT db, 1, 0
	FAULT of, 4, 0
	FAULT ud, 6, 0
	FAULT nm, 7, 0
	FAULT np, 11, 1
	FAULT ss, 12, 1
	FAULT gp, 13, 1
	FAULT pf, 14, 1
	FAULT ac, 17, 1
	FAULT soft, 32, 0

/* long run_in_user_mode(fn, samples, n, user_stack) */
	.globl run_in_user_mode
run_in_user_mode:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, kernel_resume(%rip)
	push $USER_SS
	push %rcx
	push $0x202
	push $USER_CS
	push %rdi
	push $0          /* flags */
	push $0          /* rcx */
	push $0          /* r11 */
	push $0          /* rax */
	mov %rsi, %rdi
	mov %rdx, %rsi
	mov $HYPERVISOR_iret, %eax
	syscall
	ud2

/* SYSCALL from user mode: RAX 0 returns at once, anything else ends user mode. */
	.globl syscall_entry
syscall_entry:
	test %rax, %rax
	jnz 1f
	mov 8(%rsp), %r11
	movq $VGCF_IN_SYSCALL, 8(%rsp)
	push %r11
	push %rax
	mov $HYPERVISOR_iret, %eax
	syscall
1:	mov kernel_resume(%rip), %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	xor %eax, %eax
	ret

	.globl failsafe_entry
failsafe_entry:
	mov 48(%rsp), %rdi
	mov $0x100, %esi
	xor %edx, %edx
	mov fault_resume(%rip), %rcx
	jrcxz 1f
	movq $0x100, last_vector(%rip)
	mov kernel_resume(%rip), %rsp
	jmp *%rcx
1:	call unexpected_trap
	ud2

/* In user mode: samples[i] = ticks of one SYSCALL into the guest kernel and back. */
	.globl user_syscall_loop
user_syscall_loop:
	mov %rdi, %rbx
	mov %rsi, %r12
2:	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, %r13
	xor %eax, %eax
	syscall
	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	sub %r13, %rax
	mov %rax, (%rbx)
	add $8, %rbx
	dec %r12
	jnz 2b
	mov $1, %eax
	syscall
	ud2

	.data
	.globl start_info, shared_info, event_count, trap_tsc, fault_resume, last_vector, last_error
	.globl boot_stack, boot_flags, boot_registers, kernel_resume
start_info:	.quad 0
shared_info:	.quad 0
event_count:	.quad 0
trap_tsc:	.quad 0
fault_resume:	.quad 0
last_vector:	.quad 0
last_error:	.quad 0
boot_stack:	.quad 0
boot_flags:	.quad 0
boot_registers:	.fill 15, 8, 0 /* R15 first, RAX last */
kernel_resume:	.quad 0

	.bss
	.balign 4096
	.globl shared_page
shared_page:
	.skip 4096
	.skip 32768
stack_top:
	.section .note.GNU-stack, "", @progbits
