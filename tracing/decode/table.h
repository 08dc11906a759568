/* SPDX-License-Identifier: MIT */
/*
 * The event table at run time: what every id means, made from events.def.
 * Readers look ids up here and print or pick fields by name or position.
 * Constant data and one index built on first use; single-threaded callers.
 */
#ifndef ORRERY_TRACING_DECODE_TABLE_H
#define ORRERY_TRACING_DECODE_TABLE_H

#include "tracing/events/events.h"

enum trace_field_type {
	TRACE_FIELD_u8, TRACE_FIELD_u16, TRACE_FIELD_x16, TRACE_FIELD_u32, TRACE_FIELD_s32,
	TRACE_FIELD_x32, TRACE_FIELD_u64, TRACE_FIELD_x64, TRACE_FIELD_c16,
};

enum trace_event_kind {
	TRACE_KIND_EMIT, TRACE_KIND_VARIANT, TRACE_KIND_TAIL, TRACE_KIND_READ, TRACE_KIND_RETIRED,
};

struct trace_field {
	const char *name;
	u8 type; /* enum trace_field_type */
};

#define TRACE_FIELDS_MAX 8

struct trace_event_info {
	const char *name, *sentence;
	u32 id;
	u32 vary;        /* id bits that differ between records */
	u8 class, kind;  /* enum trace_class, enum trace_event_kind */
	u8 timed;
	u8 words;        /* of payload; the least for TAIL rows */
	u8 fields;
	struct trace_field field[TRACE_FIELDS_MAX];
};

extern const struct trace_event_info trace_events[TRACE_EV_COUNT];

/* Index into trace_events (enum trace_event) of a 28-bit id, or -1. */
int trace_event_by_id(u32 id);
/* By name, or -1. */
int trace_event_by_name(const char *name);
/* "sched", "pv", ...; never NULL. */
const char *trace_class_name(unsigned class);

/* Field @i of a payload: number (sign-extended for s32).  0 for text, and for a field that lies
 * beyond @words. */
u64 trace_field_value(const struct trace_event_info *e, unsigned i, const u32 *payload,
		      unsigned words);
/* As text: decimal, hex or the string, by type. Always ends @buf. */
void trace_field_text(const struct trace_event_info *e, unsigned i, const u32 *payload,
		      unsigned words, char *buf, size_t size);

#endif
