/* SPDX-License-Identifier: MIT */
/*
 * The last scheduling records of the pCPU that asks, as text, for reports of
 * what went wrong.  Nothing if tracing has been off.
 */
#include "trace/trace.h"

#include "trace/tbuf.h"
#include "x86/percpu.h"
#include "time/clock.h"

#define MOST 16

static const struct {
	u32 id, vary;
	const char *name;
} events[] = {
#define EVENT(kind, name, id, vary, class, timing, sentence, ...) { (id), (vary), #name },
#include "tracing/events/events.def"
#undef EVENT
};

static const char *name_of(u32 id)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if ((id & ~events[i].vary) == events[i].id)
			return events[i].name;
	return "?";
}

static u32 id_of(const u32 *rec)
{
	return rec[0] & 0x0fffffff;
}

/* Scheduling, with its time. */
static bool is_scheduling(const u32 *rec)
{
	return rec[0] >> 31 && id_of(rec) >> TRC_CLS_SHIFT == TRC_SCHED >> TRC_CLS_SHIFT;
}

void trace_tail(u32 most, void (*line)(void *ctx, const char *name, u64 ns_ago, u32 variant,
				       const u32 *words, u32 nr), void *ctx)
{
	const struct trace_ring *r = this_cpu()->trace;
	const u32 *rec[MOST];
	u64 now = rdtsc();
	u32 n;

	if (!trace_active)
		return;
	n = ring_tail(r, is_scheduling, rec, MIN(most, MOST));
	for (u32 i = 0; i < n; i++) {
		u64 tsc = rec[i][1] | (u64)rec[i][2] << 32;

		line(ctx, name_of(id_of(rec[i])), (now - tsc) * 1000000 / tsc_khz,
		     id_of(rec[i]) & 0xff0, rec[i] + 3, rec[i][0] >> 28 & 7);
	}
}
