/* SPDX-License-Identifier: MIT */
/*
 * The contract between the frame allocator wrapper (hv/memory/frame-alloc.c)
 * and a frame policy.  A policy answers one question: which frames.  It works
 * on frame numbers and its own metadata, never touches a frame, takes no lock,
 * keeps no static state (several instances may live at once) and does not
 * allocate.  The wrapper holds its lock around every call, counts, traces and
 * checks each answer.  A policy is one file that includes only this folder and
 * hv/lib, so the host tests run it on pretend machines of any size.
 *
 * Life of an instance:
 *	size = p->metadata_bytes(ram, n);            how much memory do you want?
 *	p->init(state, size, ram, n);                everything is in use
 *	p->free_range(state, start, end) ...         what boot leaves over; also later
 *	mfn = p->alloc(state, order, &want);         2^order aligned frames
 *	p->free(state, mfn, order);                  these, or an aligned part of them
 */
#ifndef ORRERY_ALLOC_FRAME_POLICY_H
#define ORRERY_ALLOC_FRAME_POLICY_H

#include "lib/types.h"

#define FRAME_POLICY_VERSION 1 /* bumped when this table changes meaning */
#define FRAME_MAX_ORDER 18     /* 1 GiB; larger requests are refused */
#define FRAME_ORDERS (FRAME_MAX_ORDER + 1)
#define FRAME_RAM_RANGES 64    /* at most so many ranges reach a policy */
#define FRAME_MAX_COLOURS 64

/* Frames [start, end). */
struct mem_range {
	mfn_t start, end;
};

/* Borders that matter to devices: ISA DMA and 32-bit bus masters.  A policy with a choice
 * takes frames above a border before those below it. */
#define FRAME_BORDER_ISA (1ULL << (24 - PAGE_SHIFT))
#define FRAME_BORDER_32BIT (1ULL << (32 - PAGE_SHIFT))

/*
 * What an allocation must satisfy.  The wrapper passes it complete: all 2^order
 * frames lie in [min, end); the first frame's number is colour modulo colours
 * (a power of two up to FRAME_MAX_COLOURS, 1: no wish).  The owner, a
 * domain id, is a hint for policies that separate domains; FRAME_OWNER_NONE and above
 * (the ABI's reserved ids) are no domain.
 * (NUMA nodes are address windows: the wrapper has turned a node into min and end.)
 */
struct frame_request {
	mfn_t min, end;
	u32 colours, colour;
	u32 owner;
};
#define FRAME_OWNER_NONE 0x7ff0U
#define FRAME_REQUEST_ANY \
	((struct frame_request){ 0, MFN_NONE, 1, 0, FRAME_OWNER_NONE })

struct frame_stats {
	u64 total;                     /* frames of RAM the policy was told of */
	u64 free;
	u64 free_blocks[FRAME_ORDERS]; /* free memory as maximal aligned blocks, by order */
	int largest_order;             /* -1: nothing free */
};

struct frame_state; /* a policy's metadata; each policy has one typed accessor */

/* Promises the conformance suite holds a policy to. */
#define FRAME_COALESCES 0x1 /* after all frees, the largest block is there again */
#define FRAME_PREFERS_HIGH 0x2 /* without a wish, low frames are given last */

struct frame_policy {
	const char *name;    /* frames=NAME */
	const char *summary; /* one line for the boot log and `orrery list allocators` */
	u32 version;         /* FRAME_POLICY_VERSION */
	u32 promises;

	/* Bytes of metadata for the RAM ranges (ascending, apart, 1..FRAME_RAM_RANGES of
	 * them).  At most one byte a frame of RAM plus 2 KiB a range plus 8 KiB. */
	size_t (*metadata_bytes)(const struct mem_range *ram, unsigned n);

	/* @state: @size >= metadata_bytes() bytes, 64-byte aligned, contents undefined.
	 * Afterwards every frame of @ram is in use and nothing else exists. */
	void (*init)(struct frame_state *state, size_t size, const struct mem_range *ram,
		     unsigned n);

	/* Frames [start, end) of RAM, all in use, become free.  0 or -EINVAL (then nothing
	 * has changed).  Cost grows with the number of aligned blocks in it. */
	int (*free_range)(struct frame_state *state, mfn_t start, mfn_t end);

	/* First of 2^order free frames, aligned to their size; now in use.  MFN_NONE if no
	 * such block is free.  @pre order <= FRAME_MAX_ORDER, @want complete. */
	mfn_t (*alloc)(struct frame_state *state, unsigned order, const struct frame_request *want);

	/* The aligned block is free again.  It need not be what one alloc returned: a part,
	 * or several together, are as good.  -EINVAL, and nothing has changed, if any frame
	 * of it is free already or is not RAM. */
	int (*free)(struct frame_state *state, mfn_t mfn, unsigned order);

	/* Slow; for reports and tests. */
	void (*stats)(struct frame_state *state, struct frame_stats *out);

	/* Walks all metadata: NULL if it is sound, else what is wrong.  Slow; for tests. */
	const char *(*selfcheck)(struct frame_state *state);

	/* Is this frame free?  For tests and reports; no cost promised. */
	bool (*is_free)(struct frame_state *state, mfn_t mfn);
};

/* Registration: a pointer in a linker section, so a new policy touches no other file. */
#define FRAME_POLICY_REGISTER(policy)                                           \
	static const struct frame_policy *const policy##_entry                  \
		__attribute__((used, section("frame_policies"))) = &(policy)

extern const struct frame_policy *const __start_frame_policies[];
extern const struct frame_policy *const __stop_frame_policies[];

#define for_each_frame_policy(pp)                                               \
	for (pp = __start_frame_policies; pp < __stop_frame_policies; pp++)

/* By name; NULL if unknown or of another interface version. */
const struct frame_policy *frame_policy_find(const char *name);

/* Frames in the ranges; is [start, end) wholly inside one of them? */
u64 mem_ranges_frames(const struct mem_range *ranges, unsigned n);
bool mem_ranges_contain(const struct mem_range *ranges, unsigned n, mfn_t start, mfn_t end);

/*
 * The largest aligned block that starts at @mfn and ends by @end: its order.
 * Walking a range with it gives the fewest blocks.  @pre mfn < end
 */
unsigned frame_block_order(mfn_t mfn, mfn_t end);

/*
 * Highest block index i (block = 2^order frames) in [lo, hi) that satisfies the
 * colour wish, MFN_NONE if there is none.
 */
mfn_t frame_pick_block(mfn_t lo, mfn_t hi, unsigned order, const struct frame_request *want);

/* Free memory that a request of this order cannot use, in 1/1000. */
unsigned frame_fragmentation(const struct frame_stats *stats, unsigned order);

/* Add a free run [start, end) to @stats as maximal aligned blocks. */
void frame_stats_add_run(struct frame_stats *stats, mfn_t start, mfn_t end);

#endif
