/* SPDX-License-Identifier: MIT */
/*
 * The wrapper around the frame policy; contract in frame-alloc.h.  One lock,
 * `frame_lock`, covers the policy's state, the counters and the claims; nothing
 * is called under it but the policy.  Answers are checked after the lock is
 * dropped: the frames are ours by then.  A wrong answer or a refused free means
 * that memory is corrupt, and a policy cannot be exchanged while memory is in
 * use, so both stop the machine and say who did it.
 */
#include "memory/frame-alloc.h"

#include <xen/xen.h>

#include "console/console.h"
#include "lib/bitmap.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/frame-claims.h"
#include "memory/scrub.h"
#include "trace/trace.h"
#include "x86/layout.h"

#define DEFAULT_POLICY "buddy"
#define MAX_NODE_WINDOWS 64

_Static_assert(FRAME_OWNER_NONE == DOMID_FIRST_RESERVED, "who is no domain");

static char policy_option[16] = DEFAULT_POLICY;
CMDLINE_TEXT("frames", policy_option);

static spinlock_t frame_lock = SPINLOCK_INIT;
static const struct frame_policy *policy;
static struct frame_state *state;     /* frame_lock */
static u64 free_frames, total_frames; /* frame_lock to write; those the policy has */
static u64 held_back;                 /* atomic; frame_lock to lower */
static struct frame_claims claims;    /* frame_lock */

static struct mem_range ram_ranges[FRAME_RAM_RANGES]; /* boot only to write, like the rest */
static unsigned ram_count;
static struct mem_range metadata;
static struct {
	mfn_t start, end;
	u16 node;
} node_window[MAX_NODE_WINDOWS];
static unsigned node_windows;

/* The policy that frames= names; the default, after a line that lists them all, if none. */
static const struct frame_policy *choose_policy(void)
{
	const struct frame_policy *chosen = frame_policy_find(policy_option);
	const struct frame_policy *const *pp;
	char names[128];
	size_t len = 0;

	if (chosen)
		return chosen;
	for_each_frame_policy(pp)
		len += fmt_scnprintf(names + len, sizeof(names) - len, " %s", (*pp)->name);
	log_warn("frames=%s: no such frame allocator (there are:%s); using %s", policy_option,
		 names, DEFAULT_POLICY);
	chosen = frame_policy_find(DEFAULT_POLICY);
	BUG_ON(!chosen);
	return chosen;
}

static void forget_smallest_range(void)
{
	unsigned smallest = 0;

	for (unsigned i = 1; i < ram_count; i++)
		if (ram_ranges[i].end - ram_ranges[i].start <
		    ram_ranges[smallest].end - ram_ranges[smallest].start)
			smallest = i;
	log_warn("memory map: more than %d RAM ranges; mfn 0x%lx to 0x%lx stays unused",
		 FRAME_RAM_RANGES, ram_ranges[smallest].start, ram_ranges[smallest].end - 1);
	ram_count--;
	memmove(&ram_ranges[smallest], &ram_ranges[smallest + 1],
		(ram_count - smallest) * sizeof(ram_ranges[0]));
}

/* Copy, join neighbours, and drop what a policy need not know of. */
static void set_ram(const struct mem_range *ram, unsigned n)
{
	ram_count = 0;
	for (unsigned i = 0; i < n; i++) {
		if (ram[i].start >= ram[i].end)
			continue;
		if (ram_count && ram_ranges[ram_count - 1].end >= ram[i].start) {
			ram_ranges[ram_count - 1].end = MAX(ram_ranges[ram_count - 1].end,
							    ram[i].end);
			continue;
		}
		if (ram_count == FRAME_RAM_RANGES)
			forget_smallest_range();
		ram_ranges[ram_count++] = ram[i];
	}
	total_frames = mem_ranges_frames(ram_ranges, ram_count);
}

/* Metadata from the end of the smallest free range that has room. */
static void place_metadata(const struct mem_range *free, unsigned n)
{
	size_t bytes = policy->metadata_bytes(ram_ranges, ram_count);
	u64 frames = DIV_ROUND_UP(bytes, PAGE_SIZE);
	const struct mem_range *best = NULL;

	for (unsigned i = 0; i < n; i++) {
		u64 size = free[i].end - free[i].start;

		if (size >= frames && (!best || size < best->end - best->start))
			best = &free[i];
	}
	if (!best)
		boot_fail("no %lu KiB of contiguous memory for the frame allocator '%s'",
			  frames << (PAGE_SHIFT - 10), policy->name);
	metadata = (struct mem_range){ best->end - frames, best->end };
	state = mfn_to_virt(metadata.start);
	policy->init(state, frames << PAGE_SHIFT, ram_ranges, ram_count);
}

void frame_alloc_add(mfn_t start, mfn_t end)
{
	unsigned long flags;
	int err;

	if (start >= end)
		return;
	flags = spin_lock_irqsave(&frame_lock);
	err = policy->free_range(state, start, end);
	if (!err)
		free_frames += end - start;
	spin_unlock_irqrestore(&frame_lock, flags);
	if (err)
		panic("frame allocator %s: mfn 0x%lx to 0x%lx cannot become free", policy->name,
		      start, end - 1);
}

/* The part of [start, end) that is in RAM as the policy knows it, minus the metadata. */
static void add_usable(mfn_t start, mfn_t end)
{
	for (unsigned i = 0; i < ram_count; i++) {
		mfn_t s = MAX(start, ram_ranges[i].start), e = MIN(end, ram_ranges[i].end);

		if (s >= e)
			continue;
		if (s <= metadata.start && metadata.end <= e) {
			frame_alloc_add(s, metadata.start);
			s = metadata.end;
		}
		frame_alloc_add(s, e);
	}
}

void frame_alloc_init(const struct mem_range *free, unsigned n_free, const struct mem_range *ram,
		      unsigned n_ram)
{
	if (!ram) {
		ram = free;
		n_ram = n_free;
	}
	policy = choose_policy();
	set_ram(ram, n_ram);
	place_metadata(free, n_free);
	for (unsigned i = 0; i < n_free; i++)
		add_usable(free[i].start, free[i].end);
	log_info("Frame allocator: %s (%s); %lu of %lu MiB free, %lu KiB metadata", policy->name,
		 policy->summary, free_frames >> (20 - PAGE_SHIFT),
		 total_frames >> (20 - PAGE_SHIFT),
		 (metadata.end - metadata.start) << (PAGE_SHIFT - 10));
}

int frame_node_add(u16 node, mfn_t start, mfn_t end)
{
	if (node_windows == MAX_NODE_WINDOWS)
		return -ENOSPC;
	node_window[node_windows].start = start;
	node_window[node_windows].end = end;
	node_window[node_windows++].node = node;
	return 0;
}

/* @pre frame_lock. Each window of the node in turn. */
static mfn_t alloc_near(unsigned order, const struct frame_request *want, u16 node)
{
	mfn_t mfn = MFN_NONE;

	for (unsigned i = 0; i < node_windows && mfn == MFN_NONE; i++) {
		struct frame_request near = *want;

		near.min = MAX(near.min, node_window[i].start);
		near.end = MIN(near.end, node_window[i].end);
		if (node_window[i].node == node && near.min < near.end)
			mfn = policy->alloc(state, order, &near);
	}
	return mfn;
}

/* @pre frame_lock */
static mfn_t ask_policy(unsigned order, const struct frame_constraints *c)
{
	mfn_t mfn;

	if (likely(c->node == FRAME_NODE_ANY || !node_windows))
		return policy->alloc(state, order, &c->want);
	mfn = alloc_near(order, &c->want, c->node);
	if (mfn == MFN_NONE && !c->node_only)
		mfn = policy->alloc(state, order, &c->want);
	return mfn;
}

/* Is [mfn, end) inside one RAM range? */
static bool in_ram(mfn_t mfn, mfn_t end)
{
	for (unsigned i = ram_count; i-- > 0;)
		if (mfn >= ram_ranges[i].start)
			return end <= ram_ranges[i].end;
	return false;
}

/* Is every frame of the block unused, by the frame table? */
static bool block_unused(mfn_t mfn, unsigned order)
{
	for (mfn_t end = mfn + (1ULL << order); mfn < end; mfn++)
		if (unlikely(!frame_is_free(mfn)))
			return false;
	return true;
}

static void check_answer(mfn_t mfn, unsigned order, const struct frame_request *want)
{
	u64 size = 1ULL << order;

	if (unlikely((mfn & (size - 1)) || mfn < want->min || mfn >= want->end ||
		     want->end - mfn < size || (mfn & (want->colours - 1)) != want->colour))
		panic("frame allocator %s: mfn 0x%lx order %u is not what was asked for",
		      policy->name, mfn, order);
	if (unlikely(!in_ram(mfn, mfn + size)))
		panic("frame allocator %s: mfn 0x%lx order %u is not RAM", policy->name, mfn,
		      order);
	if (unlikely(!block_unused(mfn, order)))
		panic("frame allocator %s: mfn 0x%lx order %u is in use", policy->name, mfn,
		      order);
}

static bool wish_makes_sense(unsigned order, const struct frame_request *want)
{
	return order <= FRAME_MAX_ORDER && want->colours && want->colours <= FRAME_MAX_COLOURS &&
	       !(want->colours & (want->colours - 1)) && want->colour < want->colours;
}

/* Bits an address below frame @end may have. */
static unsigned address_bits(mfn_t end)
{
	return end > MFN_NONE >> PAGE_SHIFT ? 64 : end < 2 ? PAGE_SHIFT :
	       PAGE_SHIFT + highest_bit(end - 1) + 1;
}

/* The single place where allocations are traced. */
static void trace_answer(mfn_t mfn, unsigned order, const struct frame_constraints *c)
{
	if (likely(mfn != MFN_NONE))
		trace_frame_alloc(mfn, order, c->want.owner);
	else
		trace_frame_fail(order, c->want.owner, address_bits(c->want.end));
}

/* @pre frame_lock */
static u64 free_now(void)
{
	return free_frames + __atomic_load_n(&held_back, __ATOMIC_RELAXED);
}

/* From the policy.  *@empty: that it has no such frames is why there are none. */
static mfn_t alloc_once(unsigned order, const struct frame_constraints *c, bool *empty)
{
	unsigned long flags = spin_lock_irqsave(&frame_lock);
	bool allowed = frame_claims_allow(&claims, c->want.owner, 1ULL << order, free_now());
	mfn_t mfn = likely(allowed) ? ask_policy(order, c) : MFN_NONE;

	if (likely(mfn != MFN_NONE)) {
		free_frames -= 1ULL << order;
		frame_claims_use(&claims, c->want.owner, 1ULL << order);
	}
	spin_unlock_irqrestore(&frame_lock, flags);
	*empty = allowed && mfn == MFN_NONE;
	return mfn;
}

mfn_t frame_alloc(unsigned order, const struct frame_constraints *c)
{
	static const struct frame_constraints anything = {
		.want = { .end = MFN_NONE, .colours = 1, .owner = DOMID_XEN },
		.node = FRAME_NODE_ANY,
	};
	bool empty;
	mfn_t mfn;

	if (!c)
		c = &anything;
	if (unlikely(!wish_makes_sense(order, &c->want)))
		return MFN_NONE;
	do
		mfn = alloc_once(order, c, &empty);
	while (unlikely(empty) && scrub_give_up_some());
	if (likely(mfn != MFN_NONE))
		check_answer(mfn, order, &c->want);
	trace_answer(mfn, order, c);
	return mfn;
}

/* To the policy; a block that was @held back counts as free already. */
static inline void free_block(mfn_t mfn, unsigned order, bool held)
{
	unsigned long flags;
	int err;

	if (unlikely(order > FRAME_MAX_ORDER || !block_unused(mfn, order)))
		panic("free of mfn 0x%lx order %u, which is in use", mfn, order);
	flags = spin_lock_irqsave(&frame_lock);
	err = policy->free(state, mfn, order);
	if (likely(!err)) {
		free_frames += 1ULL << order;
		if (held)
			__atomic_fetch_sub(&held_back, 1ULL << order, __ATOMIC_RELAXED);
	}
	spin_unlock_irqrestore(&frame_lock, flags);
	if (unlikely(err))
		panic("frame allocator %s: free of mfn 0x%lx order %u refused: free already, or "
		      "no RAM", policy->name, mfn, order);
	trace_frame_free(mfn, order, DOMID_INVALID);
}

void frame_free(mfn_t mfn, unsigned order)
{
	free_block(mfn, order, false);
}

void frame_hold_back(void)
{
	__atomic_fetch_add(&held_back, 1, __ATOMIC_RELAXED);
}

void frame_free_held_back(mfn_t mfn)
{
	free_block(mfn, 0, true);
}

u64 frame_free_count(void)
{
	unsigned long flags = spin_lock_irqsave(&frame_lock);
	u64 frames = free_now();

	spin_unlock_irqrestore(&frame_lock, flags);
	return frames;
}

u64 frame_total_count(void)
{
	return total_frames;
}

int frame_claim_set(domid_t domid, u64 frames)
{
	unsigned long flags = spin_lock_irqsave(&frame_lock);
	int err = frame_claims_set(&claims, domid, frames, free_now());

	spin_unlock_irqrestore(&frame_lock, flags);
	return err;
}

u64 frame_claim_get(domid_t domid)
{
	unsigned long flags = spin_lock_irqsave(&frame_lock);
	u64 frames = frame_claims_of(&claims, domid);

	spin_unlock_irqrestore(&frame_lock, flags);
	return frames;
}

u64 frame_claim_total(void)
{
	return READ_ONCE(claims.total);
}

const char *frame_policy_name(void)
{
	return policy->name;
}

void frame_alloc_stats(struct frame_stats *out)
{
	unsigned long flags = spin_lock_irqsave(&frame_lock);

	policy->stats(state, out);
	spin_unlock_irqrestore(&frame_lock, flags);
}

struct mem_range frame_alloc_metadata(void)
{
	return metadata;
}
