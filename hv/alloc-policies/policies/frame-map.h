/* SPDX-License-Identifier: MIT */
/*
 * One bit a frame, with summaries: a building block of the bitmap, bump and
 * colour policies.  A set bit is a frame that may be given out.  Each RAM range
 * has its own tree, so holes cost nothing and a frame outside RAM is known as
 * such.  No state of its own; the policy that embeds it is called under the
 * wrapper's lock.  It does not know who has the frames whose bit is clear.
 */
#ifndef ORRERY_ALLOC_FRAME_MAP_H
#define ORRERY_ALLOC_FRAME_MAP_H

#include "alloc-policies/api/frame_policy.h"
#include "lib/bittree.h"

struct frame_map_range {
	mfn_t start, end;
	mfn_t origin;        /* frame of bit 0: start rounded down to a word */
	struct bittree free;
};

struct frame_map {
	unsigned count;
	u64 total;           /* frames of RAM */
	u64 free;            /* set bits in all */
	struct frame_map_range range[FRAME_RAM_RANGES];
};

/* Bytes for the bits; the struct itself comes on top. */
size_t frame_map_bytes(const struct mem_range *ram, unsigned n);

/* All bits clear; @bits: frame_map_bytes() bytes, 8-byte aligned. */
void frame_map_init(struct frame_map *map, void *bits, const struct mem_range *ram, unsigned n);

/* Is [start, end) inside one RAM range with every bit set (clear)? False for no RAM. */
bool frame_map_all_set(const struct frame_map *map, mfn_t start, mfn_t end);
bool frame_map_all_clear(const struct frame_map *map, mfn_t start, mfn_t end);

/* @pre the opposite of what is asked for holds for all of [start, end) */
void frame_map_set(struct frame_map *map, mfn_t start, mfn_t end);
void frame_map_clear(struct frame_map *map, mfn_t start, mfn_t end);

/*
 * First frame of the highest block that satisfies @want and has all bits set;
 * MFN_NONE if there is none.  Order 0 without colours: a few instructions a
 * tree level.  Else linear in the number of words that are not empty.
 */
mfn_t frame_map_find(const struct frame_map *map, unsigned order, const struct frame_request *want);

/* Next run of set bits at or above @from: false if there is none. */
bool frame_map_next_run(const struct frame_map *map, mfn_t from, mfn_t *start, mfn_t *end);

/* NULL, or what is wrong. */
const char *frame_map_selfcheck(const struct frame_map *map);

/* Statistics over the map's set bits. */
void frame_map_stats(const struct frame_map *map, struct frame_stats *out);

#endif
