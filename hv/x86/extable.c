/* SPDX-License-Identifier: MIT */
/*
 * The table of instructions that may fault by design, and where execution goes
 * on.  Sorted at boot because link order says nothing about addresses; read
 * only afterwards, so no lock.
 */
#include "x86/asm-fixup.h"

struct ex_entry {
	u64 from, to;
};
extern struct ex_entry __ex_table_start[], __ex_table_end[];

void ex_table_init(void)
{
	struct ex_entry *first = __ex_table_start, *e, *p;

	for (e = first + 1; e < __ex_table_end; e++) {
		struct ex_entry key = *e;

		for (p = e; p > first && p[-1].from > key.from; p--)
			*p = p[-1];
		*p = key;
	}
}

u64 ex_table_find(u64 rip)
{
	size_t lo = 0, hi = __ex_table_end - __ex_table_start;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (__ex_table_start[mid].from == rip)
			return __ex_table_start[mid].to;
		if (__ex_table_start[mid].from < rip)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}
