/* SPDX-License-Identifier: MIT */
/*
 * The event table: its own consistency, and one golden record per event.  The
 * golden file (golden/records.txt: name and bytes) is what readers out there
 * rely on; a change of any line is a change of the ABI.  To add the line of a
 * new event, run the tests with ORRERY_GOLDEN=write once and look at the diff.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/decode/document.h"
#include "tracing/decode/reader.h"
#include "tracing/export/encode.h"

#define GOLDEN "tracing/decode/golden/records.txt"

Test(trace_table, ids_are_found_and_unique)
{
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++) {
		u32 vary = trace_events[e].vary, some = 0;

		cr_assert_eq(trace_events[e].id & vary, 0, "%s", trace_events[e].name);
		do {
			int found = trace_event_by_id(trace_events[e].id | some);

			/* READ rows may be one variant of a wider row, never the other way. */
			cr_assert(found == (int)e || (some && found >= 0), "%s variant %x",
				  trace_events[e].name, some);
			some = (some - vary) & vary;
		} while (some);
		cr_assert_eq(trace_event_by_name(trace_events[e].name), (int)e);
	}
	cr_assert_eq(trace_event_by_id(0x00804fff), -1);
	cr_assert_eq(trace_event_by_id(0), -1);
	cr_assert_eq(trace_event_by_name("no_such_event"), -1);
}

Test(trace_table, ids_fit_their_class_and_can_be_traced)
{
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++) {
		const struct trace_event_info *i = &trace_events[e];

		cr_assert(trace_id_plausible(i->id), "%s", i->name);
		cr_assert_eq(trace_class_of(i->id), i->class, "%s", i->name);
		cr_assert(trace_mask_wants(TRC_ALL, i->id), "%s", i->name);
		cr_assert_eq(i->sentence[strlen(i->sentence) - 1], '.', "%s", i->name);
	}
}

Test(trace_table, mask_follows_xens_rule)
{
	cr_assert(trace_mask_wants(TRC_PV, TRACE_ID_hypercall));
	cr_assert(trace_mask_wants(TRC_SCHED_MIN, TRACE_ID_runstate_change));
	cr_assert_not(trace_mask_wants(TRC_SCHED_MIN, TRACE_ID_sched_wake));
	cr_assert_not(trace_mask_wants(TRC_SCHED, TRACE_ID_hypercall));
	/* Class and subclass bits are judged apart, as in Xen: a surprise, but its rule. */
	cr_assert(trace_mask_wants(TRC_PV_SUBCALL | TRC_SCHED_MIN, TRACE_ID_hypercall));
	cr_assert_not(trace_mask_wants(0, TRACE_ID_hypercall));
}

/* Field values that differ everywhere, so that a swap shows. */
static u64 next_value(unsigned *n)
{
	++*n;
	return 0x0101010101010101ULL * (0x10 * (*n % 16) + *n % 16) + *n;
}

static struct trace_text16 text_value(unsigned *n)
{
	struct trace_text16 t = { "" };

	++*n;
	snprintf(t.text, sizeof(t.text), "text-%u", *n);
	return t;
}

#define VALUE_u8 next_value(&n)
#define VALUE_u16 next_value(&n)
#define VALUE_x16 next_value(&n)
#define VALUE_u32 next_value(&n)
#define VALUE_s32 -(s64)next_value(&n)
#define VALUE_x32 next_value(&n)
#define VALUE_u64 next_value(&n)
#define VALUE_x64 next_value(&n)
#define VALUE_c16 text_value(&n)
#define FILL(type, field) p->field = VALUE_##type;

/* Row @e's record: its payload filled field by field, then the bytes on the wire. */
static unsigned sample(unsigned e, u8 *bytes)
{
	union {
		u8 raw[4 * TRACE_EXTRA_MAX];
#define EVENT(kind, name, ...) struct trace_rec_##name name;
#include "tracing/events/events.def"
#undef EVENT
	} payload;
	unsigned n = trace_events[e].id & 0xff; /* stays when rows move */

	memset(&payload, 0, sizeof(payload));
	switch (e) {
#define EVENT(kind, name, id, vary, class, timing, sentence, ...)         \
	case TRACE_EV_##name: {                                           \
		struct trace_rec_##name *p UNUSED = &payload.name;        \
		TRACE_EACH(FILL, __VA_ARGS__)                             \
		break;                                                    \
	}
#include "tracing/events/events.def"
#undef EVENT
	}
	return trace_encode(bytes,
			    TRACE_HEADER(trace_events[e].id | trace_events[e].vary,
					 trace_events[e].timed, trace_events[e].words),
			    0x1122334455667788ULL, &payload);
}

static void line_of(unsigned e, char *line, size_t size)
{
	u8 bytes[TRACE_RECORD_MAX];
	unsigned n = sample(e, bytes), at;

	at = snprintf(line, size, "%s ", trace_events[e].name);
	for (unsigned i = 0; i < n; i++)
		at += snprintf(line + at, size - at, "%02x", bytes[i]);
	snprintf(line + at, size - at, "\n");
}

static void write_golden(void)
{
	FILE *f = fopen(GOLDEN, "w");
	char line[256];

	cr_assert_not_null(f);
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++) {
		line_of(e, line, sizeof(line));
		fputs(line, f);
	}
	fclose(f);
}

Test(trace_table, every_event_has_its_golden_record)
{
	char want[256], have[256], name[64];
	unsigned seen = 0;
	FILE *f;

	if (getenv("ORRERY_GOLDEN"))
		write_golden();
	f = fopen(GOLDEN, "r");
	cr_assert_not_null(f, "run the tests from the top of the tree");
	while (fgets(want, sizeof(want), f)) {
		int e;

		sscanf(want, "%63s", name);
		e = trace_event_by_name(name);
		cr_assert(e >= 0, "%s has vanished; retire a row, do not remove it", name);
		line_of(e, have, sizeof(have));
		cr_assert_str_eq(have, want);
		seen++;
	}
	fclose(f);
	cr_assert_eq(seen, TRACE_EV_COUNT, "events without a golden record");
}

#define DOCUMENT "tracing/events/EVENTS.md"

static char *whole_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);
	size_t n = f ? fread(text, 1, (1 << 20) - 1, f) : 0;

	cr_assert_not_null(f, "run the tests from the top of the tree");
	text[n] = 0;
	fclose(f);
	return text;
}

Test(trace_table, document_is_up_to_date)
{
	char *want, *have;
	size_t size;
	FILE *f = getenv("ORRERY_GOLDEN") ? fopen(DOCUMENT, "w") : NULL;

	if (f) {
		trace_document(f);
		fclose(f);
	}
	f = open_memstream(&have, &size);
	trace_document(f);
	fclose(f);
	want = whole_file(DOCUMENT);
	cr_assert(!strcmp(have, want), "`orrery trace events > " DOCUMENT "` and look at the diff");
	free(want);
	free(have);
}
