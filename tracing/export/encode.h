/* SPDX-License-Identifier: MIT */
/*
 * Writing xentrace streams on the host: typed trace_put_<event>() functions
 * from the event table, and a writer that gathers each pCPU's records into
 * windows.  Used by the scheduler simulator and by tests; what it writes is
 * byte for byte what the hypervisor and the collector write.
 */
#ifndef ORRERY_TRACING_ENCODE_H
#define ORRERY_TRACING_ENCODE_H

#include <stdio.h>

#include "tracing/events/events.h"

struct trace_writer {
	FILE *out;
	struct trace_writer_cpu {
		u8 *buf;
		u32 used, size;
	} *cpu;
	u32 cpus;
	u32 window;  /* bytes gathered before a pCPU's window is written */
	bool failed; /* a write to @out failed; told by close */
};

/* To @out (stays the caller's), in windows of about @window bytes a pCPU. */
void trace_writer_init(struct trace_writer *w, FILE *out, u32 window);
/* Write what is gathered, pCPUs in order, and free everything.  0 or -EIO. */
int trace_writer_finish(struct trace_writer *w);
/* One record: @header as TRACE_HEADER makes it; @tsc is ignored for untimed ones. */
void trace_writer_put(struct trace_writer *w, u32 cpu, u32 header, u64 tsc, const void *payload);

/* The bytes of one record into @buf (TRACE_RECORD_MAX); how many. */
unsigned trace_encode(u8 *buf, u32 header, u64 tsc, const void *payload);

/* A hypercall record (TRACE_ID_hypercall or _subcall): @args of which bit i of @present says
 * that argument i is there, each as one word. */
void trace_put_call(struct trace_writer *w, u32 cpu, u64 tsc, u32 id, u32 op, unsigned present,
		    const u32 *args);

#define TRACE_PUT_PARAM(type, field) TRACE_CTYPE_##type field
#define TRACE_PUT_SET(type, field) .field = field,

#define TRACE_PUT_PLAIN(name, timing, ...)                                                  \
	static inline void trace_put_##name(struct trace_writer *w, u32 cpu,                \
					    u64 tsc TRACE_MORE(TRACE_PUT_PARAM, __VA_ARGS__)) \
	{                                                                                   \
		struct trace_rec_##name rec = { TRACE_EACH(TRACE_PUT_SET, __VA_ARGS__) };   \
                                                                                            \
		trace_writer_put(w, cpu,                                                    \
				 TRACE_HEADER(TRACE_ID_##name, TRACE_##timing, sizeof(rec) / 4), \
				 tsc, &rec);                                                \
	}
#define TRACE_PUT_EMIT TRACE_PUT_PLAIN
#define TRACE_PUT_READ TRACE_PUT_PLAIN
#define TRACE_PUT_RETIRED(...)
#define TRACE_PUT_TAIL(...)
#define TRACE_PUT_VARIANT(name, timing, ...)                                                \
	static inline void trace_put_##name(struct trace_writer *w, u32 cpu, u64 tsc,       \
					    u32 variant TRACE_MORE(TRACE_PUT_PARAM, __VA_ARGS__)) \
	{                                                                                   \
		struct trace_rec_##name rec = { TRACE_EACH(TRACE_PUT_SET, __VA_ARGS__) };   \
                                                                                            \
		trace_writer_put(w, cpu,                                                    \
				 TRACE_HEADER(TRACE_ID_##name | variant, TRACE_##timing,    \
					      sizeof(rec) / 4),                             \
				 tsc, &rec);                                                \
	}
#define EVENT(kind, name, id, vary, class, timing, sentence, ...) \
	TRACE_PUT_##kind(name, timing __VA_OPT__(,) __VA_ARGS__)
#include "tracing/events/events.def"
#undef EVENT

#endif
