/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps over 64-bit words: bit n is bit n % 64 of word n / 64.  Freestanding,
 * no state; the plain functions need the caller's lock, the bitmap_atomic_ ones
 * do not and order as full barriers.  Bits of the last word beyond the map's
 * length are ignored by every reader, whatever they hold.
 */
#ifndef ORRERY_LIB_BITMAP_H
#define ORRERY_LIB_BITMAP_H

#include "lib/types.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)
#define DECLARE_BITMAP(name, bits) u64 name[BITMAP_WORDS(bits)]

#define bit_mask(n) (1ULL << ((n) & 63))

/* No POPCNT: the instruction is not in the base architecture and libgcc is not linked. */
static inline unsigned popcount64(u64 v)
{
	v -= (v >> 1) & 0x5555555555555555ULL;
	v = (v & 0x3333333333333333ULL) + ((v >> 2) & 0x3333333333333333ULL);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return v * 0x0101010101010101ULL >> 56;
}

/* Number of the lowest / highest set bit.  @pre v != 0 */
static inline unsigned lowest_bit(u64 v)
{
	return __builtin_ctzll(v);
}

static inline unsigned highest_bit(u64 v)
{
	return 63 - __builtin_clzll(v);
}

static inline bool bitmap_test(const u64 *map, u64 bit)
{
	return READ_ONCE(map[bit / 64]) & bit_mask(bit);
}

static inline void bitmap_set(u64 *map, u64 bit)
{
	map[bit / 64] |= bit_mask(bit);
}

static inline void bitmap_clear(u64 *map, u64 bit)
{
	map[bit / 64] &= ~bit_mask(bit);
}

/* The old value of the bit. */
static inline bool bitmap_test_and_set(u64 *map, u64 bit)
{
	bool old = map[bit / 64] & bit_mask(bit);

	bitmap_set(map, bit);
	return old;
}

static inline bool bitmap_test_and_clear(u64 *map, u64 bit)
{
	bool old = map[bit / 64] & bit_mask(bit);

	bitmap_clear(map, bit);
	return old;
}

static inline void bitmap_atomic_set(u64 *map, u64 bit)
{
	__atomic_fetch_or(&map[bit / 64], bit_mask(bit), __ATOMIC_SEQ_CST);
}

static inline void bitmap_atomic_clear(u64 *map, u64 bit)
{
	__atomic_fetch_and(&map[bit / 64], ~bit_mask(bit), __ATOMIC_SEQ_CST);
}

static inline bool bitmap_atomic_test_and_set(u64 *map, u64 bit)
{
	u64 mask = bit_mask(bit);

	return __atomic_fetch_or(&map[bit / 64], mask, __ATOMIC_SEQ_CST) & mask;
}

static inline bool bitmap_atomic_test_and_clear(u64 *map, u64 bit)
{
	u64 mask = bit_mask(bit);

	return __atomic_fetch_and(&map[bit / 64], ~mask, __ATOMIC_SEQ_CST) & mask;
}

/* Mask of the valid bits in the last word of a map of @bits > 0. */
static inline u64 bitmap_last_mask(u64 bits)
{
	return ~0ULL >> (-bits & 63);
}

/* First bit >= @from whose value differs from @invert's (0: set bits, ~0: clear bits). */
static inline u64 bitmap_scan(const u64 *map, u64 bits, u64 from, u64 invert)
{
	u64 word, i = from / 64;

	if (from >= bits)
		return bits;
	word = (READ_ONCE(map[i]) ^ invert) & (~0ULL << (from & 63));
	while (!word) {
		if (++i >= BITMAP_WORDS(bits))
			return bits;
		word = READ_ONCE(map[i]) ^ invert;
	}
	from = i * 64 + lowest_bit(word);
	return MIN(from, bits);
}

/* First set (clear) bit at or after @from, @bits if there is none. */
static inline u64 bitmap_find_next(const u64 *map, u64 bits, u64 from)
{
	return bitmap_scan(map, bits, from, 0);
}

static inline u64 bitmap_find_next_zero(const u64 *map, u64 bits, u64 from)
{
	return bitmap_scan(map, bits, from, ~0ULL);
}

static inline u64 bitmap_first(const u64 *map, u64 bits)
{
	return bitmap_scan(map, bits, 0, 0);
}

#define bitmap_for_each(bit, map, bits)                                         \
	for ((bit) = bitmap_first(map, bits); (bit) < (bits);                   \
	     (bit) = bitmap_find_next(map, bits, (bit) + 1))

static inline void bitmap_zero(u64 *map, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		map[i] = 0;
}

/* Sets exactly @bits bits; the rest of the last word becomes zero. */
static inline void bitmap_fill(u64 *map, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		map[i] = ~0ULL;
	if (bits)
		map[BITMAP_WORDS(bits) - 1] = bitmap_last_mask(bits);
}

static inline void bitmap_copy(u64 *dst, const u64 *src, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		dst[i] = src[i];
}

static inline void bitmap_and(u64 *dst, const u64 *a, const u64 *b, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		dst[i] = a[i] & b[i];
}

static inline void bitmap_andnot(u64 *dst, const u64 *a, const u64 *b, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		dst[i] = a[i] & ~b[i];
}

static inline void bitmap_or(u64 *dst, const u64 *a, const u64 *b, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++)
		dst[i] = a[i] | b[i];
}

static inline bool bitmap_empty(const u64 *map, u64 bits)
{
	return bitmap_first(map, bits) == bits;
}

static inline bool bitmap_full(const u64 *map, u64 bits)
{
	return bitmap_find_next_zero(map, bits, 0) == bits;
}

/* Have @a and @b a set bit in common? */
static inline bool bitmap_intersects(const u64 *a, const u64 *b, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++) {
		u64 both = a[i] & b[i];

		if (i == BITMAP_WORDS(bits) - 1)
			both &= bitmap_last_mask(bits);
		if (both)
			return true;
	}
	return false;
}

static inline bool bitmap_equal(const u64 *a, const u64 *b, u64 bits)
{
	for (u64 i = 0; i < BITMAP_WORDS(bits); i++) {
		u64 differ = a[i] ^ b[i];

		if (i == BITMAP_WORDS(bits) - 1)
			differ &= bitmap_last_mask(bits);
		if (differ)
			return false;
	}
	return true;
}

/* Number of set bits. */
static inline u64 bitmap_weight(const u64 *map, u64 bits)
{
	u64 sum = 0;

	for (u64 i = 0; i < bits / 64; i++)
		sum += popcount64(map[i]);
	if (bits & 63)
		sum += popcount64(map[bits / 64] & bitmap_last_mask(bits));
	return sum;
}

#endif
