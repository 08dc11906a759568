/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own small memory: pieces of any size on top of the frame
 * allocator, by a policy chosen at boot (heap=NAME, hv/alloc-policies).  Any
 * context but NMI; one lock, interrupts off, the frame allocator's lock nests
 * inside.  Whole pages are better had from alloc_hv_pages (memory/page.h).
 * With heap-guard on the command line every piece is watched on both sides.
 */
#ifndef ORRERY_MEMORY_HEAP_H
#define ORRERY_MEMORY_HEAP_H

#include "alloc-policies/api/heap_policy.h"
#include "lib/types.h"

/* Boot, once, after frame_alloc_init() and when the frame table works. */
void heap_init(void);

/* At least @size bytes (0 counts as 1), aligned to 16, or to @align: a power of two up to
 * HEAP_MAX_ALIGN.  NULL when out of memory.  The z forms are cleared, the others are not. */
void *xmalloc(size_t size);
void *xzalloc(size_t size);
void *xmalloc_aligned(size_t size, size_t align);
void *xzalloc_aligned(size_t size, size_t align);
/* @n times @size, cleared; NULL also if that overflows. */
void *xzalloc_array(size_t n, size_t size);

/* NULL is fine.  What is no living piece of the heap is our own bug: panic. */
void xfree(void *ptr);

/* One cleared object, or an array of them. */
#define xnew(type) ((type *)xzalloc_aligned(sizeof(type), _Alignof(type)))
#define xnew_array(type, n) ((type *)xzalloc_array(n, sizeof(type)))

const char *heap_policy_name(void);
void heap_get_stats(struct heap_stats *out);
/* NULL, or what is wrong; with heap-guard also checks the zones of all pieces.  Slow. */
const char *heap_selfcheck(void);

#endif
