/* SPDX-License-Identifier: MIT */
/*
 * The trace writers of trace/trace.h for the simulator: every event that the
 * hypervisor can write, from the same table, with the same ids and payloads.
 */
#include "sched-policies/simulator/trace-out.h"

#include "lib/string.h"
#include "trace/trace.h"

u32 trace_active;

static UNUSED struct trace_text16 text16(const char *s)
{
	struct trace_text16 t = { { 0 } };

	memcpy(t.text, s, strnlen(s, sizeof(t.text)));
	return t;
}

#define SET(type, field) .field = SET_##type(field),
#define SET_u8(f) f
#define SET_u16(f) f
#define SET_x16(f) f
#define SET_u32(f) f
#define SET_s32(f) f
#define SET_x32(f) f
#define SET_u64(f) f
#define SET_x64(f) f
#define SET_c16(f) text16(f)

#define WRITE(name, variant, timing, ...)                                       \
	{                                                                       \
		struct trace_rec_##name rec = { TRACE_EACH(SET, __VA_ARGS__) }; \
                                                                                \
		sim_trace_out(TRACE_HEADER(TRACE_ID_##name, TRACE_##timing,     \
					   sizeof(rec) / 4) | (variant),        \
			      &rec, sizeof(rec));                               \
	}

#define WRITER_EMIT(name, vary, timing, ...)                                    \
	void trace_write_##name TRACE_PAREN(TRACE_PARAM, void, __VA_ARGS__)     \
		WRITE(name, 0, timing __VA_OPT__(,) __VA_ARGS__)
#define WRITER_VARIANT(name, vary, timing, ...)                                 \
	void trace_write_##name(u32 variant TRACE_MORE(TRACE_PARAM, __VA_ARGS__)) \
		WRITE(name, variant & (vary), timing __VA_OPT__(,) __VA_ARGS__)
#define WRITER_TAIL(...)
#define WRITER_READ(...)
#define WRITER_RETIRED(...)
#define EVENT(kind, name, id, vary, class, timing, sentence, ...) \
	WRITER_##kind(name, vary, timing __VA_OPT__(,) __VA_ARGS__)
#include "tracing/events/events.def"
#undef EVENT
