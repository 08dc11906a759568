/* SPDX-License-Identifier: MIT */
/*
 * The xentrace stream in file order.  Record layout: struct t_rec of
 * <xen/trace.h>; windows as xentrace writes them.
 */
#include "tracing/decode/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static u32 word_at(const u8 *data, u64 offset)
{
	u32 v;

	memcpy(&v, data + offset, 4);
	return v;
}

bool trace_id_plausible(u32 id)
{
	u32 main = id >> TRC_CLS_SHIFT;

	/* Every writer sets one class bit and at least one subclass bit. */
	return main && !(main & (main - 1)) && (id & 0xf000);
}

unsigned trace_record_parse(const u8 *data, u64 offset, u64 limit, struct trace_record *rec)
{
	unsigned bytes, at = 4;
	u32 header;

	if (offset > limit || limit - offset < 4)
		return 0;
	header = word_at(data, offset);
	bytes = trace_record_bytes(header);
	if (limit - offset < bytes)
		return 0;

	rec->offset = offset;
	rec->id = TRC_HD_TO_EVENT(header);
	rec->event = trace_event_by_id(rec->id);
	rec->words = TRC_HD_EXTRA(header);
	rec->timed = header >> 31;
	if (rec->timed) {
		rec->tsc = word_at(data, offset + 4) | (u64)word_at(data, offset + 8) << 32;
		at += 8;
	}
	memset(rec->data, 0, sizeof(rec->data));
	memcpy(rec->data, data + offset + at, rec->words * 4);
	return bytes;
}

enum trace_status trace_window_parse(const u8 *data, u64 offset, u64 limit, u32 *cpu, u32 *bytes,
				     char *error)
{
	struct trace_record rec;

	if (offset == limit)
		return TRACE_END;
	if (limit - offset >= 4 &&
	    word_at(data, offset) != TRACE_HEADER(TRACE_ID_cpu_change, 0, 2)) {
		snprintf(error, TRACE_ERROR_MAX,
			 "offset %" PRIu64 ": %s (expected a CPU_CHANGE record, found %08x)",
			 offset, offset ? "damaged" : "not a xentrace file",
			 word_at(data, offset));
		return TRACE_BAD;
	}
	if (!trace_record_parse(data, offset, limit, &rec))
		return TRACE_MORE;
	*cpu = rec.data[0];
	*bytes = rec.data[1];
	if (*cpu >= TRACE_PCPUS_MAX || *bytes % 4) {
		snprintf(error, TRACE_ERROR_MAX,
			 "offset %" PRIu64 ": damaged (window of pCPU %u, %u bytes)", offset, *cpu,
			 *bytes);
		return TRACE_BAD;
	}
	return TRACE_RECORD;
}

void trace_reader_init(struct trace_reader *r, const void *data, u64 bytes)
{
	*r = (struct trace_reader){ .data = data, .limit = bytes };
}

void trace_reader_extend(struct trace_reader *r, const void *data, u64 bytes)
{
	r->data = data;
	r->limit = bytes;
}

void trace_reader_free(struct trace_reader *r)
{
	free(r->last_tsc);
	r->last_tsc = NULL;
	r->cpus = 0;
}

static void know_cpu(struct trace_reader *r, u32 cpu)
{
	if (cpu < r->cpus)
		return;
	r->last_tsc = realloc(r->last_tsc, (cpu + 1) * sizeof(*r->last_tsc));
	if (!r->last_tsc)
		abort();
	memset(r->last_tsc + r->cpus, 0, (cpu + 1 - r->cpus) * sizeof(*r->last_tsc));
	r->cpus = cpu + 1;
}

/* At a window's end: go on to the next window that has records. */
static enum trace_status next_window(struct trace_reader *r)
{
	while (r->offset == r->window_end) {
		u32 cpu, bytes;
		enum trace_status s =
			trace_window_parse(r->data, r->offset, r->limit, &cpu, &bytes, r->error);

		if (s != TRACE_RECORD)
			return s;
		know_cpu(r, cpu);
		r->cpu = cpu;
		r->offset += TRACE_WINDOW_HEAD;
		r->window_end = r->offset + bytes;
	}
	return TRACE_RECORD;
}

static enum trace_status bad(struct trace_reader *r, const char *what)
{
	snprintf(r->error, sizeof(r->error), "offset %" PRIu64 ": damaged (%s, header %08x)",
		 r->offset, what, word_at(r->data, r->offset));
	return TRACE_BAD;
}

enum trace_status trace_reader_next(struct trace_reader *r, struct trace_record *rec)
{
	enum trace_status s = next_window(r);
	unsigned bytes;

	if (s != TRACE_RECORD)
		return s;
	bytes = trace_record_parse(r->data, r->offset, r->limit, rec);
	if (!bytes)
		return TRACE_MORE;
	if (r->offset + bytes > r->window_end)
		return bad(r, "record leaves its window");
	if (!trace_id_plausible(rec->id) || rec->id == TRACE_ID_cpu_change)
		return bad(r, "no such event");
	rec->cpu = r->cpu;
	if (rec->timed)
		r->last_tsc[r->cpu] = rec->tsc;
	else
		rec->tsc = r->last_tsc[r->cpu];
	r->offset += bytes;
	return TRACE_RECORD;
}
