/* SPDX-License-Identifier: MIT */
/*
 * String instructions for the console.  In QEMU's instruction-count mode every
 * round of a REP counts as one instruction, so nothing written in C beats them
 * where a byte has to be looked at or sent one at a time.
 */
#ifndef ORRERY_X86_STRING_IO_H
#define ORRERY_X86_STRING_IO_H

#include "lib/types.h"

/* Send @n bytes to one port. */
static inline void outsb(u16 port, const char *s, size_t n)
{
	__asm__ volatile("rep outsb" : "+S"(s), "+c"(n) : "d"(port) : "memory");
}

/* Bytes before the first @c, or @n if there is none.  @pre n > 0 */
static inline size_t bytes_before(const char *s, char c, size_t n)
{
	size_t left = n;
	bool found;

	__asm__("repne scasb" : "+D"(s), "+c"(left), "=@ccz"(found) : "a"(c), "m"(*(const char(*)[n])s));
	return found ? n - left - 1 : n;
}

#endif
