/* SPDX-License-Identifier: MIT */
/*
 * The uncommon part of a trace ring: wrapping at the end of the buffer,
 * telling of lost records once there is room again, the high-water mark, and
 * distrust of the consumer.  Called by the emit functions (trace.c) when the
 * hot path in ring.h cannot decide; the same rules as there: the ring's own
 * pCPU, interrupts off, nothing but memory is touched.
 *
 * A record never straddles the end: a filler record (WRAP) takes what is left.
 * A loss record goes in front of the first record that finds room again.
 */
#include "trace/ring.h"

#define LOST_BYTES (4 + 8 + sizeof(struct trace_rec_lost_records))

static u8 *ring_data(const struct trace_ring *r)
{
	return (u8 *)(r->shared + 1);
}

static u8 *ring_end(const struct trace_ring *r)
{
	return ring_data(r) + r->size;
}

void ring_init(struct trace_ring *r, void *mem, u32 bytes, struct trace_stats_cpu *stats)
{
	*r = (struct trace_ring){
		.shared = mem,
		.stats = stats,
		.size = bytes - sizeof(struct t_buf),
	};
	r->high_water = r->size / 2;
	r->next = r->stop = r->base = ring_data(r);
	r->shared->cons = r->shared->prod = 0;
}

void ring_set_muted(struct trace_ring *r, bool muted)
{
	r->muted = muted;
	r->stop = r->next; /* look again before the next record */
}

/* At the very end: go on at the start, one lap further. */
static void next_lap(struct trace_ring *r)
{
	r->odd_lap = !r->odd_lap;
	r->next = ring_data(r);
	r->base = r->odd_lap ? r->next - r->size : r->next;
}

static u32 position(const struct trace_ring *r)
{
	u32 at = r->next - ring_data(r);

	return r->odd_lap ? at + r->size : at;
}

/* Bytes not yet consumed, or -1 when the consumer's word makes no sense. */
static s64 bytes_in_use(const struct trace_ring *r)
{
	u32 cons = __atomic_load_n(&r->shared->cons, __ATOMIC_ACQUIRE);
	u32 used;

	if (cons % 4 || cons >= 2 * r->size)
		return -1;
	used = position(r) >= cons ? position(r) - cons : position(r) + 2 * r->size - cons;
	return used <= r->size ? (s64)used : -1;
}

static void count_loss(struct trace_ring *r, u32 header, u64 tsc)
{
	struct trace_stats_cpu *s = r->stats;

	WRITE_ONCE(s->seq, s->seq + 1);
	barrier();
	s->lost++;
	s->lost_by_class[trace_class_of(header)]++;
	barrier();
	WRITE_ONCE(s->seq, s->seq + 1);
	if (!r->lost++)
		r->lost_first_tsc = tsc;
}

static void shut(struct trace_ring *r)
{
	r->shut = true;
	r->stop = ring_data(r);
	r->stats->bogus++;
}

/* Tracing was disabled since: what was lost before is not this trace's business. */
static void drop_old_loss(struct trace_ring *r, u32 epoch)
{
	if (r->epoch == epoch)
		return;
	r->epoch = epoch;
	if (r->lost) {
		r->stats->lost_dropped += r->lost;
		r->lost = 0;
	}
}

static u32 bytes_to_end(const struct trace_ring *r)
{
	return ring_end(r) - r->next;
}

/* Bytes that a record of @bytes takes at distance @to_end from the end, filler included;
 * *@to_end becomes the distance behind it. */
static u32 cost(const struct trace_ring *r, u32 bytes, u32 *to_end)
{
	u32 filler = 0;

	if (bytes > *to_end) {
		filler = *to_end;
		*to_end = r->size;
	}
	*to_end -= bytes;
	if (*to_end == 0)
		*to_end = r->size;
	return filler + bytes;
}

/* The filler: header and as many words as there are, with a TSC if seven are too few. */
static void write_filler(struct trace_ring *r)
{
	u32 left = bytes_to_end(r), words = left / 4 - 1, timed = words > TRACE_EXTRA_MAX;
	u32 *rec = (u32 *)r->next;

	rec[0] = TRACE_HEADER(TRACE_ID_wrap_buffer, timed, words - 2 * timed);
	for (u32 i = 1; i <= words; i++)
		rec[i] = 0;
	next_lap(r);
}

static void write_loss(struct trace_ring *r, const struct ring_moment *now)
{
	struct trace_stats_cpu *s = r->stats;
	struct trace_rec_lost_records *lost;
	u32 *rec;

	if (LOST_BYTES > bytes_to_end(r))
		write_filler(r);
	rec = (u32 *)r->next;
	rec[0] = TRACE_HEADER(TRACE_ID_lost_records, 1, sizeof(*lost) / 4);
	rec[1] = now->tsc;
	rec[2] = now->tsc >> 32;
	lost = (void *)&rec[3];
	*lost = (struct trace_rec_lost_records){
		.count = r->lost, .domid = now->domid, .vcpu = now->vcpu,
		.first_tsc = r->lost_first_tsc,
	};
	r->next += LOST_BYTES;
	if (r->next == ring_end(r))
		next_lap(r);

	WRITE_ONCE(s->seq, s->seq + 1);
	barrier();
	s->lost_announced += r->lost;
	barrier();
	WRITE_ONCE(s->seq, s->seq + 1);
	r->lost = 0;
}

/* How far may records go from here, @used bytes being in use, before we must look again? */
static void set_stop(struct trace_ring *r, u32 used)
{
	u8 *stop = r->next + (r->size - used);

	if (used < r->high_water && stop > r->next + (r->high_water - used) - 4)
		stop = r->next + (r->high_water - used) - 4;
	/* Not up to the very end: the record that ends there changes the lap. */
	if (stop > ring_end(r) - 4)
		stop = ring_end(r) - 4;
	r->stop = stop;
}

u32 *ring_make_room(struct trace_ring *r, u32 header, const struct ring_moment *now)
{
	u32 bytes = trace_record_bytes(header), to_end, need = 0;
	s64 used;

	if (r->muted)
		return NULL;
	drop_old_loss(r, now->epoch);
	if (r->next == ring_end(r))
		next_lap(r);
	used = r->shut ? -1 : bytes_in_use(r);
	if (used < 0) {
		if (!r->shut)
			shut(r);
		count_loss(r, header, now->tsc);
		return NULL;
	}

	to_end = bytes_to_end(r);
	if (r->lost)
		need = cost(r, LOST_BYTES, &to_end);
	need += cost(r, bytes, &to_end);
	if (need > r->size - used) {
		count_loss(r, header, now->tsc);
		r->stop = r->next;
		return NULL;
	}

	if (r->lost)
		write_loss(r, now);
	if (bytes > bytes_to_end(r))
		write_filler(r);
	if (used < r->high_water && used + need >= r->high_water)
		r->notify = true;
	if (bytes == bytes_to_end(r)) {
		/* This record ends the lap; have its commit publish the next lap's start. */
		if (r->odd_lap)
			r->base = ring_end(r);
		r->stop = r->next;
	} else {
		set_stop(r, used + need - bytes);
	}
	return (u32 *)r->next;
}

u32 ring_tail(const struct trace_ring *r, bool (*wanted)(const u32 *rec), const u32 **rec, u32 n)
{
	const u8 *at = ring_data(r);
	u32 seen = 0, kept;

	while (at + 4 <= r->next) {
		u32 bytes = trace_record_bytes(*(const u32 *)at);

		if (bytes > r->next - at)
			break;
		if (wanted((const u32 *)at))
			rec[seen++ % n] = (const u32 *)at;
		at += bytes;
	}
	kept = seen < n ? seen : n;
	for (u32 turn = seen > n ? seen % n : 0; turn; turn--) { /* the oldest to the front */
		const u32 *first = rec[0];

		for (u32 i = 0; i + 1 < kept; i++)
			rec[i] = rec[i + 1];
		rec[kept - 1] = first;
	}
	return kept;
}
