/* SPDX-License-Identifier: MIT */
/*
 * The parts of the Zstandard decoder (RFC 8878): the backward bit reader, FSE
 * tables (zstd-fse.c), Huffman-coded literals (zstd-huffman.c), the sequences
 * that build the output (zstd-sequences.c).  zstd.c owns frames and blocks and
 * calls the rest.  Internal to hv/boot/decompress.
 */
#ifndef ORRERY_BOOT_DECOMPRESS_ZSTD_H
#define ORRERY_BOOT_DECOMPRESS_ZSTD_H

#include "boot/decompress/common.h"

#define ZSTD_BLOCK_MAX (128UL * 1024)
#define ZSTD_HUFFMAN_BITS_MAX 11
#define ZSTD_FSE_BITS_MAX 9
#define ZSTD_FSE_SYMBOLS_MAX 53

/*
 * A bit stream read from its end, highest bit first.  @hold is the eight bytes
 * at @p, of which the @used highest are taken; those that a shorter stream lacks
 * count as taken.  Reading too far yields garbage and shows afterwards.
 */
struct back_bits {
	u64 hold;
	u32 used;
	const u8 *start, *p;
};

/* False if the stream is empty or lacks the final bit that marks its length. */
bool back_bits_init(struct back_bits *b, const u8 *start, const u8 *end);

/* At least 57 bits to read, or all that are left. */
static ALWAYS_INLINE void back_bits_refill(struct back_bits *b)
{
	size_t bytes = b->used / 8;

	if (unlikely((size_t)(b->p - b->start) < bytes))
		bytes = b->p - b->start;
	if (!bytes)
		return;
	b->p -= bytes;
	b->used -= 8 * bytes;
	b->hold = load_le64(b->p);
}

/* The next @bits (0 to 32) without taking them. */
static ALWAYS_INLINE u64 back_bits_peek(const struct back_bits *b, u32 bits)
{
	return b->hold << (b->used & 63) >> 1 >> (63 - bits);
}

static ALWAYS_INLINE u32 back_bits_take(struct back_bits *b, u32 bits)
{
	u32 value = back_bits_peek(b, bits);

	b->used += bits;
	return value;
}

/* Bits beyond the start of the stream were taken; after a refill. */
static ALWAYS_INLINE bool back_bits_overran(const struct back_bits *b)
{
	return b->used > 64;
}

/* Exactly all bits were taken; after a refill. */
static ALWAYS_INLINE bool back_bits_done(const struct back_bits *b)
{
	return b->used == 64 && b->p == b->start;
}

/* A state: what it stands for (@value plus @extra bits) and how to get to the next. */
struct fse_entry {
	u32 value;
	u16 next;
	u8 next_bits, extra;
};

struct fse_table {
	u32 log; /* states: 1 << log */
	struct fse_entry entry[1 << ZSTD_FSE_BITS_MAX];
};

/* What symbols mean: value and extra bits; without, the value is the symbol. */
struct fse_meaning {
	const u32 *base;
	const u8 *extra;
};

struct fse_counts {
	u32 log, symbols;
	s16 count[ZSTD_FSE_SYMBOLS_MAX]; /* -1: less than one */
};

/*
 * Read a table description of at most @log_max and @symbols_max from *@p,
 * which moves past it.  0 or -EINVAL.
 */
int fse_read_counts(struct fse_counts *counts, const u8 **p, const u8 *end, u32 log_max,
		    u32 symbols_max);

/* @counts sum up to 1 << log, as fse_read_counts() leaves them. */
void fse_build(struct fse_table *t, const struct fse_counts *counts,
	       const struct fse_meaning *meaning);

/* The table of one symbol that takes no bits. */
void fse_build_single(struct fse_table *t, u32 symbol, const struct fse_meaning *meaning);

static ALWAYS_INLINE u32 fse_start(const struct fse_table *t, struct back_bits *b)
{
	return back_bits_take(b, t->log);
}

/* Low byte the symbol, high byte its bits. */
struct huffman {
	u32 bits; /* 0: no table yet */
	u16 table[1 << ZSTD_HUFFMAN_BITS_MAX];
};

struct zstd {
	struct dec_io io;
	const u8 *frame; /* where the output of this frame begins */
	u8 *literals_end;
	u32 offsets[3];
	bool has_tables;
	struct huffman huffman;
	struct fse_table weights, literal_lengths, match_lengths, match_offsets;
	u8 literals[ZSTD_BLOCK_MAX + COPY_SLACK];
};

/* Read a tree description from *@p, which moves past it.  0 or -EINVAL. */
int huffman_read(struct huffman *h, struct fse_table *weights, const u8 **p, const u8 *end);

/* Decode exactly @out_len bytes from one stream that fills @in to @end.  0 or -EINVAL. */
int huffman_decode(const struct huffman *h, const u8 *in, const u8 *end, u8 *out, size_t out_len);

/*
 * Decode the sequences section that fills @in to @end: output is put together
 * from z->literals and earlier output of the frame.  0, -EINVAL, -ENOSPC.
 */
int zstd_sequences(struct zstd *z, const u8 *in, const u8 *end);

#endif
