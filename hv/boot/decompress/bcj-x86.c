/* SPDX-License-Identifier: MIT */
/*
 * The x86 branch filter, decoding.  An opcode byte counts as a branch if its
 * operand's top byte is 0x00 or 0xff (a target within 16 MB) and no more than
 * one of the three bytes before was an opcode that did not.  One that was, at
 * distance d, is suspected to own part of our operand: then the operand byte
 * that would be its top byte must not look like a top byte, before or after
 * the conversion (else the encoder, which sees the other side, would have
 * judged differently; the low bits are inverted to get out of the way).
 * Opcodes are found eight bytes at a time.
 */
#include "boot/decompress/bcj-x86.h"

#define BRANCH 5 /* bytes of a CALL or JMP */
#define EACH_BYTE(b) (0x0101010101010101ULL * (b))

/* The next 0xe8 or 0xe9 at or after @at, or @end if none comes before that. */
static ALWAYS_INLINE size_t find_opcode(const u8 *buf, size_t at, size_t end)
{
	/* @end is four bytes before the end of the buffer. */
	for (; at + 4 <= end; at += 8) {
		u64 diff = (load_le64(buf + at) & EACH_BYTE(0xfe)) ^ EACH_BYTE(0xe8);
		u64 zero = (diff - EACH_BYTE(1)) & ~diff & EACH_BYTE(0x80);

		if (zero)
			return MIN(at + __builtin_ctzll(zero) / 8, end);
	}
	while (at < end && (buf[at] & 0xfe) != 0xe8)
		at++;
	return MIN(at, end);
}

static ALWAYS_INLINE bool is_top_byte(u8 b)
{
	return (u8)(b + 1) <= 1;
}

/* @suspect is the distance of the one unconverted opcode before, 0 if none. */
static ALWAYS_INLINE void convert(u8 *operand, u32 next_address, u32 suspect)
{
	u32 target = load_le32(operand) - next_address;

	if (suspect && is_top_byte(target >> (24 - 8 * suspect)))
		target = (target ^ ((1U << (32 - 8 * suspect)) - 1)) - next_address;
	target = (target & 0x1ffffff) | -(target & 0x1000000);
	memcpy(operand, &target, sizeof(target));
}

void bcj_x86_decode(u8 *buf, size_t len, u32 start)
{
	static const u8 suspect_of[8] = { 0, 1, 2, 0, 3, 0, 0, 0 };
	size_t end = len >= BRANCH ? len - BRANCH + 1 : 0;
	size_t at = 0, last = 0;
	u32 pending = 0; /* bit k: an unconverted opcode k bytes before @last, and so on */

	while ((at = find_opcode(buf, at, end)) < end) {
		u32 suspect;

		pending = at - last < 4 ? pending << (at - last) & 7 << 1 : 0;
		suspect = suspect_of[pending >> 1];
		last = at;
		if (!is_top_byte(buf[at + 4]) || (pending && !suspect) ||
		    (suspect && is_top_byte(buf[at + 4 - suspect]))) {
			pending |= 1;
			at++;
			continue;
		}
		convert(buf + at + 1, start + (u32)at + BRANCH, suspect);
		pending = 0;
		at += BRANCH;
	}
}
