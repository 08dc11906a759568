/* SPDX-License-Identifier: MIT */
/*
 * tlsf: two-level segregated fit.  Free blocks hang in lists by size: a first
 * level of powers of two, each split into 16 steps; two bitmaps find a list
 * that fits in constant time, whatever the heap looks like.  Blocks know their
 * neighbours, so a free joins them at once.  Memory comes in regions of at
 * least 64 KiB; a region that is free as a whole goes back, but for one.
 * Called under the wrapper's lock.  Worst-case cost is the point; the space for
 * a small object is 16 bytes more than its size.  Page: ../tlsf.md.
 */
#include "alloc-policies/api/heap_policy.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/list.h"

#define STEP_SHIFT 4
#define STEPS (1U << STEP_SHIFT)
#define LINEAR_SHIFT 8 /* below 256 bytes: one list for each multiple of 16 */
#define LEVELS 16      /* 256 bytes, 512 bytes, ... 4 MiB */
#define MAX_BYTES (PAGE_SIZE << HEAP_MAX_ORDER)
#define REGION_PAGES 16

/* The word in front of a block: bytes of payload, a mark, and whether it is free. */
#define MARK 0x7154ULL
#define MARK_SHIFT 48
#define FREE 1ULL

struct block {
	u64 word;
	struct block *before;      /* neighbour below in the region, NULL for the first */
	struct list link;          /* free blocks only: part of the payload otherwise */
};
#define BLOCK_HEADER offsetof(struct block, link)
#define MIN_BYTES (sizeof(struct block) - BLOCK_HEADER)
#define SPLIT_MIN sizeof(struct block)

struct region {
	struct list link;
	u64 pages;
	u64 pad;                   /* payloads start at multiples of 16 */
	struct block first;
};

struct tlsf_heap {
	const struct heap_source *source;
	struct heap_stats stats;
	struct list regions;
	struct region *empty;      /* the one region that is kept although it is all free */
	u32 levels;                /* bit per level: some list has a block */
	u16 steps[LEVELS];         /* bit per list of the level */
	struct list free[LEVELS][STEPS];
};
_Static_assert(sizeof(struct tlsf_heap) <= HEAP_STATE_MAX, "state");

static struct tlsf_heap *tlsf_of(struct heap_state *state)
{
	return (struct tlsf_heap *)state;
}

static void tlsf_init(struct heap_state *state, const struct heap_source *source)
{
	struct tlsf_heap *h = tlsf_of(state);

	*h = (struct tlsf_heap){ .source = source };
	list_init(&h->regions);
	for (unsigned l = 0; l < LEVELS; l++)
		for (unsigned s = 0; s < STEPS; s++)
			list_init(&h->free[l][s]);
}

static u64 bytes_of(const struct block *b)
{
	return b->word & ((1ULL << MARK_SHIFT) - 1) & ~FREE;
}

static void set_block(struct block *b, u64 bytes, u64 free)
{
	b->word = MARK << MARK_SHIFT | bytes | free;
}

static bool is_block(const struct block *b)
{
	return b->word >> MARK_SHIFT == MARK;
}

static void *payload_of(struct block *b)
{
	return (u8 *)b + BLOCK_HEADER;
}

static struct block *block_of(const void *payload)
{
	return (struct block *)((u8 *)payload - BLOCK_HEADER);
}

/* The neighbour above; a block of 0 bytes ends the region. */
static struct block *block_after(struct block *b)
{
	return (struct block *)((u8 *)payload_of(b) + bytes_of(b));
}

/* List for a block of @bytes: all blocks of a list are at least as large as its step. */
static void list_for(u64 bytes, unsigned *level, unsigned *step)
{
	unsigned top = highest_bit(bytes);

	if (top < LINEAR_SHIFT) {
		*level = 0;
		*step = bytes >> STEP_SHIFT;
	} else {
		*level = top - LINEAR_SHIFT + 1;
		*step = bytes >> (top - STEP_SHIFT) & (STEPS - 1);
	}
	if (*level >= LEVELS) {
		*level = LEVELS - 1;
		*step = STEPS - 1;
	}
}

static void insert_free(struct tlsf_heap *h, struct block *b, u64 bytes)
{
	unsigned level, step;

	set_block(b, bytes, FREE);
	list_for(bytes, &level, &step);
	list_add(&h->free[level][step], &b->link);
	h->steps[level] |= 1U << step;
	h->levels |= 1U << level;
}

static void remove_free(struct tlsf_heap *h, struct block *b)
{
	unsigned level, step;

	list_for(bytes_of(b), &level, &step);
	list_del(&b->link);
	if (!list_empty(&h->free[level][step]))
		return;
	h->steps[level] &= ~(1U << step);
	if (!h->steps[level])
		h->levels &= ~(1U << level);
}

/* A free block of at least @bytes, or NULL.  Rounds up to the next step, whose blocks all fit. */
static struct block *find_free(struct tlsf_heap *h, u64 bytes)
{
	unsigned level, step;
	u32 steps, levels;

	if (bytes >= 1ULL << LINEAR_SHIFT)
		bytes += (1ULL << (highest_bit(bytes) - STEP_SHIFT)) - 1;
	list_for(bytes, &level, &step);
	steps = h->steps[level] & (~0U << step);
	if (!steps) {
		levels = level + 1 < LEVELS ? h->levels & (~0U << (level + 1)) : 0;
		if (!levels)
			return NULL;
		level = lowest_bit(levels);
		steps = h->steps[level];
	}
	return list_first_entry(&h->free[level][lowest_bit(steps)], struct block, link);
}

/* A region whose only block has room for @bytes; false when out of memory. */
static bool add_region(struct tlsf_heap *h, u64 bytes)
{
	u64 overhead = offsetof(struct region, first) + 2 * BLOCK_HEADER;
	u64 pages = DIV_ROUND_UP(bytes + bytes / STEPS + overhead, PAGE_SIZE);
	struct region *r = heap_get_pages(h->source, MAX(pages, REGION_PAGES));
	struct block *end;

	if (r)
		pages = MAX(pages, REGION_PAGES);
	else if (pages < REGION_PAGES)
		r = heap_get_pages(h->source, pages);
	if (!r)
		return false;
	r->pages = pages;
	list_add_tail(&h->regions, &r->link);
	h->stats.pages += pages;
	r->first.before = NULL;
	insert_free(h, &r->first, pages * PAGE_SIZE - overhead);
	end = block_after(&r->first);
	set_block(end, 0, 0);
	end->before = &r->first;
	return true;
}

/* Cut @b, which is in no list, after @bytes; the rest becomes free if it can be a block. */
static void trim(struct tlsf_heap *h, struct block *b, u64 bytes)
{
	u64 left = bytes_of(b) - bytes;
	struct block *rest;

	if (left < SPLIT_MIN)
		return;
	set_block(b, bytes, 0);
	rest = block_after(b);
	rest->before = b;
	insert_free(h, rest, left - BLOCK_HEADER);
	block_after(rest)->before = rest;
}

/* Bytes to leave before the payload of @b so that it is aligned: none or a whole block. */
static u64 gap_for(struct block *b, size_t align)
{
	u64 at = (u64)payload_of(b), gap = -at & (align - 1);

	while (gap && gap < SPLIT_MIN)
		gap += align;
	return gap;
}

/* Split @b, which is in no list, so that the upper part's payload is @gap bytes higher. */
static struct block *split_gap(struct tlsf_heap *h, struct block *b, u64 gap)
{
	struct block *upper = (struct block *)((u8 *)b + gap);
	u64 bytes = bytes_of(b);

	if (!gap)
		return b;
	upper->before = b;
	set_block(upper, bytes - gap, 0);
	block_after(upper)->before = upper;
	insert_free(h, b, gap - BLOCK_HEADER);
	return upper;
}

static struct region *region_of(struct block *first)
{
	return container_of(first, struct region, first);
}

/* Is this block all there is in its region? */
static bool is_whole_region(struct block *b)
{
	return !b->before && !bytes_of(block_after(b));
}

static void *tlsf_alloc(struct heap_state *state, size_t size, size_t align)
{
	struct tlsf_heap *h = tlsf_of(state);
	u64 bytes, need;
	struct block *b;

	if (size > MAX_BYTES)
		return NULL;
	bytes = ROUND_UP(MAX(size, MIN_BYTES), 16);
	need = align > HEAP_MIN_ALIGN ? bytes + align + SPLIT_MIN : bytes;
	b = find_free(h, need);
	if (!b && add_region(h, need))
		b = find_free(h, need);
	if (!b)
		return NULL;
	remove_free(h, b);
	if (h->empty && b == &h->empty->first)
		h->empty = NULL;
	set_block(b, bytes_of(b), 0);
	b = split_gap(h, b, gap_for(b, align));
	trim(h, b, bytes);
	h->stats.objects++;
	h->stats.used += bytes_of(b);
	return payload_of(b);
}

/* Join @b with a free neighbour above. */
static void join_after(struct tlsf_heap *h, struct block *b)
{
	struct block *after = block_after(b);

	if (!(after->word & FREE))
		return;
	remove_free(h, after);
	set_block(b, bytes_of(b) + BLOCK_HEADER + bytes_of(after), 0);
	after->word = 0; /* no longer a block: a stray free is told */
	block_after(b)->before = b;
}

static void release_region(struct tlsf_heap *h, struct region *r)
{
	u64 pages = r->pages;

	if (!h->empty) {
		insert_free(h, &r->first, bytes_of(&r->first));
		h->empty = r;
		return;
	}
	list_del(&r->link);
	r->first.word = 0;
	h->stats.pages -= pages;
	heap_put_pages(h->source, r, pages);
}

static int tlsf_free(struct heap_state *state, void *ptr)
{
	struct tlsf_heap *h = tlsf_of(state);
	struct block *b = block_of(ptr);

	if (((u64)ptr & 15) || !is_block(b) || (b->word & FREE) || !bytes_of(b))
		return -EINVAL;
	h->stats.objects--;
	h->stats.used -= bytes_of(b);
	join_after(h, b);
	if (b->before && (b->before->word & FREE)) {
		struct block *before = b->before;

		remove_free(h, before);
		set_block(before, bytes_of(before) + BLOCK_HEADER + bytes_of(b), 0);
		b->word = 0;
		block_after(before)->before = before;
		b = before;
	}
	if (is_whole_region(b))
		release_region(h, region_of(b));
	else
		insert_free(h, b, bytes_of(b));
	return 0;
}

static size_t tlsf_usable_size(struct heap_state *state, const void *ptr)
{
	return bytes_of(block_of(ptr));
}

static void tlsf_stats(struct heap_state *state, struct heap_stats *out)
{
	*out = tlsf_of(state)->stats;
}

/* Is a free block in the list it belongs to? */
static bool is_listed(struct tlsf_heap *h, struct block *b)
{
	unsigned level, step;
	struct block *other;

	list_for(bytes_of(b), &level, &step);
	list_for_each_entry(other, &h->free[level][step], link)
		if (other == b)
			return true;
	return false;
}

static const char *check_region(struct tlsf_heap *h, struct region *r, struct heap_stats *seen,
				u64 *free_blocks)
{
	u8 *end = (u8 *)r + r->pages * PAGE_SIZE;
	struct block *before = NULL, *b = &r->first;

	for (; bytes_of(b); before = b, b = block_after(b)) {
		if (!is_block(b) || b->before != before || (u8 *)block_after(b) >= end)
			return "a block header is damaged";
		if (!(b->word & FREE)) {
			seen->objects++;
			seen->used += bytes_of(b);
			continue;
		}
		if (before && (before->word & FREE))
			return "two free neighbours were not joined";
		if (!is_listed(h, b))
			return "a free block is not in its list";
		++*free_blocks;
	}
	if (b->before != before || (u8 *)b + BLOCK_HEADER != end)
		return "a region does not end where it should";
	seen->pages += r->pages;
	return NULL;
}

static const char *check_lists(struct tlsf_heap *h, u64 free_blocks)
{
	u64 listed = 0;

	for (unsigned l = 0; l < LEVELS; l++) {
		if (!(h->levels >> l & 1) != !h->steps[l])
			return "the mask of levels is wrong";
		for (unsigned s = 0; s < STEPS; s++) {
			struct block *b;

			if (!(h->steps[l] >> s & 1) != list_empty(&h->free[l][s]))
				return "a mask of steps is wrong";
			list_for_each_entry(b, &h->free[l][s], link)
				listed++;
		}
	}
	return listed == free_blocks ? NULL : "a list holds what is no free block";
}

static const char *tlsf_selfcheck(struct heap_state *state)
{
	struct tlsf_heap *h = tlsf_of(state);
	struct heap_stats seen = { 0 };
	u64 free_blocks = 0;
	struct region *r;

	list_for_each_entry(r, &h->regions, link) {
		const char *wrong = check_region(h, r, &seen, &free_blocks);

		if (wrong)
			return wrong;
	}
	if (seen.pages != h->stats.pages || seen.objects != h->stats.objects ||
	    seen.used != h->stats.used)
		return "the statistics are wrong";
	return check_lists(h, free_blocks);
}

static const struct heap_policy tlsf_policy = {
	.name = "tlsf",
	.summary = "two-level segregated fit, constant time",
	.version = HEAP_POLICY_VERSION,
	.state_bytes = sizeof(struct tlsf_heap),
	.init = tlsf_init,
	.alloc = tlsf_alloc,
	.free = tlsf_free,
	.usable_size = tlsf_usable_size,
	.stats = tlsf_stats,
	.selfcheck = tlsf_selfcheck,
};
HEAP_POLICY_REGISTER(tlsf_policy);
