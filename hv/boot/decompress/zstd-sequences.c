/* SPDX-License-Identifier: MIT */
/*
 * Sequences of Zstandard (RFC 8878, sections 3.1.1.3.2 and 4.1): each copies
 * some literals and then a match.  Lengths and offsets come from three FSE
 * states and extra bits in one backward stream.
 */
#include "boot/decompress/zstd.h"

#define LL_SYMBOLS 36
#define ML_SYMBOLS 53
#define OF_SYMBOLS 32
#define LL_LOG_MAX 9
#define ML_LOG_MAX 9
#define OF_LOG_MAX 8
#define LONG_SEQUENCES 0x7f00

enum table_mode { MODE_PREDEFINED, MODE_SINGLE, MODE_DESCRIBED, MODE_REPEAT };

static const u32 ll_base[LL_SYMBOLS] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,   10,  11,  12,   13,   14,   15,   16,    18,
	20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
};
static const u8 ll_extra[LL_SYMBOLS] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  1,  1,
	1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};
static const u32 ml_base[ML_SYMBOLS] = {
	3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,  14,  15,  16,   17,   18,   19,   20,
	21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,  32,  33,  34,   35,   37,   39,   41,
	43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
};
static const u8 ml_extra[ML_SYMBOLS] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  1,  1,  1,  1,
	2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
};
static const u32 of_base[OF_SYMBOLS] = {
	1U << 0,  1U << 1,  1U << 2,  1U << 3,  1U << 4,  1U << 5,  1U << 6,  1U << 7,
	1U << 8,  1U << 9,  1U << 10, 1U << 11, 1U << 12, 1U << 13, 1U << 14, 1U << 15,
	1U << 16, 1U << 17, 1U << 18, 1U << 19, 1U << 20, 1U << 21, 1U << 22, 1U << 23,
	1U << 24, 1U << 25, 1U << 26, 1U << 27, 1U << 28, 1U << 29, 1U << 30, 1U << 31,
};
static const u8 of_extra[OF_SYMBOLS] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

/* What one of the three tables may be. */
static const struct table_kind {
	struct fse_meaning meaning;
	u32 log_max, symbols;
	struct fse_counts predefined;
} literal_length_kind = {
	{ ll_base, ll_extra }, LL_LOG_MAX, LL_SYMBOLS,
	{ 6, LL_SYMBOLS, { 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1,  1,  2,  2,
			   2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1 } },
}, match_length_kind = {
	{ ml_base, ml_extra }, ML_LOG_MAX, ML_SYMBOLS,
	{ 6, ML_SYMBOLS, { 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1,  1,  1,  1,  1,  1,  1, 1,
			   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1,
			   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1 } },
}, offset_kind = {
	{ of_base, of_extra }, OF_LOG_MAX, OF_SYMBOLS,
	{ 5, 29, { 1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
		   1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1 } },
};

struct sequence {
	size_t literals, match, offset;
};

struct sequence_states {
	u32 literals, match, offset;
};

static int read_table(struct fse_table *t, const struct table_kind *kind, enum table_mode mode,
		      bool has_earlier, const u8 **p, const u8 *end)
{
	struct fse_counts counts;
	int err;

	switch (mode) {
	case MODE_PREDEFINED:
		fse_build(t, &kind->predefined, &kind->meaning);
		return 0;
	case MODE_SINGLE:
		if (*p >= end || **p >= kind->symbols)
			return -EINVAL;
		fse_build_single(t, *(*p)++, &kind->meaning);
		return 0;
	case MODE_DESCRIBED:
		err = fse_read_counts(&counts, p, end, kind->log_max, kind->symbols);
		if (!err)
			fse_build(t, &counts, &kind->meaning);
		return err;
	case MODE_REPEAT:
		return has_earlier ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int read_tables(struct zstd *z, const u8 **p, const u8 *end)
{
	bool again = z->has_tables;
	u8 modes;
	int err;

	if (*p >= end)
		return -EINVAL;
	modes = *(*p)++;
	if (modes & 3)
		return -EINVAL;
	err = read_table(&z->literal_lengths, &literal_length_kind, modes >> 6, again, p,
			 end);
	if (!err)
		err = read_table(&z->match_offsets, &offset_kind, modes >> 4 & 3, again, p,
				 end);
	if (!err)
		err = read_table(&z->match_lengths, &match_length_kind, modes >> 2 & 3, again, p,
				 end);
	z->has_tables = !err;
	return err;
}

static int read_number(const u8 **p, const u8 *end, u32 *number)
{
	const u8 *in = *p;
	size_t left = end - in;

	if (!left)
		return -EINVAL;
	if (in[0] < 128) {
		*number = in[0];
		*p += 1;
	} else if (in[0] < 255 && left >= 2) {
		*number = (in[0] - 128) << 8 | in[1];
		*p += 2;
	} else if (left >= 3) {
		*number = load_le16(in + 1) + LONG_SEQUENCES;
		*p += 3;
	} else {
		return -EINVAL;
	}
	return 0;
}

/*
 * Values above 3 are offsets plus 3; 1 to 3 mean one of the last three, shifted
 * by one if no literals come between, the fourth then being the first less one.
 * An offset of 0 (corrupt) is left to the caller.
 */
static ALWAYS_INLINE u32 resolve_offset(u32 offsets[3], u32 value, bool no_literals)
{
	u32 offset, which = value - 1 + no_literals;

	if (value > 3) {
		offset = value - 3;
		which = 2;
	} else if (which == 0) {
		return offsets[0];
	} else {
		offset = which == 3 ? offsets[0] - 1 : offsets[which];
	}
	if (which != 1)
		offsets[2] = offsets[1];
	offsets[1] = offsets[0];
	offsets[0] = offset;
	return offset;
}

/* Bits a refill must give: offset up to 31, match 16; then literals 16, states 26. */
static ALWAYS_INLINE struct sequence next_sequence(struct zstd *z, struct back_bits *b,
						   struct sequence_states *s, bool last)
{
	const struct fse_entry *ll = &z->literal_lengths.entry[s->literals];
	const struct fse_entry *ml = &z->match_lengths.entry[s->match];
	const struct fse_entry *of = &z->match_offsets.entry[s->offset];
	struct sequence seq;
	u32 offset;

	back_bits_refill(b);
	offset = of->value + back_bits_take(b, of->extra);
	seq.match = ml->value + back_bits_take(b, ml->extra);
	back_bits_refill(b);
	seq.literals = ll->value + back_bits_take(b, ll->extra);
	if (!last) {
		s->literals = ll->next + back_bits_take(b, ll->next_bits);
		s->match = ml->next + back_bits_take(b, ml->next_bits);
		s->offset = of->next + back_bits_take(b, of->next_bits);
	}
	seq.offset = resolve_offset(z->offsets, offset, !seq.literals);
	return seq;
}

static ALWAYS_INLINE int execute(struct zstd *z, const struct sequence *seq, const u8 **literals)
{
	struct dec_io *io = &z->io;

	if (unlikely(seq->literals > (size_t)(z->literals_end - *literals)))
		return -EINVAL;
	if (unlikely(seq->literals + seq->match > dec_out_left(io)))
		return -ENOSPC;
	io->out = copy_literals(io->out, *literals, seq->literals, io->out_end);
	*literals += seq->literals;
	if (unlikely(seq->offset - 1 >= (size_t)(io->out - z->frame)))
		return -EINVAL;
	io->out = copy_match(io->out, seq->offset, seq->match, io->out_end);
	return 0;
}

static int decode_sequences(struct zstd *z, const u8 *in, const u8 *end, u32 number,
			    const u8 **literals)
{
	struct back_bits b;
	struct sequence_states s;

	if (!back_bits_init(&b, in, end))
		return -EINVAL;
	s.literals = fse_start(&z->literal_lengths, &b);
	s.offset = fse_start(&z->match_offsets, &b);
	s.match = fse_start(&z->match_lengths, &b);
	while (number--) {
		struct sequence seq = next_sequence(z, &b, &s, !number);
		int err = execute(z, &seq, literals);

		if (unlikely(err))
			return back_bits_overran(&b) ? -EINVAL : err;
	}
	back_bits_refill(&b);
	return back_bits_done(&b) ? 0 : -EINVAL;
}

int zstd_sequences(struct zstd *z, const u8 *in, const u8 *end)
{
	const u8 *literals = z->literals;
	size_t rest;
	u32 number;
	int err = read_number(&in, end, &number);

	if (err)
		return err;
	if (number) {
		err = read_tables(z, &in, end);
		if (!err)
			err = decode_sequences(z, in, end, number, &literals);
	} else if (in != end) {
		err = -EINVAL;
	}
	if (err)
		return err;
	rest = z->literals_end - literals;
	if (rest > dec_out_left(&z->io))
		return -ENOSPC;
	memcpy(z->io.out, literals, rest);
	z->io.out += rest;
	return 0;
}
