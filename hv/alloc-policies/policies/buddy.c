/* SPDX-License-Identifier: MIT */
/*
 * buddy: the default.  Binary buddies whose free lists are bitmaps: for each
 * order a summarised bitmap says which blocks are free as a whole, so nothing
 * is ever written into a free frame and the lowest or highest block of an order
 * is found in a few instructions.  A plain bitmap of used frames makes a double
 * free visible in one test.  RAM is split into arenas at the DMA borders and at
 * large holes; blocks never reach across, and the highest arena is asked first.
 *
 * Single frames come from and go to a short stack of the arena, last in first
 * out.  It is filled from one small block and emptied, oldest first, half at a
 * time, or wholly when the arena cannot serve a request otherwise: a stream of
 * single frames searches once for 32 of them, and the pair free, alloc neither
 * merges nor splits.
 *
 * Choice without a wish: highest arena that can serve; its stack for order 0;
 * else the smallest sufficient order, its highest block, the block's upper end.
 * Called under the wrapper's lock.  Does not look at the owner.  Page: ../buddy.md.
 */
#include "lib/bittree.h"
#include "lib/errno.h"
#include "lib/string.h"

#include "alloc-policies/api/frame_policy.h"

#define STACK_FRAMES 64
#define REFILL_ORDER 5     /* half a stack */
#define MAX_ARENAS (FRAME_RAM_RANGES + 2) /* each border can split one range */
#define WORD_ORDER 6

struct arena {
	mfn_t start, end;
	mfn_t origin;               /* frame of the used map's bit 0: start, a word's first */
	u64 *used;                  /* bit a frame: in use.  Clear for frames that are not RAM */
	u32 nonempty;               /* bit per order: its tree has a block */
	u32 stacked;
	u32 stack[STACK_FRAMES];    /* free single frames, from origin; not in the trees */
	struct bittree free[FRAME_ORDERS]; /* bit: block number minus (start >> order) */
};

struct buddy_state {
	u64 total;
	unsigned arenas;
	unsigned ranges;
	struct mem_range ram[FRAME_RAM_RANGES];
	struct arena arena[];       /* ascending */
};

static struct buddy_state *buddy_of(struct frame_state *state)
{
	return (struct buddy_state *)state;
}

/* The next border above @start, or @end if that comes first. */
static mfn_t cut_at_border(mfn_t start, mfn_t end)
{
	if (start < FRAME_BORDER_ISA)
		return MIN(end, FRAME_BORDER_ISA);
	if (start < FRAME_BORDER_32BIT)
		return MIN(end, FRAME_BORDER_32BIT);
	return end;
}

/*
 * Arenas for @ram, ascending; their number.  A piece joins the arena below it
 * unless a border lies between, or the holes would outweigh the RAM: that
 * bounds the metadata.
 */
static unsigned plan_arenas(const struct mem_range *ram, unsigned n, struct mem_range *plan)
{
	unsigned count = 0;
	u64 frames = 0, holes = 0;

	for (unsigned i = 0; i < n; i++) {
		mfn_t end;

		for (mfn_t start = ram[i].start; start < ram[i].end; start = end) {
			struct mem_range *last = count ? &plan[count - 1] : NULL;
			bool border = last && cut_at_border(last->start, start + 1) <= start;

			end = cut_at_border(start, ram[i].end);
			if (last && !border && holes + start - last->end <= frames) {
				holes += start - last->end;
				frames += end - start;
				last->end = end;
				continue;
			}
			plan[count++] = (struct mem_range){ start, end };
			frames = end - start;
			holes = 0;
		}
	}
	return count;
}

static u64 blocks_in(const struct mem_range *r, unsigned order)
{
	return ((r->end - 1) >> order) - (r->start >> order) + 1;
}

static u64 used_words(const struct mem_range *r)
{
	return BITMAP_WORDS(r->end - ROUND_DOWN(r->start, 64));
}

static size_t buddy_metadata_bytes(const struct mem_range *ram, unsigned n)
{
	struct mem_range plan[MAX_ARENAS];
	unsigned arenas = plan_arenas(ram, n, plan);
	size_t sum = sizeof(struct buddy_state) + arenas * sizeof(struct arena);

	for (unsigned i = 0; i < arenas; i++) {
		sum += used_words(&plan[i]) * 8;
		for (unsigned order = 0; order < FRAME_ORDERS; order++)
			sum += bittree_bytes(blocks_in(&plan[i], order));
	}
	return sum;
}

/* Set or clear the used bits of [start, end).  @pre in the arena */
static void mark(struct arena *a, mfn_t start, mfn_t end, bool used)
{
	u64 from = start - a->origin, to = end - a->origin;

	for (u64 w = from / 64; w * 64 < to; w++) {
		u64 mask = ~0ULL;

		if (from > w * 64)
			mask &= ~0ULL << (from & 63);
		if (to < w * 64 + 64)
			mask &= bitmap_last_mask(to);
		a->used[w] = used ? a->used[w] | mask : a->used[w] & ~mask;
	}
}

static void *arena_init(struct arena *a, const struct mem_range *r, void *memory)
{
	a->start = r->start;
	a->end = r->end;
	a->origin = ROUND_DOWN(r->start, 64);
	a->nonempty = 0;
	a->stacked = 0;
	a->used = memory;
	memset(memory, 0, used_words(r) * 8);
	memory = a->used + used_words(r);
	for (unsigned order = 0; order < FRAME_ORDERS; order++)
		memory = bittree_init(&a->free[order], memory, blocks_in(r, order));
	return memory;
}

static void buddy_init(struct frame_state *state, size_t size, const struct mem_range *ram,
		       unsigned n)
{
	struct buddy_state *s = buddy_of(state);
	struct mem_range plan[MAX_ARENAS];
	void *memory;

	s->arenas = plan_arenas(ram, n, plan);
	s->ranges = n;
	s->total = mem_ranges_frames(ram, n);
	memcpy(s->ram, ram, n * sizeof(*ram));
	memory = &s->arena[s->arenas];
	for (unsigned i = 0; i < s->arenas; i++) {
		struct arena *a = &s->arena[i];

		memory = arena_init(a, &plan[i], memory);
		for (unsigned j = 0; j < n; j++)
			if (ram[j].start < a->end && ram[j].end > a->start)
				mark(a, MAX(ram[j].start, a->start), MIN(ram[j].end, a->end), true);
	}
}

static u64 bit_of(const struct arena *a, unsigned order, mfn_t mfn)
{
	return (mfn >> order) - (a->start >> order);
}

static void insert_block(struct arena *a, unsigned order, mfn_t mfn)
{
	bittree_set(&a->free[order], bit_of(a, order, mfn));
	a->nonempty |= 1U << order;
}

static void remove_block(struct arena *a, unsigned order, mfn_t mfn)
{
	bittree_clear(&a->free[order], bit_of(a, order, mfn));
	if (bittree_empty(&a->free[order]))
		a->nonempty &= ~(1U << order);
}

/* Put a block into the trees, joined with its buddies as far as it goes. */
static void merge_block(struct arena *a, unsigned order, mfn_t mfn)
{
	for (; order < FRAME_MAX_ORDER; order++) {
		mfn_t buddy = mfn ^ 1ULL << order;

		if (buddy < a->start || buddy + (1ULL << order) > a->end ||
		    !bittree_test(&a->free[order], bit_of(a, order, buddy)))
			break;
		remove_block(a, order, buddy);
		mfn &= buddy;
	}
	insert_block(a, order, mfn);
}

/* Put the frames of one 64-frame word into the trees, as the largest blocks they make. */
static void merge_word(struct arena *a, mfn_t base, u64 frames)
{
	while (frames) {
		unsigned bit = lowest_bit(frames);
		u64 from_bit = frames >> bit;
		unsigned run = ~from_bit ? lowest_bit(~from_bit) : 64;
		unsigned order = frame_block_order(base + bit, base + bit + run);

		merge_block(a, order, base + bit);
		frames &= ~((order == WORD_ORDER ? ~0ULL : (1ULL << (1U << order)) - 1) << bit);
	}
}

/* Move the @n oldest frames of the stack into the trees.  Neighbours in time are mostly
 * neighbours in place: frames of one word go in together. */
static void flush_stack(struct arena *a, unsigned n)
{
	unsigned i = 0;

	while (i < n) {
		u32 word = a->stack[i] / 64;
		u64 frames = 0;

		for (; i < n && a->stack[i] / 64 == word; i++)
			frames |= bit_mask(a->stack[i]);
		merge_word(a, a->origin + (u64)word * 64, frames);
	}
	a->stacked -= n;
	for (i = 0; i < a->stacked; i++)
		a->stack[i] = a->stack[i + n];
}

/* Take [mfn, mfn + 2^order) out of the free block at @from; the rest stays free. */
static void split_block(struct arena *a, unsigned from_order, mfn_t from, unsigned order, mfn_t mfn)
{
	remove_block(a, from_order, from);
	while (from_order > order) {
		mfn_t half;

		from_order--;
		half = mfn >> from_order << from_order;
		insert_block(a, from_order, half ^ 1ULL << from_order);
	}
}

/* Any block of the order, without a wish. */
static mfn_t take_any(struct arena *a, unsigned order)
{
	u32 orders = a->nonempty >> order;
	unsigned from_order;
	mfn_t from, mfn;

	if (!orders)
		return MFN_NONE;
	from_order = order + lowest_bit(orders);
	from = (bittree_last(&a->free[from_order]) + (a->start >> from_order)) << from_order;
	mfn = from + (1ULL << from_order) - (1ULL << order);
	split_block(a, from_order, from, order, mfn);
	return mfn;
}

/* Highest block in [lo, hi) inside some free block of exactly @from_order. */
static mfn_t take_from_order(struct arena *a, unsigned order, unsigned from_order, mfn_t lo,
			     mfn_t hi, const struct frame_request *want)
{
	u64 base = a->start >> from_order;
	u64 bit = bittree_prev(&a->free[from_order], ((hi - 1) >> from_order) - base + 1);

	for (; bit != BITTREE_NONE; bit = bittree_prev(&a->free[from_order], bit)) {
		mfn_t from = (base + bit) << from_order;
		mfn_t end = from + (1ULL << from_order), mfn;

		if (end <= lo)
			break;
		mfn = frame_pick_block(DIV_ROUND_UP(MAX(from, lo), 1ULL << order),
				       MIN(end, hi) >> order, order, want);
		if (mfn != MFN_NONE) {
			mfn <<= order;
			split_block(a, from_order, from, order, mfn);
			return mfn;
		}
	}
	return MFN_NONE;
}

/* A block that satisfies @want, which does not cover the whole arena or has a colour. */
static mfn_t take_wanted(struct arena *a, unsigned order, const struct frame_request *want)
{
	mfn_t lo = MAX(a->start, want->min), hi = MIN(a->end, want->end);
	u32 orders = a->nonempty >> order;

	for (; orders; orders &= orders - 1) {
		mfn_t mfn = take_from_order(a, order, order + lowest_bit(orders), lo, hi, want);

		if (mfn != MFN_NONE)
			return mfn;
	}
	return MFN_NONE;
}

/*
 * Fill the empty stack with one small free block: the smallest there is, or a
 * REFILL_ORDER part of a larger one.  One search serves many single frames.
 */
static void refill_stack(struct arena *a)
{
	unsigned order = a->nonempty ? MIN(lowest_bit(a->nonempty), REFILL_ORDER) : 0;
	mfn_t mfn = take_any(a, order);

	if (mfn == MFN_NONE)
		return;
	for (unsigned i = 0; i < 1U << order; i++)
		a->stack[a->stacked++] = mfn - a->origin + i;
}

static mfn_t take(struct arena *a, unsigned order, const struct frame_request *want)
{
	bool any = want->min <= a->start && want->end >= a->end && want->colours <= 1;
	mfn_t mfn;

	if (any && !order) {
		if (unlikely(!a->stacked))
			refill_stack(a);
		return a->stacked ? a->origin + a->stack[--a->stacked] : MFN_NONE;
	}
	mfn = any ? take_any(a, order) : take_wanted(a, order, want);
	if (mfn != MFN_NONE || !a->stacked)
		return mfn;
	flush_stack(a, a->stacked);
	return any ? take_any(a, order) : take_wanted(a, order, want);
}

static mfn_t buddy_alloc(struct frame_state *state, unsigned order,
			 const struct frame_request *want)
{
	struct buddy_state *s = buddy_of(state);

	for (unsigned i = s->arenas; i-- > 0;) {
		struct arena *a = &s->arena[i];
		mfn_t mfn;

		if (a->start >= want->end || a->end <= want->min)
			continue;
		mfn = take(a, order, want);
		if (mfn == MFN_NONE)
			continue;
		if (likely(!order))
			bitmap_set(a->used, mfn - a->origin);
		else
			mark(a, mfn, mfn + (1ULL << order), true);
		return mfn;
	}
	return MFN_NONE;
}

/* The arena that @mfn lies in, or NULL. */
static struct arena *arena_of(struct buddy_state *s, mfn_t mfn)
{
	for (unsigned i = s->arenas; i-- > 0;)
		if (mfn >= s->arena[i].start)
			return mfn < s->arena[i].end ? &s->arena[i] : NULL;
	return NULL;
}

/* Are all frames of [start, end) in use?  Frames that are not RAM are not. */
static bool all_used(struct buddy_state *s, mfn_t start, mfn_t end)
{
	while (start < end) {
		struct arena *a = arena_of(s, start);
		mfn_t stop;

		if (!a)
			return false;
		stop = MIN(end, a->end);
		if (bitmap_find_next_zero(a->used, stop - a->origin, start - a->origin) !=
		    stop - a->origin)
			return false;
		start = stop;
	}
	return true;
}

static int buddy_free_range(struct frame_state *state, mfn_t start, mfn_t end)
{
	struct buddy_state *s = buddy_of(state);

	if (start >= end || !all_used(s, start, end))
		return -EINVAL;
	while (start < end) {
		struct arena *a = arena_of(s, start);
		unsigned order = frame_block_order(start, MIN(end, a->end));

		mark(a, start, start + (1ULL << order), false);
		merge_block(a, order, start);
		start += 1ULL << order;
	}
	return 0;
}

static int buddy_free(struct frame_state *state, mfn_t mfn, unsigned order)
{
	struct buddy_state *s = buddy_of(state);
	struct arena *a = arena_of(s, mfn);

	if (order)
		return mfn & ((1ULL << order) - 1) ? -EINVAL :
		       buddy_free_range(state, mfn, mfn + (1ULL << order));
	if (!a || !bitmap_test_and_clear(a->used, mfn - a->origin))
		return -EINVAL;
	if (a->stacked == STACK_FRAMES)
		flush_stack(a, STACK_FRAMES / 2);
	a->stack[a->stacked++] = mfn - a->origin;
	return 0;
}

static bool buddy_is_free(struct frame_state *state, mfn_t mfn)
{
	struct buddy_state *s = buddy_of(state);
	struct arena *a = arena_of(s, mfn);

	return a && !bitmap_test(a->used, mfn - a->origin) &&
	       mem_ranges_contain(s->ram, s->ranges, mfn, mfn + 1);
}

/* Add the free runs of RAM in [start, end), which lies in @a. */
static void count_runs(const struct arena *a, mfn_t start, mfn_t end, struct frame_stats *out)
{
	u64 to = end - a->origin, at = start - a->origin;

	while ((at = bitmap_find_next_zero(a->used, to, at)) < to) {
		u64 stop = bitmap_find_next(a->used, to, at);

		frame_stats_add_run(out, a->origin + at, a->origin + stop);
		at = stop;
	}
}

/* From the used map, as if the stacks were merged: what an allocation would find. */
static void buddy_stats(struct frame_state *state, struct frame_stats *out)
{
	struct buddy_state *s = buddy_of(state);

	*out = (struct frame_stats){ .total = s->total, .largest_order = -1 };
	for (unsigned i = 0; i < s->arenas; i++)
		for (unsigned j = 0; j < s->ranges; j++) {
			mfn_t start = MAX(s->arena[i].start, s->ram[j].start);
			mfn_t end = MIN(s->arena[i].end, s->ram[j].end);

			if (start < end)
				count_runs(&s->arena[i], start, end, out);
		}
}

/* Checks the blocks of one order; adds their frames to *@frames. */
static const char *check_order(const struct buddy_state *s, const struct arena *a, unsigned order,
			       u64 *frames)
{
	const struct bittree *t = &a->free[order];
	u64 base = a->start >> order;

	if (!bittree_sound(t))
		return "a summary level disagrees with the free blocks";
	if (bittree_empty(t) == (a->nonempty >> order & 1))
		return "the mask of orders is wrong";
	for (u64 bit = bittree_next(t, 0); bit != BITTREE_NONE; bit = bittree_next(t, bit + 1)) {
		mfn_t mfn = (base + bit) << order, end = mfn + (1ULL << order);
		mfn_t buddy = mfn ^ 1ULL << order;

		if (!mem_ranges_contain(s->ram, s->ranges, mfn, end) || mfn < a->start ||
		    end > a->end)
			return "a free block is not RAM";
		if (bitmap_find_next(a->used, end - a->origin, mfn - a->origin) != end - a->origin)
			return "a free block holds a used frame";
		if (order < FRAME_MAX_ORDER && buddy >= a->start &&
		    buddy + (1ULL << order) <= a->end && bittree_test(t, bit_of(a, order, buddy)))
			return "two free buddies were not joined";
		*frames += 1ULL << order;
	}
	return NULL;
}

static const char *check_arena(const struct buddy_state *s, const struct arena *a)
{
	struct frame_stats runs = { 0 };
	u64 frames = a->stacked;
	const char *wrong = NULL;

	for (unsigned order = 0; order < FRAME_ORDERS && !wrong; order++)
		wrong = check_order(s, a, order, &frames);
	for (unsigned i = 0; i < a->stacked && !wrong; i++) {
		if (bitmap_test(a->used, a->stack[i]))
			wrong = "a used frame is on the stack";
		for (unsigned j = 0; j < i; j++)
			if (a->stack[i] == a->stack[j])
				wrong = "a frame is on the stack twice";
	}
	for (unsigned j = 0; j < s->ranges; j++)
		if (s->ram[j].start < a->end && s->ram[j].end > a->start)
			count_runs(a, MAX(a->start, s->ram[j].start), MIN(a->end, s->ram[j].end),
				   &runs);
	if (!wrong && runs.free != frames)
		wrong = "free blocks and the used map disagree";
	return wrong;
}

static const char *buddy_selfcheck(struct frame_state *state)
{
	struct buddy_state *s = buddy_of(state);
	const char *wrong = NULL;

	for (unsigned i = 0; i < s->arenas && !wrong; i++)
		wrong = check_arena(s, &s->arena[i]);
	return wrong;
}

static const struct frame_policy buddy_policy = {
	.name = "buddy",
	.summary = "binary buddies in summarised bitmaps, low memory last",
	.version = FRAME_POLICY_VERSION,
	.promises = FRAME_COALESCES | FRAME_PREFERS_HIGH,
	.metadata_bytes = buddy_metadata_bytes,
	.init = buddy_init,
	.free_range = buddy_free_range,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.stats = buddy_stats,
	.selfcheck = buddy_selfcheck,
	.is_free = buddy_is_free,
};
FRAME_POLICY_REGISTER(buddy_policy);
