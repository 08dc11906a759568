/* SPDX-License-Identifier: MIT */
/*
 * Zones, filling and the list of living pieces; contract in heap_guard.h.  A
 * piece is [padding for alignment][struct piece][payload][tail zone].  The
 * marks depend on the piece's address, so a copy of a good zone in the wrong
 * place is not good.  Called by the heap wrapper under its lock, and by tests.
 */
#include "alloc-policies/api/heap_guard.h"
#include "lib/string.h"

#define TAIL_BYTES 16

struct piece {
	struct list link;
	void *raw;         /* what the policy gave */
	size_t size;
	const void *owner;
	u64 mark;          /* the zone below the payload */
};

static u64 mark_of(const struct piece *p)
{
	return (u64)p * 0x9e3779b97f4a7c15ULL ^ p->size;
}

static u8 *payload_of(struct piece *p)
{
	return (u8 *)(p + 1);
}

static void mark_tail(struct piece *p)
{
	u64 mark = mark_of(p);

	for (unsigned i = 0; i < TAIL_BYTES; i++)
		payload_of(p)[p->size + i] = mark >> (i % 8 * 8);
}

static bool tail_is_good(struct piece *p)
{
	u64 mark = mark_of(p);

	for (unsigned i = 0; i < TAIL_BYTES; i++)
		if (payload_of(p)[p->size + i] != (u8)(mark >> (i % 8 * 8)))
			return false;
	return true;
}

static const char *check_piece(struct piece *p)
{
	if (p->mark != mark_of(p))
		return "written below its start, or freed already";
	if (!tail_is_good(p))
		return "written past its end";
	return NULL;
}

void heap_guard_init(struct heap_guard *g, const struct heap_policy *policy,
		     struct heap_state *state)
{
	g->policy = policy;
	g->state = state;
	list_init(&g->live);
}

void *heap_guard_alloc(struct heap_guard *g, size_t size, size_t align, const void *owner)
{
	size_t front = ROUND_UP(sizeof(struct piece), align);
	struct piece *p;
	u8 *raw;

	if (size > SIZE_MAX - front - TAIL_BYTES)
		return NULL;
	raw = g->policy->alloc(g->state, front + size + TAIL_BYTES, align);
	if (!raw)
		return NULL;
	p = (struct piece *)(raw + front) - 1;
	p->raw = raw;
	p->size = size;
	p->owner = owner;
	p->mark = mark_of(p);
	mark_tail(p);
	memset(payload_of(p), GUARD_NEW, size);
	list_add_tail(&g->live, &p->link);
	return payload_of(p);
}

const char *heap_guard_free(struct heap_guard *g, void *ptr)
{
	struct piece *p = (struct piece *)ptr - 1;
	const char *wrong = check_piece(p);
	void *raw = p->raw;

	if (wrong)
		return wrong;
	list_del(&p->link);
	memset(ptr, GUARD_FREED, p->size);
	memset(p, GUARD_FREED, sizeof(*p));
	return g->policy->free(g->state, raw) ? "unknown to the heap" : NULL;
}

const char *heap_guard_check(struct heap_guard *g, const void **owner)
{
	struct piece *p;

	list_for_each_entry(p, &g->live, link) {
		const char *wrong = check_piece(p);

		*owner = p->owner;
		if (wrong)
			return wrong;
	}
	return NULL;
}

void heap_guard_each(struct heap_guard *g,
		     void (*fn)(const void *ptr, size_t size, const void *owner))
{
	struct piece *p;

	list_for_each_entry(p, &g->live, link)
		fn(payload_of(p), p->size, p->owner);
}
