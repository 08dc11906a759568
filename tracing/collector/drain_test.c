/* SPDX-License-Identifier: MIT */
/*
 * The collector's side against the hypervisor's side: records written by the
 * real ring (hv/trace/ring.c) are drained by the real consumer while loss
 * comes and goes, and the books must balance; with a collector that comes
 * late, with one hypervisor record miscounted, with a damaged ring.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/collector/drain.h"
#include "trace/ring.h"

#define BYTES 8192

struct pair {
	struct trace_ring ring;
	struct trace_stats_cpu stats;
	struct ring_view view;
	u8 *mem;
	u64 tsc, tried;
	u32 seed;
};

static void pair_init(struct pair *p, u32 seed)
{
	*p = (struct pair){ .mem = aligned_alloc(4096, BYTES), .seed = seed };
	memset(p->mem, 0, BYTES);
	ring_init(&p->ring, p->mem, BYTES, &p->stats);
	p->view = (struct ring_view){ .shared = (void *)p->mem, .size = BYTES - 8,
				      .stats = &p->stats };
}

static u32 roll(struct pair *p)
{
	p->seed = p->seed * 1664525 + 1013904223;
	return p->seed >> 8;
}

static void produce(struct pair *p, unsigned n)
{
	while (n--) {
		unsigned words = roll(p) % 8;
		u32 header = TRACE_HEADER(TRACE_ID_sched_wake, 1, words);
		struct ring_moment now = { .tsc = ++p->tsc };
		u32 *rec = (u32 *)p->ring.next;

		p->tried++;
		if (!ring_has_room(&p->ring, trace_record_bytes(header)))
			rec = ring_make_room(&p->ring, header, &now);
		if (!rec)
			continue;
		memset(rec, 0, trace_record_bytes(header));
		rec[0] = header;
		ring_commit(&p->ring, rec, trace_record_bytes(header));
	}
}

static u32 drain(struct pair *p)
{
	struct ring_piece piece[2];
	u32 bytes = ring_look(&p->view, piece);
	u8 *copy = malloc(bytes + 1);

	memcpy(copy, piece[0].at, piece[0].bytes);
	memcpy(copy + piece[0].bytes, piece[1].at, piece[1].bytes);
	ring_consume(&p->view, bytes);
	ring_count(&p->view, copy, bytes);
	free(copy);
	return bytes;
}

static void drain_rest(struct pair *p)
{
	while (drain(p))
		;
	drain(p);
}

Test(trace_drain, books_balance_from_the_first_record)
{
	for (u32 seed = 1; seed < 40; seed++) {
		struct ring_books b;
		struct pair p;

		pair_init(&p, seed);
		cr_assert(ring_start(&p.view));
		for (unsigned i = 0; i < 200; i++) {
			produce(&p, roll(&p) % 400);
			drain(&p);
		}
		drain_rest(&p);
		b = ring_close_books(&p.view);
		cr_assert(b.known && b.right, "seed %u", seed);
		cr_assert_eq(b.produced, p.tried);
		cr_assert_eq(b.produced, b.consumed + b.lost);
		cr_assert(b.lost > 0);
		free(p.mem);
	}
}

Test(trace_drain, late_collector_counts_what_it_found)
{
	struct ring_books b;
	struct pair p;
	u64 before;

	pair_init(&p, 5);
	produce(&p, 3000); /* overflows: most is lost before anybody listens */
	before = p.stats.lost;
	cr_assert(before > 0);
	cr_assert(ring_start(&p.view));
	produce(&p, 50);
	for (unsigned i = 0; i < 50; i++) {
		drain(&p);
		produce(&p, 30);
	}
	drain_rest(&p);
	b = ring_close_books(&p.view);
	cr_assert(b.right);
	cr_assert_eq(b.produced, p.tried);
	cr_assert_eq(b.lost, p.stats.lost);
	free(p.mem);
}

Test(trace_drain, loss_at_the_end_is_not_forgotten)
{
	struct ring_books b;
	struct pair p;

	pair_init(&p, 9);
	cr_assert(ring_start(&p.view));
	produce(&p, 2000); /* the ring stays full; nothing tells of the loss */
	drain_rest(&p);
	b = ring_close_books(&p.view);
	cr_assert(b.right);
	cr_assert_eq(b.consumed + b.lost, 2000);
	cr_assert_eq(p.view.lost_told, 0);
	free(p.mem);
}

Test(trace_drain, one_record_too_few_is_noticed)
{
	struct pair p;

	pair_init(&p, 3);
	cr_assert(ring_start(&p.view));
	produce(&p, 20);
	p.stats.written++; /* as if one had been written and never arrived */
	drain_rest(&p);
	cr_assert_not(ring_close_books(&p.view).right);
	free(p.mem);
}

Test(trace_drain, caught_in_mid_record_means_try_again)
{
	struct pair p;

	pair_init(&p, 3);
	produce(&p, 5);
	p.view.shared->prod += 4;
	cr_assert_not(ring_start(&p.view));
	p.view.shared->prod -= 4;
	p.stats.seq++;
	cr_assert_not(ring_start(&p.view));
	free(p.mem);
}

Test(trace_drain, without_accounting_the_trace_tells)
{
	struct ring_books b;
	struct pair p;

	pair_init(&p, 3);
	p.view.stats = NULL;
	cr_assert(ring_start(&p.view));
	produce(&p, 1000);
	drain(&p);
	produce(&p, 1);
	drain_rest(&p);
	b = ring_close_books(&p.view);
	cr_assert_not(b.known);
	cr_assert(b.right);
	cr_assert_eq(b.consumed + b.lost, 1001);
	free(p.mem);
}

Test(trace_drain, nonsense_positions_break_it)
{
	static const u32 bad[] = { 2, 2 * (BYTES - 8), 0xfffffffc, 16000 };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ring_piece piece[2];
		struct pair p;

		pair_init(&p, 3);
		cr_assert(ring_start(&p.view));
		p.view.shared->prod = bad[i];
		cr_assert_eq(ring_look(&p.view, piece), 0, "%u", bad[i]);
		cr_assert(p.view.broken);
		cr_assert_not(ring_close_books(&p.view).right);
		free(p.mem);
	}
}
