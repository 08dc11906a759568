/* SPDX-License-Identifier: MIT */
/*
 * The consumer's side of a trace ring; see drain.h.  Positions run modulo
 * twice the size, as <xen/trace.h> has it.
 */
#include "tracing/collector/drain.h"

#include <string.h>

static bool position_ok(const struct ring_view *v, u32 at)
{
	return at % 4 == 0 && at < 2 * v->size;
}

static u32 load(const u32 *shared)
{
	return __atomic_load_n(shared, __ATOMIC_ACQUIRE);
}

bool ring_start(struct ring_view *v)
{
	const struct trace_stats_cpu *s = v->stats;
	u32 seq, position;

	if (!s) {
		v->past_first = true;
		return true;
	}
	seq = load(&s->seq);
	v->prod_first = load(&s->prod);
	v->written_first = load(&s->written);
	v->announced_first = __atomic_load_n(&s->lost_announced, __ATOMIC_ACQUIRE);
	position = load(&v->shared->prod);
	/* Writers store shared prod, written, stats prod, in this order. */
	if (seq % 2 || load(&s->seq) != seq || position != v->prod_first ||
	    load(&s->prod) != v->prod_first)
		return false;
	v->past_first = v->prod_first == v->shared->cons;
	return true;
}

u32 ring_look(struct ring_view *v, struct ring_piece piece[2])
{
	u32 prod = load(&v->shared->prod), cons = v->shared->cons, used, at, first;

	piece[0] = piece[1] = (struct ring_piece){ 0 };
	if (v->broken)
		return 0;
	if (!position_ok(v, prod) || !position_ok(v, cons)) {
		v->broken = true;
		return 0;
	}
	/* Stop at what was there at the start, so that it is counted on its own. */
	if (!v->past_first)
		prod = v->prod_first;
	used = prod >= cons ? prod - cons : prod + 2 * v->size - cons;
	if (used > v->size) {
		v->broken = true;
		return 0;
	}
	at = cons % v->size;
	first = MIN(used, v->size - at);
	piece[0] = (struct ring_piece){ (const u8 *)(v->shared + 1) + at, first };
	piece[1] = (struct ring_piece){ (const u8 *)(v->shared + 1), used - first };
	return used;
}

void ring_count(struct ring_view *v, const u8 *copy, u32 bytes)
{
	u64 before = v->consumed, told = v->lost_told;

	for (u32 at = 0; at < bytes;) {
		u32 header, size;

		memcpy(&header, copy + at, 4);
		size = trace_record_bytes(header);
		if (size > bytes - at) {
			v->broken = true;
			break;
		}
		if (TRC_HD_TO_EVENT(header) == TRACE_ID_lost_records && size >= 16) {
			u32 count;

			memcpy(&count, copy + at + (header >> 31 ? 12 : 4), 4);
			v->lost_told += count;
		} else if (TRC_HD_TO_EVENT(header) != TRACE_ID_wrap_buffer) {
			v->consumed++;
		}
		at += size;
	}
	v->bytes += bytes;
	if (!v->past_first) {
		v->backlog = v->consumed - before;
		v->backlog_lost = v->lost_told - told;
		v->past_first = true;
	}
}

void ring_consume(struct ring_view *v, u32 bytes)
{
	u32 cons = v->shared->cons + bytes;

	if (cons >= 2 * v->size)
		cons -= 2 * v->size;
	__atomic_store_n(&v->shared->cons, cons, __ATOMIC_RELEASE);
}

struct ring_books ring_close_books(const struct ring_view *v)
{
	const struct trace_stats_cpu *s = v->stats;
	struct ring_books b = { .consumed = v->consumed, .lost = v->lost_told };
	u64 written;

	if (!s) {
		b.produced = b.consumed + b.lost;
		b.right = !v->broken;
		return b;
	}
	written = (u64)(u32)(s->written - v->written_first) + v->backlog;
	b.lost += s->lost - s->lost_announced - s->lost_dropped;
	b.produced = written + b.lost;
	b.known = true;
	b.right = !v->broken && !s->bogus && written == v->consumed &&
		  v->lost_told - v->backlog_lost == s->lost_announced - v->announced_first;
	return b;
}
