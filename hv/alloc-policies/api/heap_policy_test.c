/* SPDX-License-Identifier: MIT */
/*
 * The conformance suite for heaps: every registered heap policy over a source
 * of frames that knows which pages it has lent, fills what comes back with
 * rubbish, and can run dry.  Each piece carries a pattern over its whole usable
 * size, so an overlap of any two shows.  Then the guard around each policy.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "alloc-policies/api/heap_guard.h"
#include "alloc-policies/api/heap_policy.h"
#include "lib/bitmap.h"
#include "lib/string.h"

#define POOL_PAGES 4096 /* 16 MiB */

struct pool {
	u8 *base;
	u64 limit; /* pages it lends at most */
	u64 lent_count;
	u64 gets; /* requests it has had */
	DECLARE_BITMAP(lent, POOL_PAGES);
};

static void *pool_get(void *context, unsigned order)
{
	struct pool *p = context;
	u64 n = 1ULL << order;

	p->gets++;
	if (order > HEAP_MAX_ORDER || p->lent_count + n > p->limit)
		return NULL;
	for (u64 at = 0; at + n <= POOL_PAGES; at += n) {
		if (bitmap_find_next(p->lent, at + n, at) != at + n)
			continue;
		for (u64 i = at; i < at + n; i++)
			bitmap_set(p->lent, i);
		p->lent_count += n;
		memset(p->base + at * PAGE_SIZE, 0x5a, n * PAGE_SIZE);
		return p->base + at * PAGE_SIZE;
	}
	return NULL;
}

static void pool_put(void *context, void *pages, unsigned order)
{
	struct pool *p = context;
	u64 at = ((u8 *)pages - p->base) / PAGE_SIZE, n = 1ULL << order;

	cr_assert_eq(((u8 *)pages - p->base) % (n * PAGE_SIZE), 0, "misaligned part given back");
	cr_assert_leq(at + n, POOL_PAGES);
	for (u64 i = at; i < at + n; i++)
		cr_assert(bitmap_test_and_clear(p->lent, i), "a page given back twice");
	p->lent_count -= n;
	memset(pages, 0xdd, n * PAGE_SIZE);
}

struct heap_bench {
	const struct heap_policy *policy;
	struct heap_source source;
	struct pool pool;
	struct heap_state *state;
};

static u64 seed_state;

static u64 rnd(u64 below)
{
	seed_state = seed_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed_state >> 33) % below;
}

static void heap_open(struct heap_bench *b, const struct heap_policy *p, u64 limit)
{
	memset(b, 0, sizeof(*b));
	b->policy = p;
	b->pool.limit = limit;
	cr_assert_eq(posix_memalign((void **)&b->pool.base, PAGE_SIZE << HEAP_MAX_ORDER,
				    POOL_PAGES * PAGE_SIZE), 0);
	cr_assert_eq(posix_memalign((void **)&b->state, 64, p->state_bytes), 0);
	memset(b->state, 0xa5, p->state_bytes);
	b->source = (struct heap_source){ pool_get, pool_put, &b->pool };
	p->init(b->state, &b->source);
	cr_assert_eq(b->pool.lent_count, 0);
}

static void heap_close(struct heap_bench *b)
{
	free(b->state);
	free(b->pool.base);
}

static void check_heap(struct heap_bench *b)
{
	const char *wrong = b->policy->selfcheck(b->state);
	struct heap_stats stats;

	cr_assert_null(wrong, "%s: %s", b->policy->name, wrong);
	b->policy->stats(b->state, &stats);
	cr_assert_eq(stats.pages, b->pool.lent_count, "%s: pages", b->policy->name);
	cr_assert_leq(stats.used, stats.pages * PAGE_SIZE);
}

struct thing {
	u8 *at;
	size_t size, usable;
	u8 pattern;
};

static u8 pattern_at(const struct thing *t, size_t i)
{
	return t->pattern + i * 31;
}

static void check_pattern(const struct heap_bench *b, const struct thing *t)
{
	for (size_t i = 0; i < t->usable; i++)
		if (t->at[i] != pattern_at(t, i))
			cr_assert_fail("%s: byte %zu of a %zu byte piece was overwritten",
				       b->policy->name, i, t->size);
}

static bool make_thing(struct heap_bench *b, struct thing *t, size_t size, size_t align)
{
	t->at = b->policy->alloc(b->state, size, align);
	if (!t->at)
		return false;
	cr_assert_eq((u64)t->at & (align - 1), 0, "%s: %zu bytes not aligned to %zu",
		     b->policy->name, size, align);
	t->size = size;
	t->usable = b->policy->usable_size(b->state, t->at);
	t->pattern = rnd(256);
	cr_assert_geq(t->usable, size);
	cr_assert(t->at >= b->pool.base && t->at + t->usable <= b->pool.base + POOL_PAGES * PAGE_SIZE);
	for (size_t i = 0; i < t->usable; i++)
		t->at[i] = pattern_at(t, i);
	return true;
}

static void drop_thing(struct heap_bench *b, struct thing *t)
{
	check_pattern(b, t);
	cr_assert_eq(b->policy->free(b->state, t->at), 0);
	cr_assert_eq(b->policy->free(b->state, t->at), -EINVAL, "%s: double free accepted",
		     b->policy->name);
}

static size_t random_size(void)
{
	switch (rnd(8)) {
	case 0:
		return 1 + rnd(20000);
	case 1:
		return PAGE_SIZE * (1 + rnd(4)) - rnd(3) + rnd(3);
	case 2:
		return 1 + rnd(16);
	default:
		return 1 + rnd(2100);
	}
}

#define THINGS 700

Test(heap_policies, registered)
{
	const struct heap_policy *const *pp;

	cr_assert_not_null(heap_policy_find("slab"));
	cr_assert_not_null(heap_policy_find("tlsf"));
	cr_assert_null(heap_policy_find("nosuch"));
	for_each_heap_policy(pp)
		cr_assert_eq(heap_policy_find((*pp)->name), *pp, "names are unique and fit");
}

Test(heap_policies, random_pieces_keep_their_bytes)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		static struct thing things[THINGS];
		unsigned count = 0;

		seed_state = 7;
		heap_open(&b, *pp, POOL_PAGES);
		for (unsigned i = 0; i < 12000; i++) {
			unsigned victim = count ? rnd(count) : 0;

			if (count < THINGS && rnd(100) < (i / 1500 % 2 ? 35 : 65)) {
				size_t align = 16ULL << (rnd(5) ? 0 : rnd(10));

				cr_assert(make_thing(&b, &things[count], random_size(), align));
				count++;
			} else if (count) {
				drop_thing(&b, &things[victim]);
				things[victim] = things[--count];
			}
			if (i % 16 == 0)
				check_heap(&b);
		}
		while (count)
			drop_thing(&b, &things[--count]);
		check_heap(&b);
		heap_close(&b);
	}
}

Test(heap_policies, every_size_and_alignment)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		struct thing t, neighbour;

		heap_open(&b, *pp, POOL_PAGES);
		for (size_t align = HEAP_MIN_ALIGN; align <= HEAP_MAX_ALIGN; align *= 2)
			for (size_t size = 1; size < 5000; size += align > 64 ? 411 : 7) {
				cr_assert(make_thing(&b, &t, size, align));
				cr_assert(make_thing(&b, &neighbour, size, align));
				check_pattern(&b, &t);
				drop_thing(&b, &t);
				drop_thing(&b, &neighbour);
			}
		for (size_t size = PAGE_SIZE; size <= 1 << 21; size *= 2) {
			cr_assert(make_thing(&b, &t, size, 16));
			drop_thing(&b, &t);
		}
		check_heap(&b);
		heap_close(&b);
	}
}

Test(heap_policies, memory_goes_back_to_the_source)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		static struct thing things[3000];
		struct heap_stats stats;

		heap_open(&b, *pp, POOL_PAGES);
		for (unsigned i = 0; i < 3000; i++)
			cr_assert(make_thing(&b, &things[i], 100 + i % 1500, 16));
		for (unsigned i = 0; i < 3000; i++)
			drop_thing(&b, &things[(i * 7) % 3000]);
		b.policy->stats(b.state, &stats);
		cr_assert_eq(stats.objects, 0);
		cr_assert_eq(stats.used, 0);
		cr_assert_leq(b.pool.lent_count, 32, "%s: keeps %lu pages", (*pp)->name,
			      (unsigned long)b.pool.lent_count);
		check_heap(&b);
		heap_close(&b);
	}
}

Test(heap_policies, alloc_and_free_in_turn_leave_the_source_alone)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		heap_open(&b, *pp, POOL_PAGES);
		for (size_t size = 16; size <= 2000; size += 124) {
			struct thing t;
			u64 gets;

			cr_assert(make_thing(&b, &t, size, 16));
			drop_thing(&b, &t);
			gets = b.pool.gets;
			for (unsigned i = 0; i < 20; i++) {
				cr_assert(make_thing(&b, &t, size, 16));
				drop_thing(&b, &t);
			}
			cr_assert_eq(b.pool.gets, gets, "%s: %zu bytes", (*pp)->name, size);
		}
		heap_close(&b);
	}
}

Test(heap_policies, aligned_pieces_are_packed)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		for (size_t size = 64; size <= 1024; size *= 2) {
			struct heap_stats stats;
			struct thing t;

			heap_open(&b, *pp, POOL_PAGES);
			for (unsigned i = 0; i < 200; i++)
				cr_assert(make_thing(&b, &t, size, size));
			b.policy->stats(b.state, &stats);
			cr_assert_leq(stats.pages * PAGE_SIZE, 200 * size * 2 + (16 << PAGE_SHIFT),
				      "%s: %zu bytes", (*pp)->name, size);
			heap_close(&b);
		}
	}
}

Test(heap_policies, exhaustion_is_survived)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		static struct thing things[40000];
		unsigned count = 0;

		heap_open(&b, *pp, 100);
		while (make_thing(&b, &things[count], 48, 16))
			count++;
		cr_assert_gt(count, 100 * PAGE_SIZE / 48 * 7 / 10, "%s: wastes memory", (*pp)->name);
		check_heap(&b);
		cr_assert_null(b.policy->alloc(b.state, 100 * PAGE_SIZE, 16));
		cr_assert_null(b.policy->alloc(b.state, 1, HEAP_MAX_ALIGN));
		cr_assert_null(b.policy->alloc(b.state, SIZE_MAX - 100, 16));
		cr_assert_null(b.policy->alloc(b.state, SIZE_MAX, HEAP_MAX_ALIGN));
		check_heap(&b);
		for (unsigned i = 0; i < count; i++)
			check_pattern(&b, &things[i]);
		drop_thing(&b, &things[--count]);
		cr_assert(make_thing(&b, &things[count++], 48, 16), "room again");
		while (count)
			drop_thing(&b, &things[--count]);
		check_heap(&b);
		heap_close(&b);
	}
}

Test(heap_policies, wrong_pointers_are_refused)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		struct thing small, large;

		heap_open(&b, *pp, POOL_PAGES);
		cr_assert(make_thing(&b, &small, 200, 16));
		cr_assert(make_thing(&b, &large, 9000, 16));
		memset(small.at, 0, small.usable); /* so that nothing looks like a header */
		memset(large.at, 0, large.usable);
		for (size_t off = 16; off < 200; off += 16)
			cr_assert_eq(b.policy->free(b.state, small.at + off), -EINVAL);
		for (size_t off = 16; off < 200; off += 16)
			cr_assert_eq(b.policy->free(b.state, large.at + off), -EINVAL);
		check_heap(&b);
		cr_assert_eq(b.policy->free(b.state, small.at), 0);
		cr_assert_eq(b.policy->free(b.state, large.at), 0);
		heap_close(&b);
	}
}

Test(heap_policies, same_requests_same_places)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		static u64 history[2][2000];

		for (unsigned run = 0; run < 2; run++) {
			static struct thing things[2000];
			unsigned count = 0;

			seed_state = 3;
			heap_open(&b, *pp, POOL_PAGES);
			for (unsigned i = 0; i < 2000; i++) {
				if (count && rnd(3) == 0) {
					unsigned v = rnd(count);

					drop_thing(&b, &things[v]);
					things[v] = things[--count];
				}
				cr_assert(make_thing(&b, &things[count], random_size(), 16));
				history[run][i] = things[count++].at - b.pool.base;
			}
			heap_close(&b);
		}
		cr_assert_arr_eq(history[0], history[1], sizeof(history[0]));
	}
}

Test(heap_policies, runs_of_pages)
{
	static struct heap_bench b;

	heap_open(&b, heap_policy_find("slab"), POOL_PAGES);
	for (u64 pages = 1; pages <= 1024; pages += pages < 70 ? 1 : 101) {
		u8 *start = heap_get_pages(&b.source, pages);

		cr_assert_not_null(start);
		cr_assert_eq(b.pool.lent_count, pages, "the tail goes back at once");
		heap_put_pages(&b.source, start, pages);
		cr_assert_eq(b.pool.lent_count, 0);
	}
	cr_assert_null(heap_get_pages(&b.source, 1025));
	cr_assert_eq(heap_order_for(1), 0);
	cr_assert_eq(heap_order_for(PAGE_SIZE), 0);
	cr_assert_eq(heap_order_for(PAGE_SIZE + 1), 1);
	cr_assert_eq(heap_order_for(5 * PAGE_SIZE), 3);
	heap_close(&b);
}

static unsigned leaks;
static size_t leaked_bytes;

static void count_leak(const void *ptr, size_t size, const void *owner)
{
	leaks++;
	leaked_bytes += size;
	cr_assert_eq(owner, (void *)0x1234);
}

Test(heap_guard, zones_fill_and_leaks)
{
	const struct heap_policy *const *pp;
	static struct heap_bench b;

	for_each_heap_policy(pp) {
		struct heap_guard g;
		const void *owner = NULL;
		u8 *p, *q;

		heap_open(&b, *pp, POOL_PAGES);
		heap_guard_init(&g, *pp, b.state);
		for (size_t align = 16; align <= 8192; align *= 2)
			for (size_t size = 1; size < 3000; size += 97) {
				p = heap_guard_alloc(&g, size, align, (void *)0x1234);
				q = heap_guard_alloc(&g, size, align, (void *)0x1234);
				cr_assert(p && q && !((u64)p & (align - 1)));
				cr_assert(p[0] == GUARD_NEW && p[size - 1] == GUARD_NEW);
				memset(p, 0, size); /* all of it is ours: no zone is hurt */
				memset(q, 0xff, size);
				cr_assert_null(heap_guard_check(&g, &owner));
				cr_assert_null(heap_guard_free(&g, p));
				cr_assert_null(heap_guard_free(&g, q));
			}
		p = heap_guard_alloc(&g, 100, 16, (void *)0x1234);
		q = heap_guard_alloc(&g, 50, 16, (void *)0x1234);
		leaks = leaked_bytes = 0;
		heap_guard_each(&g, count_leak);
		cr_assert(leaks == 2 && leaked_bytes == 150);
		p[100] ^= 1;
		cr_assert_str_eq(heap_guard_check(&g, &owner), "written past its end");
		cr_assert_eq(owner, (void *)0x1234);
		cr_assert_str_eq(heap_guard_free(&g, p), "written past its end");
		p[100] ^= 1;
		q[-1] ^= 1;
		cr_assert_not_null(heap_guard_free(&g, q));
		q[-1] ^= 1;
		cr_assert_null(heap_guard_free(&g, p));
		cr_assert_not_null(heap_guard_free(&g, p), "%s: double free", (*pp)->name);
		cr_assert_null(heap_guard_free(&g, q));
		cr_assert_null(heap_guard_alloc(&g, SIZE_MAX - 4, 16, NULL));
		check_heap(&b);
		heap_close(&b);
	}
}
