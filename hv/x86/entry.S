/* SPDX-License-Identifier: MIT */
/*
 * Every way into and out of the hypervisor: SYSCALL, exceptions, interrupts,
 * and the return to a guest with its check for deferred work and events.
 *
 * Conventions: a frame (struct cpu_regs) is built on the pCPU's stack; frames
 * from a guest lie exactly at cpu_info()->guest_regs, so that the fields behind
 * it (current, pcpu) are at fixed offsets from %rsp.  In guest-return code
 * %rbx holds the current vCPU.  All general registers are always saved: the
 * fifteen pushes cost less than deciding which ones to keep.
 */
#include "asm-offsets.h"
#include "x86/layout.h"
#include "x86/regs.h"

	.section .text.entry, "ax"

.macro SAVE_REGS
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
.endm

.macro RESTORE_REGS_AND_IRET
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	add $8, %rsp
.endm

/*
 * SYSCALL from ring 3.  The per-pCPU stub (desc.c) has stored the guest's RSP,
 * loaded the stack and pushed SS and RSP; RCX is the guest's RIP, R11 its
 * RFLAGS, interrupts are off.
 */
	.globl entry_syscall
entry_syscall:
	push %r11
	push $SEL_RING3_CS64
	push %rcx
	push $0
	movl $ENTRY_SYSCALL, 4(%rsp)
	SAVE_REGS
	mov CPUINFO_current(%rsp), %rbx
	cmpb $0, VCPU_kernel_mode(%rbx)
	je user_syscall
	sti
	cmp $64, %rax
	jae bad_hypercall
	cmpl $0, hypercall_traced(%rip)
	jne trace_hypercall_entry
call_hypercall:
	mov VCPU_domain(%rbx), %rcx
	incq DOMAIN_hypercalls(%rcx,%rax,8)
	mov REGS_r10(%rsp), %rcx
	lea hypercall_table(%rip), %r10
	call *(%r10,%rax,8)
hypercall_done:
	mov %rax, REGS_rax(%rsp)

/* Back to the guest whose frame is at %rsp; %rbx is the current vCPU. */
	.globl ret_to_guest
ret_to_guest:
	cli
	mov CPUINFO_pcpu(%rsp), %rax
	cmpl $0, PCPU_softirq_pending(%rax)
	jne run_softirqs
	mov VCPU_info(%rbx), %rax
	cmpb $0, INFO_upcall_pending(%rax)
	jne maybe_upcall
restore_guest:
	RESTORE_REGS_AND_IRET
guest_iret:
	iretq
	.section .ex_table, "a"
	.quad guest_iret, guest_iret_fault
	.previous

maybe_upcall:
	cmpb $0, INFO_upcall_mask(%rax)
	jne restore_guest
	mov %rbx, %rdi
	mov %rsp, %rsi
	call pv_deliver_upcall
	jmp restore_guest

run_softirqs:
	sti
	call softirq_run
	jmp ret_to_guest

bad_hypercall:
	mov $-38, %rax /* -ENOSYS */
	jmp hypercall_done

/* The arguments are still in their registers; the writer clobbers them. */
trace_hypercall_entry:
	mov %rdx, %r8
	mov %rsi, %rcx
	mov %rdi, %rdx
	mov %rax, %rsi
	mov $TRACE_ID_HYPERCALL, %edi
	call trace_write_hypercall
	mov REGS_rax(%rsp), %rax
	mov REGS_rdi(%rsp), %rdi
	mov REGS_rsi(%rsp), %rsi
	mov REGS_rdx(%rsp), %rdx
	mov REGS_r8(%rsp), %r8
	mov REGS_r9(%rsp), %r9
	jmp call_hypercall

/* SYSCALL of guest user mode: the guest kernel's business. */
user_syscall:
	mov %rbx, %rdi
	mov %rsp, %rsi
	call pv_user_syscall
	jmp ret_to_guest

/* 32-bit SYSCALL (AMD compatibility mode); the stub is the same but for CS. */
	.globl entry_cstar
entry_cstar:
	push %r11
	push $SEL_RING3_CS32
	push %rcx
	push $0
	movl $ENTRY_SYSCALL, 4(%rsp)
	SAVE_REGS
	mov CPUINFO_current(%rsp), %rbx
	mov %rbx, %rdi
	mov %rsp, %rsi
	call pv_user_syscall32
	jmp ret_to_guest

/*
 * The final IRETQ of a guest return faulted: bad selectors or a non-canonical
 * RIP in the guest's frame.  The fault's frame is below the five words we were
 * popping; fault handling (exceptions.c) resumes here with RSP back at them.
 * Rebuild the guest frame as it was and let the failsafe callback have it.
 */
guest_iret_fault:
	push $0
	SAVE_REGS
	mov CPUINFO_current(%rsp), %rbx
	mov %rbx, %rdi
	mov %rsp, %rsi
	call pv_failsafe
	jmp ret_to_guest

/* Where context_switch() continues: a fresh frame lies in cpu_info. */
	.globl reset_stack_and_return_to_guest
reset_stack_and_return_to_guest:
	mov %rsp, %rax
	or $(STACK_SIZE - 1), %rax
	lea 1 - (REGS_SIZE + 32)(%rax), %rsp
	mov CPUINFO_current(%rsp), %rbx
	jmp ret_to_guest

/* void reset_stack_and_call(void (*fn)(void)): never returns. */
	.globl reset_stack_and_call
reset_stack_and_call:
	mov %rsp, %rax
	or $(STACK_SIZE - 1), %rax
	lea 1 - (REGS_SIZE + 32)(%rax), %rsp
	and $~15, %rsp
	xor %ebp, %ebp
	call *%rdi
	ud2

/*
 * Exceptions.  Stubs push a zero where the CPU gives no error code, then the
 * vector into the upper half of that word.
 */
.macro EXCEPTION vec, has_code
	.globl entry_vector_\vec
entry_vector_\vec:
	.if \has_code == 0
	push $0
	.endif
	movl $\vec, 4(%rsp)
	jmp exception_common
.endm
	EXCEPTION 0, 0
	EXCEPTION 3, 0
	EXCEPTION 4, 0
	EXCEPTION 5, 0
	EXCEPTION 6, 0
	EXCEPTION 7, 0
	EXCEPTION 9, 0
	EXCEPTION 10, 1
	EXCEPTION 11, 1
	EXCEPTION 12, 1
	EXCEPTION 13, 1
	EXCEPTION 15, 0
	EXCEPTION 16, 0
	EXCEPTION 17, 1
	EXCEPTION 19, 0
	EXCEPTION 20, 0
	EXCEPTION 21, 1

exception_common:
	cld
	SAVE_REGS
	mov %rsp, %rdi
	testb $3, REGS_cs(%rsp)
	jz hv_exception
	mov CPUINFO_current(%rsp), %rbx
	call handle_guest_exception
	jmp ret_to_guest

	.globl entry_vector_14
entry_vector_14:
	movl $14, 4(%rsp)
	cld
	SAVE_REGS
	mov %rsp, %rdi
	testb $3, REGS_cs(%rsp)
	jz hv_exception
	mov CPUINFO_current(%rsp), %rbx
	mov %rbx, %rsi
	call handle_guest_page_fault
	jmp ret_to_guest

hv_exception:
	call handle_hv_exception
hv_return:
	RESTORE_REGS_AND_IRET
	iretq

/*
 * #DB runs on its own stack: one pended over MOV SS or SYSCALL would otherwise
 * arrive on the guest's.  From a guest the frame moves to the normal stack.
 */
	.globl entry_vector_1
entry_vector_1:
	push $0
	movl $1, 4(%rsp)
	cld
	SAVE_REGS
	mov %rsp, %rdi
	testb $3, REGS_cs(%rsp)
	jz hv_exception
	call move_frame_to_stack /* rax: the new frame */
	mov %rax, %rsp
	mov CPUINFO_current(%rsp), %rbx
	mov %rsp, %rdi
	call handle_guest_exception
	jmp ret_to_guest

/*
 * NMI, #DF, #MC: own stacks, handled in place.  Back to a guest by the normal stack: its frame
 * may not be good any more (another vCPU changed a descriptor), and guest_iret can take that.
 */
.macro IST_VECTOR vec, has_code
	.globl entry_vector_\vec
entry_vector_\vec:
	.if \has_code == 0
	push $0
	.endif
	movl $\vec, 4(%rsp)
	cld
	SAVE_REGS
	mov %rsp, %rdi
	call handle_ist_exception
	testb $3, REGS_cs(%rsp)
	jz hv_return
	jmp ist_to_guest
.endm
	IST_VECTOR 2, 0
	IST_VECTOR 8, 1
	IST_VECTOR 18, 0

ist_to_guest:
	mov %rsp, %rdi
	call move_frame_to_stack
	mov %rax, %rsp
	mov CPUINFO_current(%rsp), %rbx
	jmp ret_to_guest

/* Interrupt vectors 0x20..0xff: 16 bytes each, so desc.c can compute the address. */
	.balign 16
	.globl interrupt_stubs
interrupt_stubs:
	.set vec, 0x20
	.rept 0xe0
	.balign 16
	push $0
	movl $vec, 4(%rsp)
	.byte 0xe9 /* jmp rel32: one length for all */
	.long interrupt_common - . - 4
	.set vec, vec + 1
	.endr

interrupt_common:
	cld
	SAVE_REGS
	mov %rsp, %rdi
	testb $3, REGS_cs(%rsp)
	jz 1f
	mov CPUINFO_current(%rsp), %rbx
	call handle_interrupt
	jmp ret_to_guest
1:	call handle_interrupt
	jmp hv_return

/*
 * size_t guest_copy(void *dst, const void *src, size_t n): bytes left, 0 when
 * all went over; a fault on either side ends it.
 */
	.globl guest_copy
guest_copy:
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
10:	rep movsq
	mov %edx, %ecx
11:	rep movsb
	xor %eax, %eax
	ret
12:	lea (%rdx,%rcx,8), %rax
	ret
13:	mov %rcx, %rax
	ret
	.section .ex_table, "a"
	.quad 10b, 12b
	.quad 11b, 13b
	.previous

/* size_t guest_clear(void *dst, size_t n) */
	.globl guest_clear
guest_clear:
	mov %rsi, %rcx
	shr $3, %rcx
	and $7, %esi
	xor %eax, %eax
20:	rep stosq
	mov %esi, %ecx
21:	rep stosb
	ret
22:	lea (%rsi,%rcx,8), %rax
	ret
23:	mov %rcx, %rax
	ret
	.section .ex_table, "a"
	.quad 20b, 22b
	.quad 21b, 23b
	.previous
