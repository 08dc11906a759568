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

/* Reads cannot use asm goto with outputs on this compiler: 0 or -1 in @err. */
#define get_guest_word(dst, ptr)                                                \
	({                                                                      \
		int err_ = 0;                                                   \
		u64 val_ = 0;                                                   \
		__asm__ volatile("1: movq %2, %1\n2:\n\t"                      \
				 ".section .text.fixup, \"ax\"\n3: movl $-1, %0\n\tjmp 2b\n\t" \
				 ".previous\n\t" EX_TABLE_ASM("1b", "3b")        \
				 : "+r"(err_), "+r"(val_) : "m"(*(const u64 *)(ptr)) : "memory"); \
		(dst) = val_;                                                   \
		err_;                                                           \
	})

#endif
