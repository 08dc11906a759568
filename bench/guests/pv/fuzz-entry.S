/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest's ways out of trouble: a call that an exception may end
 * anywhere, and the other vCPUs, which start over after any trap.
 */
	.text
/* long guarded(long (*fn)(void), long *result) */
	.globl guarded
guarded:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, kernel_resume(%rip) /* a system call of user mode returns for us */
	push %rsi
	mov %rsp, guard_rsp(%rip)
	lea 1f(%rip), %rax
	mov %rax, guard_resume(%rip)
	mov %rax, fault_resume(%rip)
	call *%rdi
	mov (%rsp), %rsi
	mov %rax, (%rsi)
	xor %eax, %eax
	jmp 2f
1:	mov guard_rsp(%rip), %rsp
	push $2
	popf
	mov $1, %eax
2:	movq $0, fault_resume(%rip)
	pop %rsi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

/* Wherever the trap came from, user mode and 32-bit code too: go on in the kernel, without the
 * trap flag, and without events: the stack is not ours yet.  The frame: RCX, R11, perhaps a code, RIP, CS, flags, RSP, SS. */
.macro BACK_TO_KERNEL name, code
	.globl fuzz_trap_\name
fuzz_trap_\name:
	movl $0xe030, 24+\code(%rsp)
	andl $~0x44300, 32+\code(%rsp)
	movl $0xe02b, 48+\code(%rsp)
	jmp trap_\name
.endm
	BACK_TO_KERNEL de, 0
	BACK_TO_KERNEL db, 0
	BACK_TO_KERNEL of, 0
	BACK_TO_KERNEL ud, 0
	BACK_TO_KERNEL nm, 0
	BACK_TO_KERNEL np, 8
	BACK_TO_KERNEL ss, 8
	BACK_TO_KERNEL gp, 8
	BACK_TO_KERNEL pf, 8
	BACK_TO_KERNEL ac, 8
	BACK_TO_KERNEL soft, 0

/* Every trap of the other vCPUs ends here: whatever it was, from the start.  Each has a page of
 * stack of its own, with its dice at the bottom. */
	.globl secondary_entry, secondary_trap
secondary_trap:
secondary_entry:
	dec %rsp
	or $0xfff, %rsp
	inc %rsp
	push $2
	popf
	lea -4088(%rsp), %rdi
	and $~0xfff, %rdi
	call secondary_main
	ud2

	.data
	.globl guard_resume, guard_rsp
guard_resume:	.quad 0
guard_rsp:	.quad 0
	.section .note.GNU-stack, "", @progbits
