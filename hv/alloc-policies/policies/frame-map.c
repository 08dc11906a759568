/* SPDX-License-Identifier: MIT */
/*
 * Frame bits by RAM range; contract in frame-map.h.  Works in 64-frame words:
 * a word's bit 0 is a frame whose number is a multiple of 64, so an aligned
 * block of up to 64 frames never straddles a word and a larger one is a number
 * of whole words.  Called by policies only, under the wrapper's lock.
 */
#include "alloc-policies/policies/frame-map.h"

#define WORD_ORDER 6

static u64 range_bits(mfn_t start, mfn_t end)
{
	return end - ROUND_DOWN(start, 64);
}

size_t frame_map_bytes(const struct mem_range *ram, unsigned n)
{
	size_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += bittree_bytes(range_bits(ram[i].start, ram[i].end));
	return sum;
}

void frame_map_init(struct frame_map *map, void *bits, const struct mem_range *ram, unsigned n)
{
	map->count = n;
	map->total = mem_ranges_frames(ram, n);
	map->free = 0;
	for (unsigned i = 0; i < n; i++) {
		struct frame_map_range *r = &map->range[i];

		r->start = ram[i].start;
		r->end = ram[i].end;
		r->origin = ROUND_DOWN(r->start, 64);
		bits = bittree_init(&r->free, bits, range_bits(r->start, r->end));
	}
}

/* The range that holds all of [start, end), or NULL. */
static const struct frame_map_range *range_of(const struct frame_map *map, mfn_t start, mfn_t end)
{
	for (unsigned i = map->count; i-- > 0;)
		if (start >= map->range[i].start)
			return start < end && end <= map->range[i].end ? &map->range[i] : NULL;
	return NULL;
}

/* Bits of word @w that [from, to) covers. */
static u64 word_mask(u64 w, u64 from, u64 to)
{
	u64 mask = ~0ULL;

	if (from > w * 64)
		mask &= ~0ULL << (from - w * 64);
	if (to < w * 64 + 64)
		mask &= bitmap_last_mask(to - w * 64);
	return mask;
}

/* Are all bits of [start, end) equal to those of @pattern (0 or ~0)? */
static bool all_equal(const struct frame_map *map, mfn_t start, mfn_t end, u64 pattern)
{
	const struct frame_map_range *r = range_of(map, start, end);
	u64 from, to;

	if (!r)
		return false;
	from = start - r->origin;
	to = end - r->origin;
	for (u64 w = from / 64; w * 64 < to; w++)
		if ((r->free.level[0][w] ^ pattern) & word_mask(w, from, to))
			return false;
	return true;
}

bool frame_map_all_set(const struct frame_map *map, mfn_t start, mfn_t end)
{
	return all_equal(map, start, end, ~0ULL);
}

bool frame_map_all_clear(const struct frame_map *map, mfn_t start, mfn_t end)
{
	return all_equal(map, start, end, 0);
}

void frame_map_set(struct frame_map *map, mfn_t start, mfn_t end)
{
	struct frame_map_range *r = (struct frame_map_range *)range_of(map, start, end);
	u64 from = start - r->origin, to = end - r->origin;

	for (u64 w = from / 64; w * 64 < to; w++) {
		u64 mask = word_mask(w, from, to);

		bittree_set(&r->free, w * 64 + lowest_bit(mask)); /* keeps the summaries */
		r->free.level[0][w] |= mask;
	}
	map->free += end - start;
}

void frame_map_clear(struct frame_map *map, mfn_t start, mfn_t end)
{
	struct frame_map_range *r = (struct frame_map_range *)range_of(map, start, end);
	u64 from = start - r->origin, to = end - r->origin;

	for (u64 w = from / 64; w * 64 < to; w++) {
		u64 mask = word_mask(w, from, to);
		u64 keep = mask & -mask;

		r->free.level[0][w] &= ~(mask ^ keep);
		bittree_clear(&r->free, w * 64 + lowest_bit(mask));
	}
	map->free -= end - start;
}

/* Bits of @word at which an aligned block of 2^order set bits starts.  @pre order <= 6 */
static u64 block_starts(u64 word, unsigned order)
{
	static const u64 aligned[WORD_ORDER + 1] = {
		~0ULL, 0x5555555555555555ULL, 0x1111111111111111ULL, 0x0101010101010101ULL,
		0x0001000100010001ULL, 0x0000000100000001ULL, 1,
	};

	for (unsigned k = 0; k < order; k++)
		word &= word >> (1 << k);
	return word & aligned[order];
}

/* Bits of a word whose frames have the wanted colour. */
static u64 colour_bits(const struct frame_request *want)
{
	u64 mask = 1ULL << want->colour;

	for (unsigned step = want->colours; step < 64; step *= 2)
		mask |= mask << step;
	return want->colours > 1 ? mask : ~0ULL;
}

/* Highest block of up to 64 frames in [lo, hi), both bit numbers of @r. */
static mfn_t find_in_words(const struct frame_map_range *r, unsigned order, u64 lo, u64 hi,
			   u64 colours)
{
	while (hi > lo) {
		u64 w, starts, bit = bittree_prev(&r->free, hi);

		if (bit == BITTREE_NONE || bit < lo)
			break;
		w = bit / 64;
		starts = r->free.level[0][w] & word_mask(w, lo, hi);
		starts = block_starts(starts, order) & colours;
		if (starts)
			return r->origin + w * 64 + highest_bit(starts);
		hi = w * 64;
	}
	return MFN_NONE;
}

/* The same for blocks of more than 64 frames; works on absolute frame numbers. */
static mfn_t find_large(const struct frame_map_range *r, unsigned order, mfn_t lo, mfn_t hi,
			const struct frame_request *want)
{
	while (hi > lo) {
		u64 bit = bittree_prev(&r->free, hi - r->origin);
		mfn_t block, start;
		u64 w, first;

		if (bit == BITTREE_NONE)
			break;
		/* Highest block at or below that bit; its words are tried from the top. */
		block = frame_pick_block(DIV_ROUND_UP(lo, 1ULL << order),
					 MIN(hi, ((r->origin + bit) >> order << order) +
					     (1ULL << order)) >> order, order, want);
		if (block == MFN_NONE)
			break;
		start = block << order;
		first = (start - r->origin) / 64;
		w = first + (1ULL << (order - WORD_ORDER));
		while (w > first && r->free.level[0][w - 1] == ~0ULL)
			w--;
		if (w == first)
			return start;
		hi = start;
	}
	return MFN_NONE;
}

mfn_t frame_map_find(const struct frame_map *map, unsigned order, const struct frame_request *want)
{
	u64 colours = colour_bits(want);

	for (unsigned i = map->count; i-- > 0;) {
		const struct frame_map_range *r = &map->range[i];
		mfn_t lo = MAX(r->start, want->min), hi = MIN(r->end, want->end);
		mfn_t mfn;

		if (lo >= hi || bittree_empty(&r->free))
			continue;
		if (order <= WORD_ORDER)
			mfn = find_in_words(r, order, lo - r->origin, hi - r->origin, colours);
		else
			mfn = find_large(r, order, lo, hi, want);
		if (mfn != MFN_NONE)
			return mfn;
	}
	return MFN_NONE;
}

bool frame_map_next_run(const struct frame_map *map, mfn_t from, mfn_t *start, mfn_t *end)
{
	for (unsigned i = 0; i < map->count; i++) {
		const struct frame_map_range *r = &map->range[i];
		u64 bit;

		if (from >= r->end)
			continue;
		bit = bittree_next(&r->free, MAX(from, r->start) - r->origin);
		if (bit == BITTREE_NONE)
			continue;
		*start = r->origin + bit;
		*end = r->origin + bitmap_find_next_zero(r->free.level[0], r->end - r->origin, bit);
		return true;
	}
	return false;
}

const char *frame_map_selfcheck(const struct frame_map *map)
{
	u64 free = 0;

	for (unsigned i = 0; i < map->count; i++) {
		const struct frame_map_range *r = &map->range[i];

		if (!bittree_sound(&r->free))
			return "a summary level disagrees with the frame bits";
		if (r->start > r->origin && bittree_prev(&r->free, r->start - r->origin) != BITTREE_NONE)
			return "a frame below its RAM range is marked free";
		free += bitmap_weight(r->free.level[0], r->free.bits);
	}
	return free == map->free ? NULL : "the count of free frames is wrong";
}

void frame_map_stats(const struct frame_map *map, struct frame_stats *out)
{
	mfn_t start, end = 0;

	*out = (struct frame_stats){ .total = map->total, .largest_order = -1 };
	while (frame_map_next_run(map, end, &start, &end))
		frame_stats_add_run(out, start, end);
}
