/* SPDX-License-Identifier: MIT */
/*
 * Huffman-coded literals of Zstandard (RFC 8878, section 4.2): the tree comes
 * as one weight a symbol, packed or FSE-coded, the last one implied; a symbol
 * of weight w has 2^(w-1) of the table's entries.
 */
#include "boot/decompress/zstd.h"

#define SYMBOLS_MAX 256
#define WEIGHT_LOG_MAX 6
#define WEIGHT_MAX ZSTD_HUFFMAN_BITS_MAX
#define DIRECT_FROM 128 /* header byte: this and above is 127 + the number of weights */

/* Two states take turns until the bits run out; then the other one's symbol is the last. */
static int unpack_weights(const struct fse_table *t, const u8 *in, const u8 *end, u8 *weights)
{
	struct back_bits b;
	u32 state[2];
	int n = 0;

	if (!back_bits_init(&b, in, end))
		return -EINVAL;
	state[0] = fse_start(t, &b);
	state[1] = fse_start(t, &b);
	for (int turn = 0;; turn ^= 1) {
		const struct fse_entry *e = &t->entry[state[turn]];

		back_bits_refill(&b);
		if (n > SYMBOLS_MAX - 3 || back_bits_overran(&b))
			return -EINVAL;
		weights[n++] = e->value;
		if (b.p == b.start && b.used + e->next_bits > 64) {
			weights[n++] = t->entry[state[turn ^ 1]].value;
			return n;
		}
		state[turn] = e->next + back_bits_take(&b, e->next_bits);
	}
}

static int read_packed_weights(struct fse_table *t, const u8 *in, const u8 *end, u8 *weights)
{
	struct fse_counts counts;
	int err = fse_read_counts(&counts, &in, end, WEIGHT_LOG_MAX, WEIGHT_MAX + 1);

	if (err)
		return err;
	fse_build(t, &counts, NULL);
	return unpack_weights(t, in, end, weights);
}

/* The number of weights (all but the implied one), or -EINVAL. */
static int read_weights(struct fse_table *t, const u8 **p, const u8 *end, u8 *weights)
{
	const u8 *in;
	u32 header, n, bytes;

	if (*p >= end)
		return -EINVAL;
	header = *(*p)++;
	n = header - (DIRECT_FROM - 1);
	bytes = header < DIRECT_FROM ? header : DIV_ROUND_UP(n, 2);
	if (bytes > (size_t)(end - *p))
		return -EINVAL;
	in = *p;
	*p += bytes;
	if (header < DIRECT_FROM)
		return read_packed_weights(t, in, in + bytes, weights);
	for (u32 i = 0; i < n; i++)
		weights[i] = i & 1 ? in[i / 2] & 15 : in[i / 2] >> 4;
	return n;
}

/* Add the implied weight, which fills the code space up to a power of two.  The table's bits. */
static int complete_weights(u8 *weights, int n)
{
	u32 sum = 0, left, bits;

	for (int i = 0; i < n; i++) {
		if (weights[i] > WEIGHT_MAX)
			return -EINVAL;
		sum += weights[i] ? 1U << (weights[i] - 1) : 0;
	}
	if (!sum)
		return -EINVAL;
	bits = 32 - __builtin_clz(sum);
	left = (1U << bits) - sum;
	if (bits > ZSTD_HUFFMAN_BITS_MAX || left & (left - 1))
		return -EINVAL;
	weights[n] = 32 - __builtin_clz(left);
	return bits;
}

int huffman_read(struct huffman *h, struct fse_table *t, const u8 **p, const u8 *end)
{
	u8 weights[SYMBOLS_MAX];
	u32 at = 0;
	int n = read_weights(t, p, end, weights);
	int bits = n < 0 ? n : complete_weights(weights, n);

	if (bits < 0)
		return bits;
	h->bits = bits;
	for (int weight = 1; weight <= bits; weight++)
		for (int s = 0; s <= n; s++) {
			if (weights[s] != weight)
				continue;
			for (u32 i = 0; i < 1U << (weight - 1); i++)
				h->table[at++] = (bits + 1 - weight) << 8 | s;
		}
	return 0;
}

static ALWAYS_INLINE u8 next_symbol(const struct huffman *h, struct back_bits *b, u32 bits)
{
	u16 entry = h->table[b->hold << (b->used & 63) >> (64 - bits)];

	b->used += entry >> 8;
	return entry;
}

int huffman_decode(const struct huffman *h, const u8 *in, const u8 *end, u8 *out, size_t out_len)
{
	struct back_bits b;
	u8 *out_end = out + out_len;
	u32 bits = h->bits;

	if (!back_bits_init(&b, in, end))
		return -EINVAL;
	/* Five symbols take at most 55 of the 57 bits that a refill leaves. */
	while (out_end - out >= 5) {
		back_bits_refill(&b);
#pragma GCC unroll 5
		for (int i = 0; i < 5; i++)
			*out++ = next_symbol(h, &b, bits);
	}
	back_bits_refill(&b);
	while (out < out_end)
		*out++ = next_symbol(h, &b, bits);
	back_bits_refill(&b);
	return back_bits_done(&b) ? 0 : -EINVAL;
}
