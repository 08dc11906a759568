/* SPDX-License-Identifier: MIT */
/* The flat 64-bit image inside a 32-bit ELF, the only container QEMU's -kernel accepts. */
	.section .image, "awx", @progbits
	.globl image_start
	.balign 16 /* multiboot2 headers lie at multiples of 8 in the file */
image_start:
	.incbin IMAGE
	.section .imagebss, "aw", @nobits
	.skip BSS_BYTES
	.section .note.GNU-stack, "", @progbits
