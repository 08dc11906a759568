/* SPDX-License-Identifier: MIT */
/*
 * The event table at run time.  The rows are made by the preprocessor from
 * events.def; nothing here lists events by hand.  Ids are found through a hash
 * of all ids with all their variants, filled on first use.
 */
#include "tracing/decode/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIELD(type, name) { #name, TRACE_FIELD_##type },
#define EVENT(kind, name, id, vary, class, timing, sentence, ...)                        \
	[TRACE_EV_##name] = { #name, sentence, TRACE_ID_##name, vary,                    \
			      TRACE_CLASS_##class, TRACE_KIND_##kind, TRACE_##timing,    \
			      sizeof(struct trace_rec_##name) / 4,                       \
			      TRACE_COUNT(__VA_ARGS__), { TRACE_EACH(FIELD, __VA_ARGS__) } },

const struct trace_event_info trace_events[TRACE_EV_COUNT] = {
#include "tracing/events/events.def"
};
#undef EVENT

#define SLOTS 1024 /* power of two, well above the number of ids with variants */

static u16 slot_event[SLOTS]; /* event + 1; 0: empty */
static u32 slot_id[SLOTS];

static unsigned hash(u32 id)
{
	return (id * 2654435761U) >> 16 & (SLOTS - 1);
}

static void insert(u32 id, unsigned event)
{
	unsigned at = hash(id);

	while (slot_event[at] && slot_id[at] != id)
		at = (at + 1) & (SLOTS - 1);
	/* An exact id wins over another row's variant: rows come in table order. */
	if (slot_event[at] && trace_events[slot_event[at] - 1].id == id)
		return;
	slot_id[at] = id;
	slot_event[at] = event + 1;
}

static void fill(void)
{
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++) {
		u32 vary = trace_events[e].vary, some = 0;

		do {
			insert(trace_events[e].id | some, e);
			some = (some - vary) & vary; /* the next subset of the varying bits */
		} while (some);
	}
}

int trace_event_by_id(u32 id)
{
	static bool filled;
	unsigned at = hash(id);

	if (!filled) {
		fill();
		filled = true;
	}
	for (; slot_event[at]; at = (at + 1) & (SLOTS - 1))
		if (slot_id[at] == id)
			return slot_event[at] - 1;
	return -1;
}

int trace_event_by_name(const char *name)
{
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++)
		if (!strcmp(trace_events[e].name, name))
			return e;
	return -1;
}

const char *trace_class_name(unsigned class)
{
	static const char *const names[TRACE_CLASS_COUNT] = {
		[TRACE_CLASS_GEN] = "gen", [TRACE_CLASS_SCHED] = "sched",
		[TRACE_CLASS_DOM0OP] = "dom0op", [TRACE_CLASS_HVM] = "hvm",
		[TRACE_CLASS_MEM] = "mem", [TRACE_CLASS_PV] = "pv",
		[TRACE_CLASS_SHADOW] = "shadow", [TRACE_CLASS_HW] = "hw",
		[TRACE_CLASS_GUEST] = "guest", [TRACE_CLASS_ORRERY] = "orrery",
	};

	return class < TRACE_CLASS_COUNT && names[class] ? names[class] : "other";
}

static unsigned type_bytes(unsigned type)
{
	static const u8 bytes[] = {
		[TRACE_FIELD_u8] = 1, [TRACE_FIELD_u16] = 2, [TRACE_FIELD_x16] = 2,
		[TRACE_FIELD_u32] = 4, [TRACE_FIELD_s32] = 4, [TRACE_FIELD_x32] = 4,
		[TRACE_FIELD_u64] = 8, [TRACE_FIELD_x64] = 8, [TRACE_FIELD_c16] = 16,
	};

	return bytes[type];
}

/* Records are packed: a field starts where those before it end. */
static const u8 *field_bytes(const struct trace_event_info *e, unsigned i, const u32 *payload,
			     unsigned words)
{
	unsigned at = 0;

	for (unsigned k = 0; k < i; k++)
		at += type_bytes(e->field[k].type);
	return at + type_bytes(e->field[i].type) <= words * 4 ? (const u8 *)payload + at : NULL;
}

u64 trace_field_value(const struct trace_event_info *e, unsigned i, const u32 *payload,
		      unsigned words)
{
	const u8 *from = field_bytes(e, i, payload, words);
	unsigned type = e->field[i].type;
	u64 v = 0;

	if (!from || type == TRACE_FIELD_c16)
		return 0;
	memcpy(&v, from, type_bytes(type)); /* records and hosts are little-endian */
	return type == TRACE_FIELD_s32 ? (u64)(s64)(s32)v : v;
}

void trace_field_text(const struct trace_event_info *e, unsigned i, const u32 *payload,
		      unsigned words, char *buf, size_t size)
{
	u64 v = trace_field_value(e, i, payload, words);
	const u8 *from = field_bytes(e, i, payload, words);

	switch (e->field[i].type) {
	case TRACE_FIELD_c16:
		snprintf(buf, size, "%.16s", from ? (const char *)from : "");
		break;
	case TRACE_FIELD_x16:
	case TRACE_FIELD_x32:
	case TRACE_FIELD_x64:
		snprintf(buf, size, "0x%" PRIx64, v);
		break;
	case TRACE_FIELD_s32:
		snprintf(buf, size, "%" PRId64, (s64)v);
		break;
	default:
		snprintf(buf, size, "%" PRIu64, v);
	}
}
