/* SPDX-License-Identifier: MIT */
/*
 * Fault fix-ups: a pair {faulting instruction, where to go on} in .ex_table,
 * sorted once at boot.  The inline accessors below are for words on hot paths;
 * blocks go through memory/guest.h.
 */
#ifndef ORRERY_X86_ASM_FIXUP_H
#define ORRERY_X86_ASM_FIXUP_H

#include "lib/types.h"

#define EX_TABLE_ASM(from, to)                                                  \
	".section .ex_table, \"a\"\n\t.quad " from ", " to "\n\t.previous\n\t"

void ex_table_init(void);
/* Fix-up address for a fault at @rip, or 0. */
u64 ex_table_find(u64 rip);

/* Store or load one word of guest memory; jump to @label on a fault.  The caller has
 * checked guest_addr_ok(). */
#define put_guest_or_goto(val, ptr, label)                                      \
	__asm__ goto("1: movq %0, %1\n\t" EX_TABLE_ASM("1b", "%l[" #label "]")  \
		     : : "r"((u64)(val)), "m"(*(u64 *)(ptr)) : "memory" : label)

/* @dst: a u64 lvalue in a register; undefined after the jump. */
#define get_guest_or_goto(dst, ptr, label)                                      \
	__asm__ goto("1: movq %1, %0\n\t" EX_TABLE_ASM("1b", "%l[" #label "]")  \
		     : "=r"(dst) : "m"(*(const u64 *)(ptr)) : "memory" : label)

/* The same as an expression: 0, or -1 and @dst unchanged. */
static inline int read_word_or_fail(u64 *dst, const void *ptr)
{
	u64 val;

	get_guest_or_goto(val, ptr, fault);
	*dst = val;
	return 0;
fault:
	return -1;
}
#define get_guest_word(dst, ptr) read_word_or_fail(&(dst), (const void *)(ptr))

#endif
