/* SPDX-License-Identifier: MIT */
/*
 * The document of all events, in Markdown.
 */
#include "tracing/decode/document.h"

#include "tracing/decode/table.h"

static const char *type_text(unsigned type)
{
	static const char *const names[] = { "u8", "u16", "u16", "u32", "s32", "u32", "u64", "u64",
					     "text" };

	return names[type];
}

static void put_row(const struct trace_event_info *e, FILE *out)
{
	fprintf(out, "| `%s` | 0x%08x", e->name, e->id);
	if (e->vary)
		fprintf(out, " ± 0x%x", e->vary);
	fputs(" | ", out);
	for (unsigned i = 0; i < e->fields; i++)
		fprintf(out, "%s%s %s", i ? ", " : "", type_text(e->field[i].type),
			e->field[i].name);
	if (e->kind == TRACE_KIND_TAIL)
		fputs(", more u32 words", out);
	fprintf(out, "%s | %s%s |\n", e->timed ? "" : " (no TSC)", e->sentence,
		e->kind == TRACE_KIND_READ      ? " *Decoded only.*"
		: e->kind == TRACE_KIND_RETIRED ? " *Retired.*"
						: "");
}

void trace_document(FILE *out)
{
	fputs("# Trace events\n\n"
	      "Made from `events.def` by `orrery trace events`; a test keeps the two together.\n\n"
	      "A record is a header word (id, number of payload words, has-TSC flag), the TSC if\n"
	      "flagged (64 bits), then the fields packed in order, little-endian. Ids and layouts\n"
	      "are Xen 4.17's where Xen has the event. The class is chosen with `tevt_mask=`,\n"
	      "`xentrace -e` or `trace-collector -e`. ± marks id bits that differ between "
	      "records.\n"
	      "*Decoded only*: there is no `trace_<event>()`; the ring itself, the collector or "
	      "Xen\n"
	      "write it. `domid` and `vcpu` name a vCPU, `_ns` is nanoseconds, frame numbers are "
	      "of\n"
	      "4 KiB.\n",
	      out);
	for (unsigned class = 0; class < TRACE_CLASS_COUNT; class++) {
		bool any = false;

		for (unsigned e = 0; e < TRACE_EV_COUNT; e++) {
			if (trace_events[e].class != class)
				continue;
			if (!any)
				fprintf(out,
					"\n## Class %s\n\n| event | id | fields | meaning |\n"
					"| --- | --- | --- | --- |\n",
					trace_class_name(class));
			any = true;
			put_row(&trace_events[e], out);
		}
	}
}
