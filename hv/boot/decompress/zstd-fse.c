/* SPDX-License-Identifier: MIT */
/*
 * Finite State Entropy tables of Zstandard (RFC 8878, section 4.1): the
 * compact description of symbol counts, and the decoding table made of it.
 * Also the start of backward bit streams, which FSE and Huffman share.
 */
#include "boot/decompress/zstd.h"

#define LOG_MIN 5

/* A forward bit reader for the few bytes of a description; zeros after the end. */
struct forward_bits {
	const u8 *p, *end;
	u32 at; /* bits taken since @p */
};

static u32 forward_peek(const struct forward_bits *f, u32 bits)
{
	const u8 *p = f->p + f->at / 8;
	u32 word = 0;

	for (int i = 0; i < 4 && p + i < f->end; i++)
		word |= (u32)p[i] << 8 * i;
	return word >> f->at % 8 & ((1U << bits) - 1);
}

static u32 forward_take(struct forward_bits *f, u32 bits)
{
	u32 value = forward_peek(f, bits);

	f->at += bits;
	return value;
}

static u32 log2_floor(u32 v)
{
	return 31 - __builtin_clz(v);
}

bool back_bits_init(struct back_bits *b, const u8 *start, const u8 *end)
{
	size_t len = end - start;

	if (!len || !end[-1])
		return false;
	b->start = start;
	if (len >= 8) {
		b->p = end - 8;
		b->hold = load_le64(b->p);
	} else {
		b->p = start;
		b->hold = 0;
		for (size_t i = 0; i < len; i++)
			b->hold |= (u64)start[i] << 8 * i;
	}
	b->used = __builtin_clzll(b->hold) + 1;
	return true;
}

/*
 * A count plus one, between 0 and @left + 1: the low values that would leave
 * codes of the full width unused take a bit less.
 */
static int read_count(struct forward_bits *f, u32 left)
{
	u32 bits = log2_floor(left + 1) + 1;
	u32 spare = (1U << bits) - 1 - (left + 1);
	u32 value = forward_peek(f, bits), low = value & ((1U << (bits - 1)) - 1);

	if (low < spare) {
		f->at += bits - 1;
		return low;
	}
	f->at += bits;
	return value < 1U << (bits - 1) ? value : value - spare;
}

/* After a zero count: how many more, two bits at a time, 3 meaning go on. */
static u32 read_zeros(struct forward_bits *f)
{
	u32 zeros = 0, more;

	do {
		more = forward_take(f, 2);
		zeros += more;
	} while (more == 3);
	return zeros;
}

int fse_read_counts(struct fse_counts *c, const u8 **p, const u8 *end, u32 log_max,
		    u32 symbols_max)
{
	struct forward_bits f = { .p = *p, .end = end };
	u32 left;

	memset(c, 0, sizeof(*c));
	c->log = LOG_MIN + forward_take(&f, 4);
	if (c->log > log_max)
		return -EINVAL;
	left = 1U << c->log;
	while (left) {
		int count;

		if (c->symbols >= symbols_max)
			return -EINVAL;
		count = read_count(&f, left) - 1;
		c->count[c->symbols++] = count;
		left -= count < 0 ? 1 : count;
		if (!count)
			c->symbols += read_zeros(&f);
	}
	if (DIV_ROUND_UP(f.at, 8) > (size_t)(end - *p) || c->symbols > symbols_max)
		return -EINVAL;
	*p += DIV_ROUND_UP(f.at, 8);
	return 0;
}

static struct fse_entry entry_for(u32 symbol, const struct fse_meaning *m)
{
	if (!m)
		return (struct fse_entry){ .value = symbol };
	return (struct fse_entry){ .value = m->base[symbol], .extra = m->extra[symbol] };
}

/*
 * Give every state its symbol (kept in .next for now): the rare ones the last
 * states, the others spread over the rest in fixed steps.
 */
static void spread_symbols(struct fse_table *t, const struct fse_counts *c)
{
	u32 size = 1U << c->log, last = size - 1, at = 0;
	u32 step = (size >> 1) + (size >> 3) + 3;

	for (u32 s = 0; s < c->symbols; s++)
		if (c->count[s] < 0)
			t->entry[last--].next = s;
	for (u32 s = 0; s < c->symbols; s++)
		for (int i = 0; i < c->count[s]; i++) {
			t->entry[at].next = s;
			do
				at = (at + step) & (size - 1);
			while (at > last);
		}
}

void fse_build(struct fse_table *t, const struct fse_counts *c, const struct fse_meaning *meaning)
{
	u32 size = 1U << c->log;
	u16 seen[ZSTD_FSE_SYMBOLS_MAX];

	for (u32 s = 0; s < c->symbols; s++)
		seen[s] = c->count[s] < 0 ? 1 : c->count[s];
	spread_symbols(t, c);
	t->log = c->log;
	for (u32 state = 0; state < size; state++) {
		u32 symbol = t->entry[state].next;
		u32 share = seen[symbol]++, bits = c->log - log2_floor(share);

		t->entry[state] = entry_for(symbol, meaning);
		t->entry[state].next_bits = bits;
		t->entry[state].next = (share << bits) - size;
	}
}

void fse_build_single(struct fse_table *t, u32 symbol, const struct fse_meaning *meaning)
{
	t->log = 0;
	t->entry[0] = entry_for(symbol, meaning);
}
