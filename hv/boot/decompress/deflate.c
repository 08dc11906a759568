/* SPDX-License-Identifier: MIT */
/*
 * DEFLATE.  Bits come from a 64-bit hold that is refilled to at least 56 bits,
 * more than the 48 a match can take.  Past the end of input the hold is padded
 * with zero bits, counted: whether the stream ran into them, and so was cut
 * off, is looked at when the hold runs low and at the end, not at every read.
 */
#include "boot/decompress/deflate.h"

#define SYMBOL_BITS_MAX 48 /* 15 + 5 for the length, 15 + 13 for the distance */
#define END_OF_BLOCK 256
#define LENGTH_FIRST 257
#define LENGTH_CODES 29
#define DISTANCE_CODES 30
#define LITERALS_FIXED 288
#define DISTANCES_FIXED 32
#define LENGTH_ORDER 19

struct bit_reader {
	u64 hold;
	u32 held, padding; /* bits; the padding is the last of what is held */
	const u8 *in, *end;
};

static const u16 length_base[LENGTH_CODES] = {
	3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
	31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
};
static const u8 length_extra[LENGTH_CODES] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};
static const u16 distance_base[DISTANCE_CODES] = {
	1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
	193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
};
static const u8 distance_extra[DISTANCE_CODES] = {
	0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
	6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
};

static ALWAYS_INLINE bool overran(const struct bit_reader *b)
{
	return b->padding > b->held;
}

static void refill_slowly(struct bit_reader *b)
{
	while (b->held <= 56) {
		if (b->in < b->end)
			b->hold |= (u64)*b->in++ << b->held;
		else
			b->padding += 8;
		b->held += 8;
	}
}

static ALWAYS_INLINE void refill(struct bit_reader *b)
{
	if (unlikely(b->end - b->in < 8)) {
		refill_slowly(b);
		return;
	}
	b->hold |= load_le64(b->in) << b->held;
	b->in += (63 - b->held) / 8;
	b->held |= 56;
}

static ALWAYS_INLINE u32 take(struct bit_reader *b, u32 bits)
{
	u32 value = b->hold & ((1UL << bits) - 1);

	b->hold >>= bits;
	b->held -= bits;
	return value;
}

static u32 take_refilled(struct bit_reader *b, u32 bits)
{
	refill(b);
	return take(b, bits);
}

/* By canonical order: bit by bit, among the codes of each length.  -1 if it is no code. */
static int long_symbol(const struct deflate_code *c, struct bit_reader *b)
{
	u32 code = 0, first = 0, index = 0;

	for (u32 bits = 1; bits <= DEFLATE_CODE_BITS_MAX; bits++) {
		code |= b->hold >> (bits - 1) & 1;
		if (code < first + c->count[bits]) {
			take(b, bits);
			return c->by_code[index + code - first];
		}
		index += c->count[bits];
		first = (first + c->count[bits]) << 1;
		code <<= 1;
	}
	return -1;
}

static ALWAYS_INLINE int symbol(const struct deflate_code *c, struct bit_reader *b)
{
	u32 entry = c->table[b->hold & ((1U << DEFLATE_TABLE_BITS) - 1)];

	if (unlikely(!entry))
		return long_symbol(c, b);
	take(b, entry & 15);
	return entry >> 4;
}

static u32 reverse_bits(u32 v, u32 bits)
{
	u32 r = 0;

	while (bits--) {
		r = r << 1 | (v & 1);
		v >>= 1;
	}
	return r;
}

/*
 * Fill by_code and count.  Returns the code space left over, negative if too
 * much is used; the number of codes is in the last of @offset.
 */
static int sort_symbols(struct deflate_code *c, const u8 *lengths, u32 symbols, u16 *offset)
{
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	for (u32 s = 0; s < symbols; s++)
		c->count[lengths[s]]++;
	c->count[0] = 0;
	offset[1] = 0;
	for (u32 bits = 1; bits <= DEFLATE_CODE_BITS_MAX; bits++) {
		left = 2 * left - c->count[bits];
		if (left < 0)
			return left;
		if (bits < DEFLATE_CODE_BITS_MAX)
			offset[bits + 1] = offset[bits] + c->count[bits];
	}
	for (u32 s = 0; s < symbols; s++)
		if (lengths[s])
			c->by_code[offset[lengths[s]]++] = s;
	return left;
}

/*
 * An incomplete code is corrupt, but for a single code of one bit and for
 * none at all (@may_be_empty): a block may have one distance or no match.
 */
static int build_code(struct deflate_code *c, const u8 *lengths, u32 symbols, bool may_be_empty)
{
	u16 offset[DEFLATE_CODE_BITS_MAX + 1];
	int left = sort_symbols(c, lengths, symbols, offset);
	u32 codes = offset[DEFLATE_CODE_BITS_MAX], code = 0, index = 0;

	if (left < 0)
		return -EINVAL;
	if (left && !(may_be_empty && codes <= 1 && codes == c->count[1]))
		return -EINVAL;
	memset(c->table, 0, sizeof(c->table));
	for (u32 bits = 1; bits <= DEFLATE_TABLE_BITS; bits++, code <<= 1)
		for (u32 i = 0; i < c->count[bits]; i++, code++) {
			u16 entry = c->by_code[index++] << 4 | bits;

			for (u32 at = reverse_bits(code, bits); at < 1U << DEFLATE_TABLE_BITS;
			     at += 1U << bits)
				c->table[at] = entry;
		}
	return 0;
}

static int use_fixed_codes(struct deflate *d)
{
	u8 lengths[LITERALS_FIXED];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	build_code(&d->literal, lengths, LITERALS_FIXED, false);
	memset(lengths, 5, DISTANCES_FIXED);
	return build_code(&d->distance, lengths, DISTANCES_FIXED, false);
}

/* The code lengths of both codes in one run, themselves compressed. */
static int read_lengths(const struct deflate_code *c, struct bit_reader *b, u8 *lengths, u32 n)
{
	u32 at = 0;

	while (at < n) {
		u32 repeat = 1;
		u8 value = 0;
		int s;

		refill(b);
		s = symbol(c, b);
		if (s < 0 || overran(b))
			return -EINVAL;
		if (s < 16) {
			value = s;
		} else if (s == 16) {
			if (!at)
				return -EINVAL;
			value = lengths[at - 1];
			repeat = 3 + take(b, 2);
		} else {
			repeat = s == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
		}
		if (repeat > n - at)
			return -EINVAL;
		memset(lengths + at, value, repeat);
		at += repeat;
	}
	return 0;
}

static int read_dynamic_codes(struct deflate *d, struct bit_reader *b)
{
	static const u8 order[LENGTH_ORDER] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
						11, 4,  12, 3, 13, 2, 14, 1, 15 };
	u8 lengths[DEFLATE_SYMBOLS_MAX + DISTANCES_FIXED] = { 0 };
	u32 literals = 257 + take_refilled(b, 5);
	u32 distances = 1 + take(b, 5), given = 4 + take(b, 4);
	int err;

	if (literals > END_OF_BLOCK + 1 + LENGTH_CODES || distances > DISTANCE_CODES)
		return -EINVAL;
	for (u32 i = 0; i < given; i++)
		lengths[order[i]] = take_refilled(b, 3);
	err = build_code(&d->literal, lengths, LENGTH_ORDER, false);
	if (err)
		return err;
	memset(lengths, 0, LENGTH_ORDER);
	err = read_lengths(&d->literal, b, lengths, literals + distances);
	if (err)
		return err;
	if (!lengths[END_OF_BLOCK])
		return -EINVAL;
	err = build_code(&d->distance, lengths + literals, distances, true);
	return err ? err : build_code(&d->literal, lengths, literals, true);
}

/* The match that literal/length symbol @s begins; returns the new output position or NULL. */
static ALWAYS_INLINE u8 *match(const struct deflate *d, struct bit_reader *b, u32 s, u8 *out,
			       const struct dec_io *io, const u8 *window, int *err)
{
	size_t length, distance;
	int ds;

	*err = -EINVAL;
	s -= LENGTH_FIRST;
	if (unlikely(s >= LENGTH_CODES))
		return NULL;
	length = length_base[s] + take(b, length_extra[s]);
	ds = symbol(&d->distance, b);
	if (unlikely((u32)ds >= DISTANCE_CODES))
		return NULL;
	distance = distance_base[ds] + take(b, distance_extra[ds]);
	if (unlikely(distance > (size_t)(out - window)))
		return NULL;
	*err = -ENOSPC;
	if (unlikely(length > (size_t)(io->out_end - out)))
		return NULL;
	return copy_match(out, distance, length, io->out_end);
}

static int decode_symbols(const struct deflate *d, struct bit_reader *bits, struct dec_io *io,
			  const u8 *window)
{
	struct bit_reader b = *bits;
	u8 *out = io->out;
	int err = 0;

	for (;;) {
		int s;

		if (b.held < SYMBOL_BITS_MAX) {
			if (unlikely(overran(&b)))
				break;
			refill(&b);
		}
		s = symbol(&d->literal, &b);
		if (likely(s < END_OF_BLOCK)) {
			err = s < 0 ? -EINVAL : out == io->out_end ? -ENOSPC : 0;
			if (unlikely(err))
				break;
			*out++ = s;
		} else if (s == END_OF_BLOCK) {
			break;
		} else {
			u8 *next = match(d, &b, s, out, io, window, &err);

			if (unlikely(!next))
				break;
			out = next;
			err = 0;
		}
	}
	io->out = out;
	*bits = b;
	return err;
}

/* Stored bytes begin at the next byte boundary: return what is held (not overrun). */
static void to_byte_boundary(struct bit_reader *b)
{
	b->in -= (b->held - b->padding) / 8;
	b->hold = b->held = b->padding = 0;
}

static int decode_stored(struct bit_reader *b, struct dec_io *io)
{
	u32 len;

	if (overran(b))
		return -ENODATA;
	to_byte_boundary(b);
	if (b->end - b->in < 4)
		return -ENODATA;
	len = load_le16(b->in);
	if ((len ^ 0xffff) != load_le16(b->in + 2))
		return -EINVAL;
	b->in += 4;
	if (b->end - b->in < len)
		return -ENODATA;
	if (dec_out_left(io) < len)
		return -ENOSPC;
	memcpy(io->out, b->in, len);
	b->in += len;
	io->out += len;
	return 0;
}

static int decode_block(struct deflate *d, struct bit_reader *b, struct dec_io *io,
			const u8 *window, u32 type)
{
	int err;

	switch (type) {
	case 0:
		return decode_stored(b, io);
	case 1:
		err = use_fixed_codes(d);
		break;
	case 2:
		err = read_dynamic_codes(d, b);
		break;
	default:
		return -EINVAL;
	}
	return err ? err : decode_symbols(d, b, io, window);
}

int deflate_decode(struct deflate *d, struct dec_io *io)
{
	struct bit_reader b = { .in = io->in, .end = io->in_end };
	const u8 *window = io->out;
	bool last = false;
	int err = 0;

	while (!err && !last && !overran(&b)) {
		last = take_refilled(&b, 1);
		err = decode_block(d, &b, io, window, take(&b, 2));
	}
	/* Zero padding decodes to anything, so a cut-off stream may look corrupt. */
	if (overran(&b))
		return -ENODATA;
	to_byte_boundary(&b);
	io->in = b.in;
	return err;
}
