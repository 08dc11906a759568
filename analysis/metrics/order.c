/* SPDX-License-Identifier: MIT */
/*
 * Dispatch order; contracts in order.h.  A dispatch is a runstate record that
 * says a vCPU is running now.
 */
#include "analysis/metrics/order.h"

#include <stdlib.h>

#include "tracing/decode/model.h"
#include "tracing/decode/table.h"

#define RUNNING_NOW(rec)                                                        \
	((rec)->event == TRACE_EV_runstate_change && ((rec)->id >> 4 & 3) == MODEL_RUNNING)

static u16 domid_of(const struct trace_record *rec)
{
	return rec->data[0] >> 16;
}

static bool is_guest(const struct trace_record *rec)
{
	return domid_of(rec) && domid_of(rec) < MODEL_IDLE_DOMID;
}

/* The pCPU that dispatches guests most often. */
static u32 busiest(struct trace_file *f)
{
	u64 *count = calloc(f->cpus ? f->cpus : 1, sizeof(*count));
	struct trace_record rec;
	u32 best = 0;

	trace_file_rewind(f);
	while (trace_file_next(f, &rec) == TRACE_RECORD)
		if (RUNNING_NOW(&rec) && is_guest(&rec))
			count[rec.cpu]++;
	for (u32 i = 1; i < f->cpus; i++)
		if (count[i] > count[best])
			best = i;
	free(count);
	return best;
}

static u64 to_ns(u64 ticks, u64 hz)
{
	return (unsigned __int128)ticks * 1000000000 / hz;
}

static void add(struct order *o, const struct order_entry *e)
{
	if (!(o->nr & (o->nr - 1)))
		o->entry = realloc(o->entry, (o->nr ? 2 * o->nr : 1) * sizeof(*o->entry));
	o->entry[o->nr++] = *e;
}

void order_of_trace(struct order *o, struct trace_file *f, u32 cpu, u64 ticks_hz)
{
	struct trace_record rec;
	u64 first = 0;

	*o = (struct order){ .cpu = cpu == ORDER_ANY_CPU ? busiest(f) : cpu };
	trace_file_rewind(f);
	while (trace_file_next(f, &rec) == TRACE_RECORD) {
		if (o->nr)
			o->end_ns = to_ns(rec.tsc - first, ticks_hz);
		if (!RUNNING_NOW(&rec) || !is_guest(&rec) || rec.cpu != o->cpu)
			continue;
		if (!o->nr)
			first = rec.tsc;
		add(o, &(struct order_entry){ to_ns(rec.tsc - first, ticks_hz), domid_of(&rec),
					      (u16)rec.data[0] });
	}
}

void order_free(struct order *o)
{
	free(o->entry);
	*o = (struct order){ 0 };
}

static bool agree(const struct order_entry *a, const struct order_entry *b)
{
	return a->domid == b->domid && a->vcpu == b->vcpu;
}

struct order_verdict order_compare(const struct order *a, const struct order *b, u64 until_ns,
				   u64 slack_ns)
{
	u64 end = a->end_ns < b->end_ns ? a->end_ns : b->end_ns;
	struct order_verdict v = { 0 };
	const struct order_entry *left;

	end = end < until_ns ? end : until_ns;
	for (; v.same < a->nr && v.same < b->nr; v.same++) {
		const struct order_entry *x = &a->entry[v.same], *y = &b->entry[v.same];
		u64 shift = x->ns > y->ns ? x->ns - y->ns : y->ns - x->ns;

		if (x->ns > end || y->ns > end)
			break;
		if (!agree(x, y)) {
			v.differs = x->ns + slack_ns < end && y->ns + slack_ns < end;
			return v;
		}
		if (shift > v.shift_ns) {
			v.shift_ns = shift;
			v.shift_at_ns = x->ns;
		}
	}
	/* What one of them has more of. */
	left = v.same < a->nr ? &a->entry[v.same] : NULL;
	v.differs = left && left->ns + slack_ns < end;
	left = v.same < b->nr ? &b->entry[v.same] : NULL;
	v.differs |= left && left->ns + slack_ns < end;
	return v;
}
