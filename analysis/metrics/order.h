/* SPDX-License-Identifier: MIT */
/*
 * The order in which vCPUs come to run on one pCPU, and whether two traces
 * agree in it: a simulation and the machine, two policies, two seeds.
 */
#ifndef ORRERY_METRICS_ORDER_H
#define ORRERY_METRICS_ORDER_H

#include "tracing/decode/merge.h"

struct order_entry {
	u64 ns; /* since the first dispatch */
	u16 domid, vcpu;
};

struct order {
	struct order_entry *entry;
	size_t nr;
	u32 cpu;
	u64 end_ns; /* of the trace, since the first dispatch */
};

struct order_verdict {
	size_t same;          /* dispatches that agree */
	bool differs;
	u64 shift_ns;         /* the largest between two that agree, and when (in A) */
	u64 shift_at_ns;
};

#define ORDER_ANY_CPU (~0U)

/*
 * Dispatches of guests' vCPUs (not Dom0's, not idle ones) on @cpu, or on the one that has most of
 * them.  @ticks_hz: of the trace's time stamps.
 */
void order_of_trace(struct order *o, struct trace_file *f, u32 cpu, u64 ticks_hz);
void order_free(struct order *o);

/* One by one, until one of the traces or @until_ns ends.  @slack_ns: so close to that end a dispatch
 * may be on one side only. */
struct order_verdict order_compare(const struct order *a, const struct order *b, u64 until_ns,
				   u64 slack_ns);

#endif
