/* SPDX-License-Identifier: MIT */
/* The flat 64-bit image inside a 32-bit ELF, the only container QEMU's -kernel accepts. */
	.section .image, "awx", @progbits
	.globl image_start
image_start:
	.incbin IMAGE
	.section .imagebss, "aw", @nobits
	.skip BSS_BYTES
	.section .note.GNU-stack, "", @progbits
