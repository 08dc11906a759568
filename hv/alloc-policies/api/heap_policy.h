/* SPDX-License-Identifier: MIT */
/*
 * The contract between the heap wrapper (hv/memory/heap.c) and a heap policy:
 * pieces of memory of any size, made from whole frames.  A policy gets frames
 * from one source and nothing else, takes no lock (the wrapper holds its own
 * around every call), keeps no static state and never clears memory.  It is one
 * file that includes only this folder and hv/lib, so the host tests run it too.
 */
#ifndef ORRERY_ALLOC_HEAP_POLICY_H
#define ORRERY_ALLOC_HEAP_POLICY_H

#include "lib/types.h"

#define HEAP_POLICY_VERSION 1
#define HEAP_MIN_ALIGN 16
#define HEAP_MAX_ALIGN (1UL << 20)
#define HEAP_MAX_ORDER 10        /* the source serves up to 4 MiB at once */
#define HEAP_STATE_MAX 8192      /* a policy's own state, bytes */

/* Where frames come from: 2^order pages, aligned to their size, NULL when out.  Any aligned
 * part of such a block may be given back by itself. */
struct heap_source {
	void *(*get)(void *context, unsigned order);
	void (*put)(void *context, void *pages, unsigned order);
	void *context;
};

struct heap_stats {
	u64 pages;     /* held from the source */
	u64 used;      /* bytes in use, as usable_size counts */
	u64 objects;   /* allocations alive */
};

struct heap_state; /* a policy's own structure; each policy has one typed accessor */

struct heap_policy {
	const char *name;    /* heap=NAME */
	const char *summary; /* one line for the boot log and `orrery list allocators` */
	u32 version;         /* HEAP_POLICY_VERSION */
	size_t state_bytes;  /* at most HEAP_STATE_MAX */

	/* @state: state_bytes bytes, 64-byte aligned, contents undefined.  Takes no frames.
	 * *@source outlives the heap. */
	void (*init)(struct heap_state *state, const struct heap_source *source);

	/* At least @size bytes at a multiple of @align; NULL when out of memory or for a size
	 * above the source's largest block.  @pre 0 < size, align a power of two from
	 * HEAP_MIN_ALIGN to HEAP_MAX_ALIGN. */
	void *(*alloc)(struct heap_state *state, size_t size, size_t align);

	/* 0, or -EINVAL if the policy can tell that no allocation starts at @ptr (then nothing
	 * has changed).  Freeing what was freed just before is always told.
	 * @pre @ptr came from this heap once. */
	int (*free)(struct heap_state *state, void *ptr);

	/* Bytes that may be used at @ptr; at least what was asked for.  @pre @ptr is allocated */
	size_t (*usable_size)(struct heap_state *state, const void *ptr);

	void (*stats)(struct heap_state *state, struct heap_stats *out);

	/* Walks everything: NULL if it is sound, else what is wrong.  Slow; for tests. */
	const char *(*selfcheck)(struct heap_state *state);
};

#define HEAP_POLICY_REGISTER(policy)                                            \
	static const struct heap_policy *const policy##_entry                   \
		__attribute__((used, section("heap_policies"))) = &(policy)

extern const struct heap_policy *const __start_heap_policies[];
extern const struct heap_policy *const __stop_heap_policies[];

#define for_each_heap_policy(pp) \
	for (pp = __start_heap_policies; pp < __stop_heap_policies; pp++)

/* By name; NULL if unknown or of another interface version. */
const struct heap_policy *heap_policy_find(const char *name);

/* Smallest order whose block holds @bytes. */
unsigned heap_order_for(size_t bytes);

/*
 * Exactly @pages pages (a block of the next power of two, its tail given back), aligned
 * to the block; NULL when out.  heap_put_pages gives all of them back.
 */
void *heap_get_pages(const struct heap_source *source, u64 pages);
void heap_put_pages(const struct heap_source *source, void *start, u64 pages);

#endif
