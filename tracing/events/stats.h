/* SPDX-License-Identifier: MIT */
/*
 * The accounting page: how many records each ring got and lost, kept by the
 * hypervisor beside the rings and mapped read-only by the collector.  It lies
 * in the t_info area behind the page lists (stock tools never look there); a
 * collector finds it by the magic at the start of one of that area's pages.
 *
 * With it "produced = consumed + lost" can be checked for every pCPU:
 * produced is `written` plus `lost`, whatever was consumed must add up.
 */
#ifndef ORRERY_TRACING_STATS_H
#define ORRERY_TRACING_STATS_H

#include "tracing/events/events.h"

#define TRACE_STATS_MAGIC 0x3154415453525254ULL /* "TRRSTAT1" */

struct trace_stats_cpu {
	/* Records written so far, modulo 2^32 (fillers and loss records do not count), then the
	 * ring position behind the last of them.  Stored in the order shared `prod`, written,
	 * prod: while both positions are equal, `written` belongs to them. */
	u32 written, prod;
	u32 seq;            /* odd while the fields below change */
	u32 bogus;          /* times the consumer's word was out of range: ring shut */
	u64 lost;           /* records that found no room, since boot */
	u64 lost_announced; /* of these, told in loss records */
	u64 lost_dropped;   /* of these, never told: tracing was disabled first */
	u64 lost_by_class[TRACE_CLASS_COUNT];
} ALIGNED(64);

struct trace_stats {
	u64 magic;
	u32 cpus;   /* entries */
	u32 stride; /* bytes from one entry to the next */
	u64 tsc_hz; /* 0: not known */
	u64 reserved[5];
	struct trace_stats_cpu cpu[];
};
_Static_assert(offsetof(struct trace_stats, cpu) == 64, "collector's view");
_Static_assert(sizeof(struct trace_stats_cpu) == 192, "collector's view");

#endif
