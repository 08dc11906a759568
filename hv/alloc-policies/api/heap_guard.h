/* SPDX-License-Identifier: MIT */
/*
 * A watch around any heap policy (heap-guard on the command line): each piece
 * gets a marked zone on both sides and is listed while it lives.  New memory is
 * filled with GUARD_NEW and freed memory with GUARD_FREED, so that use before
 * initialising and after freeing shows; a write past either end is found when
 * the piece is freed or when everything is checked.  Needs the owner's lock.
 */
#ifndef ORRERY_ALLOC_HEAP_GUARD_H
#define ORRERY_ALLOC_HEAP_GUARD_H

#include "alloc-policies/api/heap_policy.h"
#include "lib/list.h"

#define GUARD_NEW 0xcd
#define GUARD_FREED 0xdd

struct heap_guard {
	const struct heap_policy *policy;
	struct heap_state *state;
	struct list live; /* oldest first */
};

/* @state: initialised by @policy, used through the guard only from now on. */
void heap_guard_init(struct heap_guard *g, const struct heap_policy *policy,
		     struct heap_state *state);

/* As heap_policy's alloc; @owner is kept for the report, usually the caller's address. */
void *heap_guard_alloc(struct heap_guard *g, size_t size, size_t align, const void *owner);

/* NULL, or what is wrong with the piece; then it is not freed. */
const char *heap_guard_free(struct heap_guard *g, void *ptr);

/* Check the zones of all living pieces: NULL, or what is wrong, with *@owner of the piece. */
const char *heap_guard_check(struct heap_guard *g, const void **owner);

/* Each living piece, oldest first. */
void heap_guard_each(struct heap_guard *g,
		     void (*fn)(const void *ptr, size_t size, const void *owner));

#endif
