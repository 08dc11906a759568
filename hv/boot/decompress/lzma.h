/* SPDX-License-Identifier: MIT */
/*
 * The LZMA symbol decoder: one run of symbols from a range-coded piece of
 * input.  lzma2.c owns the chunk structure, resets and dictionary; this part
 * owns the probabilities, the state machine and the four last distances.
 * Internal to hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_LZMA_H
#define ORRERY_BOOT_DECOMPRESS_LZMA_H

#include "boot/decompress/common.h"

#define LZMA_STATES 12
#define LZMA_POS_STATES 16
#define LZMA_PROB_VALUES 2048
#define LZMA_LITERAL_CODER 0x300
#define LZMA_LCLP_MAX 4 /* LZMA2's limit on lc + lp */

/*
 * Bytes that must be readable past the end of the compressed data.  The end is
 * checked once per symbol, and a symbol takes at most 22 bits at no less than
 * 31/2048 and 26 direct bits: under 21 bytes.
 */
#define LZMA_IN_SLACK 24

/* Bit-tree probabilities, indexed from 1, hence one unused entry each. */
struct lzma_len_coder {
	u16 choice, choice2;
	u16 low[LZMA_POS_STATES][8], mid[LZMA_POS_STATES][8], high[256];
};

struct lzma_probs {
	u16 is_match[LZMA_STATES][LZMA_POS_STATES];
	u16 is_rep[LZMA_STATES], is_rep0[LZMA_STATES];
	u16 is_rep1[LZMA_STATES], is_rep2[LZMA_STATES];
	u16 is_rep0_long[LZMA_STATES][LZMA_POS_STATES];
	u16 slot[4][64], reverse[128], align[16];
	struct lzma_len_coder match_len, rep_len;
	u16 literal[LZMA_LITERAL_CODER << LZMA_LCLP_MAX];
};

struct lzma {
	/* A probability after a 0 and after a 1 bit: a load is cheaper than the sum. */
	u16 after0[LZMA_PROB_VALUES], after1[LZMA_PROB_VALUES];
	struct lzma_probs probs;
	u32 state, rep[4];
	u32 lc, literal_mask, pos_mask;
};

/* Once per scratch area. */
void lzma_init(struct lzma *lz);

/* The properties byte (lc, lp, pb), within LZMA2's limits; -EINVAL beyond them. */
int lzma_set_properties(struct lzma *lz, u8 byte);

void lzma_reset(struct lzma *lz);

/*
 * Decode exactly @out_len bytes to io->out from exactly @in_len bytes at @in,
 * which are followed by LZMA_IN_SLACK readable ones.  Matches reach back to
 * @dict at most.  Advances io->out (not io->in).  The caller has checked that
 * @out_len fits.  0 or -EINVAL.
 */
int lzma_decode(struct lzma *lz, struct dec_io *io, const u8 *in, size_t in_len, size_t out_len,
		const u8 *dict);

#endif
