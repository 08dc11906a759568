/* SPDX-License-Identifier: MIT */
/*
 * A started processor's first instructions: copied to SMP_TRAMPOLINE_PADDR and
 * entered in real mode with CS at that page.  Through protected mode into long
 * mode on the hypervisor's page tables, which map this page at its own address
 * while processors are being started (smp.c), and on to ap_start() on the stack
 * in ap_stack_top.
 */
#include "x86/layout.h"
#include "x86/regs.h"
#include "x86/smp.h"

#define AT(sym) (SMP_TRAMPOLINE_PADDR + (sym) - trampoline_start)
#define PHYS(sym) (sym - HV_IMAGE_START)

	.section .rodata
	.balign 16
	.globl trampoline_start, trampoline_end
trampoline_start:
	.code16
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl trampoline_gdt_ptr - trampoline_start
	mov %cr0, %eax
	or $1, %eax /* PE */
	mov %eax, %cr0
	ljmpl $8, $AT(1f)

	.code32
1:	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov %cr4, %eax
	or $0x20, %eax /* PAE */
	mov %eax, %cr4
	mov $PHYS(hv_l4), %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x900, %eax /* LME, NXE */
	wrmsr
	mov %cr0, %eax
	and $~0x60000000, %eax /* INIT leaves the caches off */
	or $0x80010001, %eax /* PG, WP, PE */
	mov %eax, %cr0
	ljmp $0x18, $AT(2f)

	.code64
2:	movabs $ap_entry, %rax
	jmp *%rax

	.balign 8
trampoline_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff /* 0x08: 32-bit code */
	.quad 0x00cf93000000ffff /* 0x10: data */
	.quad 0x00af9b000000ffff /* 0x18: 64-bit code */
trampoline_gdt_ptr:
	.short trampoline_gdt_ptr - trampoline_gdt - 1
	.long AT(trampoline_gdt)
trampoline_end:

	.text
	.globl ap_entry
ap_entry:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	mov ap_stack_top(%rip), %rsp
	sub $CPU_INFO_BYTES, %rsp
	and $~15, %rsp
	xor %ebp, %ebp
	call ap_start
	ud2
