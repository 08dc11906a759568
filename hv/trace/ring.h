/* SPDX-License-Identifier: MIT */
/*
 * One pCPU's trace ring: Xen's struct t_buf layout (<xen/trace.h>), shared
 * with Dom0.  Pure logic: no machine, no locks, no clock; the only writer is
 * the pCPU it belongs to, with interrupts off.  ring_has_room and ring_commit
 * are the hot path: one compare decides that there is room, no wrap, no loss
 * to tell and no mark crossed; everything else is ring_make_room.
 *
 * The positions are ours and private.  Of the shared words only `cons` is
 * read, once, and checked; `prod` is only written.  A nonsensical `cons` shuts
 * the ring for good: from then on its records are lost, and counted.
 *
 * Offsets run modulo twice the size, as the ABI has it: 0 <= prod < 2 * size.
 */
#ifndef ORRERY_TRACE_RING_H
#define ORRERY_TRACE_RING_H

#include "tracing/events/stats.h"

struct trace_ring {
	u8 *next;       /* where the next record begins */
	u8 *stop;       /* a record may be written unseen if it ends at or before this */
	u8 *base;       /* next - base is the shared `prod` */
	struct t_buf *shared;
	struct trace_stats_cpu *stats;
	/* What follows is touched by ring_make_room only. */
	u32 size;       /* bytes of records the ring holds */
	u32 high_water; /* bytes in use at which the consumer is told */
	u32 epoch;      /* of the loss not yet told; see ring_make_room */
	u32 lost;       /* records lost and not yet told */
	u64 lost_first_tsc;
	bool odd_lap;   /* next is `size` further than it looks */
	bool muted;     /* this pCPU is masked out: records are unwanted, not lost */
	bool shut;      /* the consumer's word was bogus */
	bool notify;    /* set when the high-water mark is crossed; the caller clears it */
};

/* What the slow path wants to know about the moment; read by the caller only then. */
struct ring_moment {
	u64 tsc;
	u16 domid, vcpu; /* running now */
	u32 epoch;       /* changes when tracing is disabled: untold loss of before is dropped */
};

/* @mem: @bytes of shared memory, page-aligned, a multiple of PAGE_SIZE, zeroed. */
void ring_init(struct trace_ring *r, void *mem, u32 bytes, struct trace_stats_cpu *stats);

/* Mask this pCPU in or out.  @pre on the ring's own pCPU, interrupts off. */
void ring_set_muted(struct trace_ring *r, bool muted);

/*
 * Room for one record with @header, in order: wraps, tells of loss, crosses
 * the mark, or counts one more loss.  NULL: do not write.  Else ring_commit
 * must follow with the same record's size.
 */
u32 *ring_make_room(struct trace_ring *r, u32 header, const struct ring_moment *now);

/* Is there room for a record of @bytes (a multiple of 4) at r->next?  If not: ring_make_room. */
static inline bool ring_has_room(const struct trace_ring *r, unsigned bytes)
{
	return likely(r->next + bytes <= r->stop);
}

/* The record of @bytes at @rec is complete: let the consumer see it. */
static inline void ring_commit(struct trace_ring *r, u32 *rec, unsigned bytes)
{
	struct trace_stats_cpu *stats = r->stats;
	u8 *next = (u8 *)rec + bytes;
	u32 prod = next - r->base;

	r->next = next;
	__atomic_store_n(&r->shared->prod, prod, __ATOMIC_RELEASE);
	barrier();
	stats->written++;
	barrier();
	stats->prod = prod;
}

/*
 * The last records written since the ring last began at its start, taken by the consumer or not, of
 * which @wanted says yes: at most @n, the newest last; how many.  The consumer may have written over
 * them.  @pre on the ring's own pCPU, interrupts off.
 */
u32 ring_tail(const struct trace_ring *r, bool (*wanted)(const u32 *rec), const u32 **rec, u32 n);

#endif
