/* SPDX-License-Identifier: MIT */
/*
 * Trace ring against an oracle: a consumer that knows only the shared words
 * and Xen's rules reads every byte back, and each record must come out once,
 * in order, or be told of as lost, while consumption is random.  Then what a
 * hostile consumer can do: it may lose its records, never move us.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/ring.h"

#define RING_BYTES 8192
#define HEADER(words) TRACE_HEADER(TRACE_ID_sched_wake, 1, words)

struct rig {
	struct trace_ring r;
	struct trace_stats_cpu stats;
	u8 *mem;
	u32 cons; /* the oracle's own position */
	u32 produced, consumed, told, tsc, seed;
	u32 next_expected;
	unsigned notified;
};

static struct rig rig_new(u32 bytes, u32 seed)
{
	struct rig g = { .mem = aligned_alloc(4096, bytes), .seed = seed };

	memset(g.mem, 0, bytes);
	return g;
}

/* The ring keeps a pointer to the stats: start only when the rig has its final address. */
static void rig_start(struct rig *g, u32 bytes)
{
	ring_init(&g->r, g->mem, bytes, &g->stats);
}

static u32 roll(struct rig *g)
{
	g->seed = g->seed * 1664525 + 1013904223;
	return g->seed >> 8;
}

/* One record whose first word counts up, as the emit functions would write it. */
static bool produce(struct rig *g, unsigned words)
{
	u32 header = HEADER(words), bytes = trace_record_bytes(header);
	struct ring_moment now = { .tsc = ++g->tsc, .domid = 3, .vcpu = 1 };
	u32 *rec = (u32 *)g->r.next;

	if (!ring_has_room(&g->r, bytes))
		rec = ring_make_room(&g->r, header, &now);
	if (g->r.notify) {
		g->r.notify = false;
		g->notified++;
	}
	g->produced++;
	if (!rec)
		return false;
	cr_assert(rec >= (u32 *)g->mem + 2);
	cr_assert((u8 *)rec + bytes <= g->mem + sizeof(struct t_buf) + g->r.size);
	rec[0] = header;
	rec[1] = g->tsc;
	rec[2] = 0;
	for (unsigned i = 0; i < words; i++)
		rec[3 + i] = i ? 0xabcd0000 + i : g->produced;
	ring_commit(&g->r, rec, bytes);
	return true;
}

static void check_record(struct rig *g, const u32 *rec)
{
	u32 id = TRC_HD_TO_EVENT(rec[0]);

	if (id == TRACE_ID_wrap_buffer)
		return;
	if (id == TRACE_ID_lost_records) {
		const struct trace_rec_lost_records *lost = (const void *)&rec[3];

		cr_assert_eq(lost->domid, 3);
		cr_assert_eq(lost->vcpu, 1);
		cr_assert_eq(lost->first_tsc, g->next_expected + 1,
			     "first lost is the next one due");
		g->told += lost->count;
		g->next_expected += lost->count;
		return;
	}
	cr_assert_eq(id, TRACE_ID_sched_wake, "garbage %08x", rec[0]);
	g->consumed++;
	g->next_expected++;
	cr_assert_eq(rec[1], g->next_expected, "record %u came as %u", g->next_expected, rec[1]);
	if (TRC_HD_EXTRA(rec[0]))
		cr_assert_eq(rec[3], g->next_expected);
}

/* Read at most @limit records the way xentrace sees them: by prod, cons and the size. */
static void consume(struct rig *g, unsigned limit)
{
	struct t_buf *b = (void *)g->mem;
	u32 size = g->r.size;

	cr_assert_lt(b->prod, 2 * size);
	while (g->cons != b->prod && limit--) {
		u32 at = g->cons % size;
		const u32 *rec = (const u32 *)(g->mem + sizeof(*b) + at);
		u32 bytes = trace_record_bytes(rec[0]);

		cr_assert_leq(at + bytes, size, "record across the end");
		check_record(g, rec);
		g->cons = (g->cons + bytes) % (2 * size);
	}
	b->cons = g->cons;
}

static void run_oracle(u32 bytes, u32 seed, unsigned rounds, unsigned max_burst, unsigned max_read)
{
	struct rig g = rig_new(bytes, seed);

	rig_start(&g, bytes);
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned n = roll(&g) % max_burst; n; n--)
			produce(&g, roll(&g) % 8);
		consume(&g, roll(&g) % max_read);
	}
	consume(&g, UINT_MAX);
	cr_assert_eq(g.produced, g.consumed + g.told + g.r.lost, "every record accounted for");
	cr_assert_eq(g.stats.lost, g.stats.lost_announced + g.r.lost);
	cr_assert_eq(g.told, g.stats.lost_announced);
	cr_assert_eq(g.stats.written, g.consumed);
	cr_assert_eq(g.stats.prod, g.cons, "one moment");
	cr_assert_eq(g.stats.lost_by_class[TRACE_CLASS_SCHED], g.stats.lost);
	cr_assert_eq(g.stats.bogus, 0);
	cr_assert_eq(g.stats.seq % 2, 0);
	free(g.mem);
}

Test(trace_ring, keeps_up_without_loss)
{
	struct rig g = rig_new(RING_BYTES, 1);

	rig_start(&g, RING_BYTES);
	for (unsigned i = 0; i < 20000; i++) {
		cr_assert(produce(&g, i % 8));
		consume(&g, 2);
	}
	cr_assert_eq(g.consumed, 20000);
	cr_assert_eq(g.stats.lost, 0);
	cr_assert_eq(g.notified, 0, "never half full");
	free(g.mem);
}

Test(trace_ring, every_record_consumed_or_told)
{
	for (u32 seed = 1; seed <= 60; seed++) {
		run_oracle(RING_BYTES, seed, 400, 120, 120);
		run_oracle(4096, seed, 400, 300, 60);
		run_oracle(3 * 4096, seed, 300, 200, 300);
	}
}

Test(trace_ring, full_ring_loses_and_tells_when_room_comes)
{
	struct rig g = rig_new(4096, 7);
	unsigned fit = 0;

	rig_start(&g, 4096);
	while (produce(&g, 2))
		fit++;
	for (unsigned i = 0; i < 9; i++)
		cr_assert_not(produce(&g, 2));
	cr_assert_eq(fit, (4096 - 8) / 20);
	consume(&g, 1); /* 20 bytes: not enough for the loss record and another */
	cr_assert_not(produce(&g, 2));
	consume(&g, 10);
	cr_assert(produce(&g, 2));
	consume(&g, UINT_MAX);
	cr_assert_eq(g.told, 11);
	cr_assert_eq(g.produced, g.consumed + 11);
	free(g.mem);
}

Test(trace_ring, tells_dom0_once_per_crossing_of_the_half)
{
	struct rig g = rig_new(4096, 7);
	u32 size;

	rig_start(&g, 4096);
	size = g.r.size;
	for (unsigned lap = 0; lap < 50; lap++) {
		cr_assert_eq(g.notified, lap);
		while (g.notified == lap)
			cr_assert(produce(&g, 3));
		u32 used = (((struct t_buf *)g.mem)->prod + 2 * size - g.cons) % (2 * size);
		cr_assert_leq(used, size / 2 + 24, "told too late");
		cr_assert(used >= size / 2 - 24);
		produce(&g, 3);
		cr_assert_eq(g.notified, lap + 1, "told twice");
		consume(&g, UINT_MAX);
	}
	free(g.mem);
}

Test(trace_ring, bogus_consumer_shuts_the_ring_only)
{
	static const u32 bad[] = { 1, 2, 3, 2 * (4096 - 8), 0xfffffffc, 0x80000000, 4000 };

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct rig g = rig_new(4096, 7);
		u32 prod;

		rig_start(&g, 4096);
		produce(&g, 2);
		prod = ((struct t_buf *)g.mem)->prod;
		((struct t_buf *)g.mem)->cons = bad[i]; /* 4000: in range, but ahead of prod */
		while (produce(&g, 2))
			;
		cr_assert_eq(g.stats.bogus, 1, "cons %x", bad[i]);
		prod = ((struct t_buf *)g.mem)->prod;
		((struct t_buf *)g.mem)->cons = prod; /* repentance comes too late */
		cr_assert_not(produce(&g, 2));
		cr_assert_eq(g.stats.bogus, 1);
		cr_assert_eq(g.stats.lost, 2);
		cr_assert_eq(((struct t_buf *)g.mem)->prod, prod);
		free(g.mem);
	}
}

Test(trace_ring, scribbled_producer_word_is_ignored)
{
	struct rig g = rig_new(4096, 7);

	rig_start(&g, 4096);
	produce(&g, 2);
	((struct t_buf *)g.mem)->prod = 0xdeadbeef;
	produce(&g, 2);
	cr_assert_eq(((struct t_buf *)g.mem)->prod, 40);
	consume(&g, UINT_MAX);
	cr_assert_eq(g.consumed, 2);
	free(g.mem);
}

Test(trace_ring, muted_is_not_lost)
{
	struct rig g = rig_new(4096, 7);

	rig_start(&g, 4096);
	cr_assert(produce(&g, 1));
	ring_set_muted(&g.r, true);
	cr_assert_not(produce(&g, 1));
	ring_set_muted(&g.r, false);
	cr_assert(produce(&g, 1));
	cr_assert_eq(g.stats.lost, 0);
	cr_assert_eq(g.stats.written, 2);
	free(g.mem);
}

Test(trace_ring, disabling_drops_untold_loss)
{
	struct rig g = rig_new(4096, 7);
	struct ring_moment later = { .tsc = 5, .epoch = 1 };
	u32 *rec;

	rig_start(&g, 4096);
	while (produce(&g, 7))
		;
	((struct t_buf *)g.mem)->cons = ((struct t_buf *)g.mem)->prod;
	rec = ring_make_room(&g.r, HEADER(1), &later);
	cr_assert_not_null(rec);
	cr_assert_eq(g.stats.lost_announced, 0);
	cr_assert_eq(g.stats.lost_dropped, 1);
	cr_assert_eq(g.r.lost, 0);
	free(g.mem);
}

/* Every distance to the end, so that fillers of every size are made and read. */
Test(trace_ring, wraps_at_every_distance)
{
	for (unsigned lead = 0; lead < 10; lead++) {
		struct rig g = rig_new(4096, 7);

		rig_start(&g, 4096);
		for (unsigned i = 0; i < lead; i++)
			produce(&g, 0);
		for (unsigned i = 0; i < 3000; i++) {
			cr_assert(produce(&g, 7 - lead % 4));
			consume(&g, UINT_MAX);
		}
		cr_assert_eq(g.consumed, g.produced);
		free(g.mem);
	}
}

static bool every_other(const u32 *rec)
{
	return rec[3] & 1;
}

static bool any(const u32 *rec)
{
	return true;
}

Test(trace_ring, tail_is_what_was_written_last)
{
	struct rig g = rig_new(RING_BYTES, 1);
	const u32 *rec[8];

	rig_start(&g, RING_BYTES);
	cr_assert_eq(ring_tail(&g.r, any, rec, 8), 0);
	for (u32 i = 0; i < 5; i++)
		cr_assert(produce(&g, 2));
	cr_assert_eq(ring_tail(&g.r, any, rec, 8), 5);
	for (u32 i = 0; i < 5; i++)
		cr_assert_eq(rec[i][3], rec[0][3] + i);
	for (u32 i = 0; i < 100; i++)
		cr_assert(produce(&g, 2));
	cr_assert_eq(ring_tail(&g.r, any, rec, 8), 8);
	for (u32 i = 0; i < 8; i++)
		cr_assert_eq(rec[i][3], rec[0][3] + i);
	cr_assert_eq((const u8 *)rec[7] + trace_record_bytes(rec[7][0]), g.r.next);
	cr_assert_eq(ring_tail(&g.r, every_other, rec, 8), 8);
	cr_assert_eq(rec[7][3], rec[0][3] + 14);
	free(g.mem);
}
