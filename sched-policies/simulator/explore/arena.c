/* SPDX-License-Identifier: MIT */
/*
 * Memory of one simulation, at one place: calloc() and friends of the linked
 * simulator end here (ld --wrap), so that a state can be copied and put back.
 * Nothing is ever given back; the whole is reset between simulations.
 */
#include "sched-policies/simulator/explore/arena.h"

#include <stdlib.h>
#include <string.h>

_Alignas(64) unsigned char arena[ARENA_BYTES];
size_t arena_used;

void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

/* The size of each piece is kept in front of it. */
void *__wrap_calloc(size_t n, size_t size)
{
	size_t bytes = (n * size + 15) & ~(size_t)15;
	unsigned char *p = arena + arena_used;

	if (arena_used + bytes + 16 > ARENA_BYTES)
		abort();
	memset(p, 0, bytes + 16);
	*(size_t *)p = bytes;
	arena_used += bytes + 16;
	return p + 16;
}

void *__wrap_realloc(void *p, size_t size)
{
	void *q = __wrap_calloc(1, size);
	size_t old = p ? *(size_t *)((unsigned char *)p - 16) : 0;

	if (p)
		memcpy(q, p, old < size ? old : size);
	return q;
}

void __wrap_free(void *p)
{
	(void)p;
}
