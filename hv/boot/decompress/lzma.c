/* SPDX-License-Identifier: MIT */
/*
 * LZMA symbols.  Nearly all of a kernel's decompression time is spent in
 * rc_bit(), so this file is written for few executed instructions:
 *
 * - The range is kept less 2^24, the limit below which it must be scaled up.
 *   Subtracting then says by its borrow whether to scale; no compare.
 * - The new probability after a bit is looked up instead of computed.
 * - The end of input is checked once per symbol (LZMA_IN_SLACK).
 *
 * Everything is inlined into lzma_decode() so that the coder stays in registers.
 */
#include "boot/decompress/lzma.h"

#define RC_TOP (1U << 24)
#define RC_INIT_BYTES 5
#define PROB_BITS 11
#define PROB_HALF (LZMA_PROB_VALUES / 2)
#define PROB_SHIFT 5

#define LEN_MIN 2
#define SLOT_MODEL_START 4 /* below: the slot is the distance */
#define SLOT_MODEL_END 14  /* from here: direct bits and the aligned four */
#define ALIGN_BITS 4
#define STATE_AFTER_LITERAL_END 7

struct range_coder {
	u32 range_less_top, code;
	const u8 *in;
};

static const u8 state_literal[LZMA_STATES] = { 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5 };

static ALWAYS_INLINE u32 state_after(u32 state, u32 after_literal, u32 after_match)
{
	return state < STATE_AFTER_LITERAL_END ? after_literal : after_match;
}

/* The factor 2^8 wipes out the 2^24 that the biased range lacks. */
static ALWAYS_INLINE void rc_scale(struct range_coder *rc)
{
	rc->range_less_top = (rc->range_less_top << 8) - RC_TOP;
	rc->code = rc->code << 8 | *rc->in++;
}

static ALWAYS_INLINE bool rc_bit(const struct lzma *lz, struct range_coder *rc, u16 *prob)
{
	size_t p = *prob;
	u32 bound = ((rc->range_less_top + RC_TOP) >> PROB_BITS) * (u32)p;

	if (rc->code < bound) {
		*prob = lz->after0[p];
		if (__builtin_sub_overflow(bound, RC_TOP, &rc->range_less_top))
			rc_scale(rc);
		return false;
	}
	rc->code -= bound;
	*prob = lz->after1[p];
	if (__builtin_sub_overflow(rc->range_less_top, bound, &rc->range_less_top))
		rc_scale(rc);
	return true;
}

/* One step down a bit tree whose root is index 1. */
static ALWAYS_INLINE size_t rc_step(const struct lzma *lz, struct range_coder *rc, u16 *tree,
				    size_t at)
{
	if (rc_bit(lz, rc, &tree[at]))
		return 2 * at + 1;
	return 2 * at;
}

/* @bits is constant, so the loop unrolls. */
static ALWAYS_INLINE u32 rc_tree(const struct lzma *lz, struct range_coder *rc, u16 *tree,
				 const int bits)
{
	size_t at = 1;

#pragma GCC unroll 8
	for (int i = 0; i < bits; i++)
		at = rc_step(lz, rc, tree, at);
	return at - (1UL << bits);
}

/* Lowest bit first; @bits varies. */
static ALWAYS_INLINE u32 rc_reverse(const struct lzma *lz, struct range_coder *rc, u16 *tree,
				    u32 bits)
{
	u32 value = 0;
	size_t at = 1;

	for (u32 weight = 1; weight < 1U << bits; weight <<= 1) {
		if (rc_bit(lz, rc, &tree[at])) {
			value |= weight;
			at = 2 * at + 1;
		} else {
			at = 2 * at;
		}
	}
	return value;
}

/* @bits at even odds, appended to @value. */
static ALWAYS_INLINE u32 rc_direct(struct range_coder *rc, u32 value, u32 bits)
{
	u32 range = rc->range_less_top + RC_TOP;

	do {
		range >>= 1;
		value <<= 1;
		if (rc->code >= range) {
			rc->code -= range;
			value++;
		}
		if (range < RC_TOP) {
			range <<= 8;
			rc->code = rc->code << 8 | *rc->in++;
		}
	} while (--bits);
	rc->range_less_top = range - RC_TOP;
	return value;
}

static ALWAYS_INLINE u8 literal_plain(const struct lzma *lz, struct range_coder *rc, u16 *probs)
{
	return rc_tree(lz, rc, probs, 8);
}

/*
 * A literal right after a match differs from the byte at the last distance,
 * mostly early on: that byte selects the probabilities until they differ.
 */
static ALWAYS_INLINE u8 literal_matched(const struct lzma *lz, struct range_coder *rc, u16 *probs,
					u32 match)
{
	size_t at = 1;

#pragma GCC unroll 8
	for (int bit = 7; bit >= 0; bit--) {
		if (match >> bit & 1) {
			at = rc_step(lz, rc, probs + 0x200, at);
			if (!(at & 1))
				break;
		} else {
			at = rc_step(lz, rc, probs + 0x100, at);
			if (at & 1)
				break;
		}
	}
	while (at < 0x100)
		at = rc_step(lz, rc, probs, at);
	return at;
}

static ALWAYS_INLINE u32 match_length(const struct lzma *lz, struct range_coder *rc,
				      struct lzma_len_coder *len, u32 pos_state)
{
	if (!rc_bit(lz, rc, &len->choice))
		return LEN_MIN + rc_tree(lz, rc, len->low[pos_state], 3);
	if (!rc_bit(lz, rc, &len->choice2))
		return LEN_MIN + 8 + rc_tree(lz, rc, len->mid[pos_state], 3);
	return LEN_MIN + 16 + rc_tree(lz, rc, len->high, 8);
}

/* The distance less one. */
static ALWAYS_INLINE u32 match_distance(struct lzma *lz, struct range_coder *rc, u32 length)
{
	u32 slot = rc_tree(lz, rc, lz->probs.slot[MIN(length - LEN_MIN, 3)], 6);
	u32 bits = (slot >> 1) - 1, base = 2 | (slot & 1);

	if (slot < SLOT_MODEL_START)
		return slot;
	if (slot < SLOT_MODEL_END) {
		base <<= bits;
		return base + rc_reverse(lz, rc, lz->probs.reverse + base - slot, bits);
	}
	base = rc_direct(rc, base, bits - ALIGN_BITS) << ALIGN_BITS;
	return base + rc_reverse(lz, rc, lz->probs.align, ALIGN_BITS);
}

/* Repeat one of the last distances: make it rep[0], keeping the others in order. */
static ALWAYS_INLINE void choose_rep(struct lzma *lz, struct range_coder *rc, u32 state)
{
	u32 chosen;

	if (!rc_bit(lz, rc, &lz->probs.is_rep1[state])) {
		chosen = lz->rep[1];
	} else {
		if (!rc_bit(lz, rc, &lz->probs.is_rep2[state])) {
			chosen = lz->rep[2];
		} else {
			chosen = lz->rep[3];
			lz->rep[3] = lz->rep[2];
		}
		lz->rep[2] = lz->rep[1];
	}
	lz->rep[1] = lz->rep[0];
	lz->rep[0] = chosen;
}

/* A match of either kind: returns its length, sets lz->state and lz->rep[0]. */
static ALWAYS_INLINE u32 match_symbol(struct lzma *lz, struct range_coder *rc, u32 pos_state)
{
	u32 state = lz->state, length;

	if (!rc_bit(lz, rc, &lz->probs.is_rep[state])) {
		lz->rep[3] = lz->rep[2];
		lz->rep[2] = lz->rep[1];
		lz->rep[1] = lz->rep[0];
		lz->state = state_after(state, 7, 10);
		length = match_length(lz, rc, &lz->probs.match_len, pos_state);
		lz->rep[0] = match_distance(lz, rc, length);
		return length;
	}
	if (rc_bit(lz, rc, &lz->probs.is_rep0[state])) {
		choose_rep(lz, rc, state);
	} else if (!rc_bit(lz, rc, &lz->probs.is_rep0_long[state][pos_state])) {
		lz->state = state_after(state, 9, 11);
		return 1;
	}
	lz->state = state_after(state, 8, 11);
	return match_length(lz, rc, &lz->probs.rep_len, pos_state);
}

static bool rc_start(struct range_coder *rc, const u8 *in, size_t in_len)
{
	if (in_len < RC_INIT_BYTES || in[0] != 0)
		return false;
	rc->range_less_top = UINT32_MAX - RC_TOP;
	rc->code = load_be(in + 1, 4);
	rc->in = in + RC_INIT_BYTES;
	return true;
}

int lzma_decode(struct lzma *lz, struct dec_io *io, const u8 *in, size_t in_len, size_t out_len,
		const u8 *dict)
{
	const u8 *in_end = in + in_len;
	u8 *out = io->out, *end = out + out_len;
	u32 before = out > dict ? out[-1] : 0; /* the byte before @out: a literal's context */
	struct range_coder rc;

	if (!rc_start(&rc, in, in_len))
		return -EINVAL;
	while (out < end) {
		u32 position = out - dict;
		u32 pos_state = position & lz->pos_mask;
		u32 length;

		if (unlikely(rc.in > in_end))
			return -EINVAL;
		if (!rc_bit(lz, &rc, &lz->probs.is_match[lz->state][pos_state])) {
			size_t context = ((position << 8) + before) & lz->literal_mask;
			u16 *probs = lz->probs.literal + 3 * (context << lz->lc);

			if (lz->state < STATE_AFTER_LITERAL_END)
				before = literal_plain(lz, &rc, probs);
			else
				before = literal_matched(lz, &rc, probs,
							 out[-(size_t)lz->rep[0] - 1]);
			lz->state = state_literal[lz->state];
			*out++ = before;
			continue;
		}
		length = match_symbol(lz, &rc, pos_state);
		if (unlikely(lz->rep[0] >= (size_t)(out - dict) || length > (size_t)(end - out)))
			return -EINVAL;
		out = copy_match(out, (size_t)lz->rep[0] + 1, length, io->out_end);
		before = out[-1];
	}
	io->out = out;
	return rc.in == in_end && rc.code == 0 ? 0 : -EINVAL;
}

void lzma_reset(struct lzma *lz)
{
	u16 *probs = (u16 *)&lz->probs;

	for (size_t i = 0; i < sizeof(lz->probs) / sizeof(u16); i++)
		probs[i] = PROB_HALF;
	lz->state = 0;
	memset(lz->rep, 0, sizeof(lz->rep));
}

int lzma_set_properties(struct lzma *lz, u8 byte)
{
	u32 lc = byte % 9, lp = byte / 9 % 5, pb = byte / 45;

	if (pb > 4 || lc + lp > LZMA_LCLP_MAX)
		return -EINVAL;
	lz->lc = lc;
	lz->literal_mask = (0x100U << lp) - (0x100U >> lc);
	lz->pos_mask = (1U << pb) - 1;
	return 0;
}

/* Only values from 31 to 2017 occur. */
void lzma_init(struct lzma *lz)
{
	for (u32 p = 0; p < LZMA_PROB_VALUES; p++) {
		lz->after0[p] = p + ((LZMA_PROB_VALUES - p) >> PROB_SHIFT);
		lz->after1[p] = p - (p >> PROB_SHIFT);
	}
}
