/* SPDX-License-Identifier: MIT */
/*
 * One pCPU's ring as its consumer sees it: taking out what is there, counting
 * it, and checking the counts against the hypervisor's accounting page.  No
 * hypercalls and no files here; the caller maps and writes.
 */
#ifndef ORRERY_COLLECTOR_DRAIN_H
#define ORRERY_COLLECTOR_DRAIN_H

#include "tracing/events/stats.h"

struct ring_view {
	struct t_buf *shared;
	u32 size;                            /* bytes of records */
	const struct trace_stats_cpu *stats; /* NULL: the hypervisor keeps none (Xen) */
	/* At the start, from the accounting page: */
	u32 written_first, prod_first;
	u64 announced_first;
	bool past_first;   /* everything that was in the ring at the start is counted */
	u32 backlog;       /* records that were in it */
	u64 backlog_lost;  /* of the loss told, told in those */
	/* Counted from what was taken out: */
	u64 consumed;      /* records, fillers and loss records apart */
	u64 lost_told;     /* sum of the loss records */
	u64 bytes;
	bool broken;       /* positions or records that cannot be; taken no further */
};

/* What is in the ring now: up to two pieces, in order. */
struct ring_piece {
	const u8 *at;
	u32 bytes;
};

/* @pre @v zeroed but for shared, size and stats.  False: the pCPU was caught in mid-record; try
 * again a little later. */
bool ring_start(struct ring_view *v);
/* Bytes there are; @piece[0..1] filled (second may be empty).  0 also when broken. */
u32 ring_look(struct ring_view *v, struct ring_piece piece[2]);
/* Count a private copy of what ring_look showed. */
void ring_count(struct ring_view *v, const u8 *copy, u32 bytes);
/* Give the space back to the producer. */
void ring_consume(struct ring_view *v, u32 bytes);

/* The books of one ring, after tracing was disabled and the ring drained. */
struct ring_books {
	u64 produced; /* consumed + lost if @known, else the same by definition */
	u64 consumed;
	u64 lost;     /* told in loss records or, at the very end, not told any more */
	bool known;   /* produced comes from the hypervisor: the sum is a check */
	bool right;   /* produced = consumed + lost, and the loss told is the loss counted */
};
struct ring_books ring_close_books(const struct ring_view *v);

#endif
