/* SPDX-License-Identifier: MIT */
/*
 * The x86 branch filter of .xz, decoding direction.  The encoder replaced the
 * relative operands of CALL and JMP (0xe8, 0xe9) by absolute ones, which repeat
 * and so compress better.  Internal to hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_BCJ_X86_H
#define ORRERY_BOOT_DECOMPRESS_BCJ_X86_H

#include "boot/decompress/common.h"

/* Undo the filter in place; @start is the address the encoder gave buf[0]. */
void bcj_x86_decode(u8 *buf, size_t len, u32 start);

#endif
