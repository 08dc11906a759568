/* SPDX-License-Identifier: MIT */
/*
 * First instructions: multiboot 1 and 2 headers, and the way from 32-bit
 * protected mode without paging (Multiboot 0.6.96 and Multiboot2 2.0, "machine
 * state") to hv_main() in long mode at the linked address.  Builds the boot
 * page tables: the image window, 4 GiB of direct map, and an identity map of
 * the first 4 GiB that paging_drop_identity() removes later.
 */
#include "x86/layout.h"
#include "x86/regs.h"

#define PHYS(sym) (sym - HV_IMAGE_START)
#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x3 /* modules page-aligned, memory information */
#define MB2_MAGIC 0xe85250d6

	.section .multiboot, "ax"
	.balign 8
	.globl start
start:
	.long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
	.balign 8
mb2_header:
	.long MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header))
	/* load addresses: the flat image */
	.balign 8
	.short 6, 0
	.long 8 /* modules page-aligned */
	.balign 8
	.short 0, 0
	.long 8
mb2_end:
	.org 0x100
	.code32
entry32:
	cli
	cld
	mov $PHYS(boot_stack_top), %esp
	mov %eax, PHYS(boot_magic)
	mov %ebx, PHYS(boot_info)

	/* Direct map and identity: 2048 entries of 2 MiB. */
	mov $PHYS(boot_l2), %edi
	mov $0xe3, %eax /* present, writable, accessed, dirty, 2 MiB */
	xor %edx, %edx
	mov $2048, %ecx
1:	mov %eax, (%edi)
	mov %edx, 4(%edi)
	add $0x200000, %eax
	adc $0, %edx
	add $8, %edi
	dec %ecx
	jnz 1b
	/* L3 entries of the direct map (also used for identity): four L2 tables. */
	mov $PHYS(boot_l3_direct), %edi
	mov $PHYS(boot_l2) + 0x63, %eax
	mov $4, %ecx
2:	mov %eax, (%edi)
	add $0x1000, %eax
	add $8, %edi
	dec %ecx
	jnz 2b
	/* The image window: the first 16 MiB, 4 KiB-split later by paging_init(). */
	movl $PHYS(boot_l2) + 0x63, PHYS(boot_l3_image)
	movl $PHYS(boot_l3_direct) + 0x63, PHYS(hv_l4)
	movl $PHYS(boot_l3_direct) + 0x63, PHYS(hv_l4) + 262 * 8
	movl $PHYS(boot_l3_image) + 0x63, PHYS(hv_l4) + 259 * 8

	mov $0x80000001, %eax
	cpuid
	bt $29, %edx /* long mode */
	jnc no_long_mode
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
	or $0x80010001, %eax /* PG, WP, PE */
	mov %eax, %cr0
	lgdt PHYS(boot_gdt_ptr)
	ljmp $8, $PHYS(entry64_low)
no_long_mode:
	mov $0x3f8, %dx
	mov $PHYS(no_long_mode_text), %esi
3:	lodsb
	test %al, %al
	jz 4f
	out %al, %dx
	jmp 3b
4:	hlt
	jmp 4b

	.code64
entry64_low:
	movabs $entry64, %rax
	jmp *%rax
entry64:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	/* The boot pCPU's stack block; struct cpu_info sits at its top. */
	lea bsp_stack + STACK_SIZE(%rip), %rsp
	sub $208, %rsp
	xor %ebp, %ebp
	mov boot_magic(%rip), %edi
	mov boot_info(%rip), %esi
	call hv_main
5:	hlt
	jmp 5b

	.section .rodata
no_long_mode_text:
	.asciz "(ORR) this processor has no 64-bit mode: Orrery needs x86-64\r\n"
	.balign 16
boot_gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_ptr:
	.short boot_gdt_ptr - boot_gdt - 1
	.quad PHYS(boot_gdt)

	.section .data
boot_magic:
	.long 0
boot_info:
	.long 0

	.section .bss.page_aligned, "aw", @nobits
	.balign STACK_SIZE
	.globl bsp_stack
bsp_stack:
	.skip STACK_SIZE
	.balign 4096
	.globl hv_l4, boot_l3_direct, boot_l3_image, boot_l2
hv_l4:
	.skip 4096
boot_l3_direct:
	.skip 4096
boot_l3_image:
	.skip 4096
boot_l2:
	.skip 4096 * 4
	.skip 256
boot_stack_top:
