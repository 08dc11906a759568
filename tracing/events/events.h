/* SPDX-License-Identifier: MIT */
/*
 * What the event table means in C: ids, packed payloads, classes.  Shared by
 * the hypervisor, the collector, the simulator and the host tools; knows no
 * machine.  A record is a header word (id, number of payload words, has-TSC
 * flag), the TSC if flagged, then the payload: struct t_rec of <xen/trace.h>.
 */
#ifndef ORRERY_TRACING_EVENTS_H
#define ORRERY_TRACING_EVENTS_H

#include "lib/types.h"

#include <xen/trace.h> /* wants the fixed-width types first */

#include "tracing/events/map.h"

/* Our own ids: hardware class, subclasses Xen does not use. */
#define TRACE_ORRERY 0x00804000
#define TRACE_ORRERY_META 0x00808000

/* Largest record: header, TSC and seven words. */
#define TRACE_RECORD_MAX (4 + 8 + 4 * TRACE_EXTRA_MAX)

/* Classes, numbered by the header's main bit; ours is the one that has none of its own. */
enum trace_class {
	TRACE_CLASS_GEN = 0,
	TRACE_CLASS_SCHED = 1,
	TRACE_CLASS_DOM0OP = 2,
	TRACE_CLASS_HVM = 3,
	TRACE_CLASS_MEM = 4,
	TRACE_CLASS_PV = 5,
	TRACE_CLASS_SHADOW = 6,
	TRACE_CLASS_HW = 7,
	TRACE_CLASS_GUEST = 11,
	TRACE_CLASS_ORRERY = 12,
	TRACE_CLASS_COUNT = 16,
};

static inline unsigned trace_class_of(u32 header)
{
	u32 main = TRC_HD_TO_EVENT(header) >> TRC_CLS_SHIFT;

	if (main == TRACE_ORRERY >> TRC_CLS_SHIFT &&
	    (header & (TRACE_ORRERY | TRACE_ORRERY_META) & 0xf000))
		return TRACE_CLASS_ORRERY;
	return main ? __builtin_ctz(main) : TRACE_CLASS_COUNT - 1;
}

static inline unsigned trace_record_bytes(u32 header)
{
	return 4 + (header >> 31) * 8 + TRC_HD_EXTRA(header) * 4;
}

/* Is an event of this id wanted under @mask?  Xen's rule: class and subclass must both meet. */
static inline bool trace_mask_wants(u32 mask, u32 id)
{
	return (mask & id & 0x0fff0000) && (mask & id & 0x0000f000);
}

/* C types of the table's field types. */
#define TRACE_CTYPE_u8 u8
#define TRACE_CTYPE_u16 u16
#define TRACE_CTYPE_x16 u16
#define TRACE_CTYPE_u32 u32
#define TRACE_CTYPE_s32 s32
#define TRACE_CTYPE_x32 u32
#define TRACE_CTYPE_u64 u64
#define TRACE_CTYPE_x64 u64
#define TRACE_CTYPE_c16 struct trace_text16

struct trace_text16 {
	char text[16];
};

/* enum trace_event: dense index; enum trace_id: the 28-bit ids. */
#define EVENT(kind, name, ...) TRACE_EV_##name,
enum trace_event {
#include "tracing/events/events.def"
	TRACE_EV_COUNT
};
#undef EVENT

#define EVENT(kind, name, id, ...) TRACE_ID_##name = (id),
enum trace_id {
#include "tracing/events/events.def"
};
#undef EVENT

/* struct trace_rec_<name>: the payload. */
#define TRACE_MEMBER(type, field) TRACE_CTYPE_##type field;
#define EVENT(kind, name, id, vary, class, timing, sentence, ...)              \
	struct trace_rec_##name {                                              \
		TRACE_EACH(TRACE_MEMBER, __VA_ARGS__)                          \
	} PACKED;                                                              \
	_Static_assert(sizeof(struct trace_rec_##name) % 4 == 0 &&             \
		       sizeof(struct trace_rec_##name) <= 4 * TRACE_EXTRA_MAX, \
		       "payload of " #name);
#include "tracing/events/events.def"
#undef EVENT

#define TRACE_TIMED 1
#define TRACE_UNTIMED 0

/* The header word of a record with @words of payload. */
#define TRACE_HEADER(id, timed, words) \
	((u32)(id) | (u32)(words) << TRACE_EXTRA_SHIFT | (u32)(timed) << 31)

#endif
