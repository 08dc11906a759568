/* SPDX-License-Identifier: MIT */
/*
 * Looking through a pointer that a policy gave and that may point anywhere.
 * In the hypervisor a fault is caught by its fix-up table, and costs nothing
 * while there is none; the host's sanitizers catch it there.
 */
#ifndef ORRERY_SCHED_PEEK_H
#define ORRERY_SCHED_PEEK_H

#include "lib/types.h"

#if __STDC_HOSTED__

static inline bool sched_word_is(const u32 *p, u32 value)
{
	return *p == value;
}

static inline bool sched_peek(const u32 *p, u32 *value)
{
	*value = *p;
	return true;
}

#else

#include "x86/asm-fixup.h"

/* Is there a word at @p, and is it @value? */
static inline __attribute__((always_inline)) bool sched_word_is(const u32 *p, u32 value)
{
	__asm__ goto("1: cmpl %1, %0\n\tjne %l[other]\n\t" EX_TABLE_ASM("1b", "%l[other]")
		     : : "m"(*p), "ri"(value) : "cc" : other);
	return true;
other:
	return false;
}

/* The word at @p; false if there is none. */
static inline bool sched_peek(const u32 *p, u32 *value)
{
	u32 word;

	__asm__ goto("1: movl %1, %0\n\t" EX_TABLE_ASM("1b", "%l[fault]")
		     : "=r"(word) : "m"(*p) : : fault);
	*value = word;
	return true;
fault:
	return false;
}

#endif

#endif
