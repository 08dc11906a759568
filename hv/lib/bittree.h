/* SPDX-License-Identifier: MIT */
/*
 * A bitmap with summaries: level 0 holds the bits, a bit of level l + 1 says
 * that a word of level l is not zero, and the top level is one word.  Finding
 * the highest set bit, or the next one in either direction, costs a few
 * instructions a level (64 times the size = one level more), and so does a
 * change.  Needs the owner's lock.  The memory is the caller's: bittree_bytes()
 * of it, 8-byte aligned.
 */
#ifndef ORRERY_LIB_BITTREE_H
#define ORRERY_LIB_BITTREE_H

#include "lib/bitmap.h"

#define BITTREE_LEVELS 6 /* 64^6 bits: more than any machine has frames */
#define BITTREE_NONE (~0ULL)

struct bittree {
	u64 *level[BITTREE_LEVELS];
	unsigned top; /* index of the level that is one word */
	u64 bits;
};

static inline size_t bittree_bytes(u64 bits)
{
	size_t words = 0;

	do {
		bits = MAX(BITMAP_WORDS(bits), 1ULL);
		words += bits;
	} while (bits > 1);
	return words * sizeof(u64);
}

/* All bits clear.  Returns the first byte after the memory used. */
static inline void *bittree_init(struct bittree *t, void *memory, u64 bits)
{
	u64 *words = memory, n = bits;

	t->bits = bits;
	for (t->top = 0;; t->top++) {
		n = MAX(BITMAP_WORDS(n), 1ULL);
		t->level[t->top] = words;
		words += n;
		if (n == 1)
			break;
	}
	bitmap_zero(memory, (words - (u64 *)memory) * 64);
	return words;
}

static inline bool bittree_test(const struct bittree *t, u64 bit)
{
	return t->level[0][bit / 64] & bit_mask(bit);
}

static inline void bittree_set(struct bittree *t, u64 bit)
{
	for (unsigned l = 0; l <= t->top; l++) {
		u64 *word = &t->level[l][bit / 64], old = *word;

		*word = old | bit_mask(bit);
		if (old)
			break;
		bit /= 64;
	}
}

static inline void bittree_clear(struct bittree *t, u64 bit)
{
	for (unsigned l = 0; l <= t->top; l++) {
		u64 *word = &t->level[l][bit / 64];

		*word &= ~bit_mask(bit);
		if (*word)
			break;
		bit /= 64;
	}
}

static inline bool bittree_empty(const struct bittree *t)
{
	return !t->level[t->top][0];
}

/* From a non-zero word of level @l, the highest (lowest) bit of the tree below it. */
static inline u64 bittree_descend_high(const struct bittree *t, unsigned l, u64 index)
{
	for (;; l--) {
		index = index * 64 + highest_bit(t->level[l][index]);
		if (!l)
			return index;
	}
}

static inline u64 bittree_descend_low(const struct bittree *t, unsigned l, u64 index)
{
	for (;; l--) {
		index = index * 64 + lowest_bit(t->level[l][index]);
		if (!l)
			return index;
	}
}

/* Highest set bit.  @pre not empty */
static inline u64 bittree_last(const struct bittree *t)
{
	return bittree_descend_high(t, t->top, 0);
}

/* Highest set bit below @end, BITTREE_NONE if there is none. */
static inline u64 bittree_prev(const struct bittree *t, u64 end)
{
	u64 at = MIN(end, t->bits);

	for (unsigned l = 0; at && l <= t->top; l++) {
		u64 index = (at - 1) / 64;
		u64 word = t->level[l][index] & (~0ULL >> (-at & 63)); /* bits below @at */

		if (word) {
			index = index * 64 + highest_bit(word);
			return l ? bittree_descend_high(t, l - 1, index) : index;
		}
		at = index;
	}
	return BITTREE_NONE;
}

/* Lowest set bit at or above @from, BITTREE_NONE if there is none. */
static inline u64 bittree_next(const struct bittree *t, u64 from)
{
	u64 bits = t->bits;

	for (unsigned l = 0; l <= t->top && from < bits; l++) {
		u64 index = from / 64;
		u64 word = t->level[l][index] & (~0ULL << (from & 63));

		if (word) {
			index = index * 64 + lowest_bit(word);
			return l ? bittree_descend_low(t, l - 1, index) : index;
		}
		bits = BITMAP_WORDS(bits);
		from = index + 1;
	}
	return BITTREE_NONE;
}

/* Do the summaries agree with the bits? */
static inline bool bittree_sound(const struct bittree *t)
{
	u64 n = t->bits;

	if ((n & 63) && (t->level[0][n / 64] & ~bitmap_last_mask(n)))
		return false;
	for (unsigned l = 0; l < t->top; l++) {
		n = BITMAP_WORDS(n);
		for (u64 i = 0; i < n; i++)
			if (bitmap_test(t->level[l + 1], i) != (t->level[l][i] != 0))
				return false;
	}
	return true;
}

#endif
