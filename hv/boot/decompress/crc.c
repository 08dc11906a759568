/* SPDX-License-Identifier: MIT */
/*
 * CRC-32 (IEEE 802.3) and CRC-64 (ECMA-182), both bit-reversed.  A kernel is
 * some 64 MB, so large buffers take wider steps: CRC-32 four bytes in two
 * lookups by 16 bits each (1.3 instructions a byte against 6; the half
 * megabyte of tables costs a million instructions to make), CRC-64 eight bytes
 * in eight lookups.
 */
#include "boot/decompress/checks.h"

#define CRC32_POLYNOMIAL 0xedb88320U
#define CRC64_POLYNOMIAL 0xc96c5795d7870f42ULL
#define WIDE_FROM (1UL << 20) /* bytes from which the wide tables pay */

void crc32_tables_init(struct crc32_tables *t)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? CRC32_POLYNOMIAL : 0);
		t->byte[i] = c;
	}
	t->has_wide = false;
}

/* wide[0][x]: the remainder of x after 16 bits; wide[1][x]: after 32. */
static void make_wide(struct crc32_tables *t)
{
	for (u32 x = 0; x < 65536; x++) {
		u32 c = x >> 8 ^ t->byte[x & 0xff];

		t->wide[0][x] = c >> 8 ^ t->byte[c & 0xff];
	}
	for (u32 x = 0; x < 65536; x++) {
		u32 c = t->wide[0][x];

		t->wide[1][x] = c >> 16 ^ t->wide[0][c & 0xffff];
	}
	t->has_wide = true;
}

u32 crc32_of(struct crc32_tables *t, const u8 *p, size_t len)
{
	const u8 *end = p + len;
	u32 c = ~0U;

	if (len >= WIDE_FROM) {
		const u8 *wide_end = end - 16;

		if (!t->has_wide)
			make_wide(t);
		while (p <= wide_end) {
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++) {
				c ^= load_le32(p + 4 * i);
				c = t->wide[1][c & 0xffff] ^ t->wide[0][c >> 16];
			}
			p += 16;
		}
	}
	while (p < end)
		c = c >> 8 ^ t->byte[(c ^ *p++) & 0xff];
	return ~c;
}

void crc64_tables_init(struct crc64_tables *t)
{
	for (u32 i = 0; i < 256; i++) {
		u64 c = i;

		for (int step = 0; step < 8; step++) {
			for (int bit = 0; bit < 8; bit++)
				c = c >> 1 ^ (c & 1 ? CRC64_POLYNOMIAL : 0);
			t->byte[step][i] = c;
		}
	}
}

u64 crc64_of(const struct crc64_tables *t, const u8 *p, size_t len)
{
	const u8 *end = p + len;
	u64 c = ~0ULL;

	while (end - p >= 8) {
		u64 x = c ^ load_le64(p);

		c = 0;
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++)
			c ^= t->byte[7 - i][x >> 8 * i & 0xff];
		p += 8;
	}
	while (p < end)
		c = c >> 8 ^ t->byte[0][(c ^ *p++) & 0xff];
	return ~c;
}
