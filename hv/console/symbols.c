/* SPDX-License-Identifier: MIT */
/*
 * Names for code addresses, from the table the build makes of the image itself
 * (symbols.awk; the format is described there).  In the first link pass the
 * section is empty and every address stays a number.  Names are found by
 * walking the text: only dumps ask, and they are short.
 */
#include "console/console.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/layout.h"

extern const u8 __symbols_start[], __symbols_end[];
extern const u8 __image_start[], __text_end[];

/* The last of @count ascending addresses that is <= @offset.  @pre addresses[0] <= @offset */
static u32 last_not_above(const u32 *addresses, u32 count, u32 offset)
{
	u32 low = 0;

	while (count > 1) {
		u32 half = count / 2;

		if (addresses[low + half] <= offset) {
			low += half;
			count -= half;
		} else {
			count = half;
		}
	}
	return low;
}

const char *symbol_name(u64 addr, char *buf, size_t len)
{
	const u32 *table = (const u32 *)__symbols_start;
	u32 offset = addr - HV_IMAGE_START, index, end;
	const char *name;

	if (addr < (u64)__image_start || addr >= (u64)__text_end ||
	    __symbols_end - __symbols_start < 8 || !table[0] || offset < table[1]) {
		fmt_snprintf(buf, len, "%016lx", addr);
		return buf;
	}
	index = last_not_above(table + 1, table[0], offset);
	end = index + 1 < table[0] ? table[index + 2] : (u64)__text_end - HV_IMAGE_START;
	name = (const char *)(table + 1 + table[0]);
	for (u32 i = 0; i < index; i++)
		name += strlen(name) + 1;
	fmt_snprintf(buf, len, "%s+0x%x/0x%x", name, offset - table[1 + index],
		     end - table[1 + index]);
	return buf;
}
