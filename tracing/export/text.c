/* SPDX-License-Identifier: MIT */
/*
 * A trace as text; see text.h.
 */
#include "tracing/export/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "tracing/decode/model.h"
#include "tracing/decode/names.h"

struct out {
	char *buf;
	size_t size, used;
};

static void put(struct out *o, const char *format, ...) PRINTF_LIKE(2, 3);

static void put(struct out *o, const char *format, ...)
{
	va_list args;
	int n;

	if (o->used >= o->size)
		return;
	va_start(args, format);
	n = vsnprintf(o->buf + o->used, o->size - o->used, format, args);
	va_end(args);
	if (n > 0)
		o->used += n;
}

/* What the numbers of some events mean. */
static void explain(const struct trace_record *rec, struct out *o)
{
	u32 op = rec->data[0] & ~TRC_PV_HYPERCALL_V2_ARG_MASK;
	const char *name = NULL;

	switch (rec->event) {
	case TRACE_EV_hypercall:
	case TRACE_EV_hypercall_subcall:
		name = hypercall_name(op);
		if (name)
			put(o, " (%s", name);
		if (name && hypercall_sub_arg(op) == 0 && rec->words > 1 &&
		    hypercall_sub_name(op, rec->data[1]))
			put(o, ":%s", hypercall_sub_name(op, rec->data[1]));
		break;
	case TRACE_EV_runstate_change:
		name = model_state_name(rec->id >> 4 & 3);
		put(o, " (%s to %s", model_state_name(rec->id >> 8 & 3), name);
		break;
	case TRACE_EV_pv_trap:
		name = trap_name(rec->data[2] & 0x7fff);
		if (name)
			put(o, " (%s", name);
		break;
	case TRACE_EV_virq_raise:
		name = virq_name(rec->data[0]);
		if (name)
			put(o, " (%s", name);
		break;
	}
	if (name)
		put(o, ")");
}

void trace_fields_text(const struct trace_record *rec, char *buf, size_t size)
{
	struct out o = { buf, size, 0 };
	unsigned named = 0;
	char value[32];

	buf[0] = 0;
	if (rec->event >= 0) {
		const struct trace_event_info *e = &trace_events[rec->event];

		for (unsigned i = 0; i < e->fields; i++) {
			trace_field_text(e, i, rec->data, rec->words, value, sizeof(value));
			put(&o, "%s%s=%s", i ? " " : "", e->field[i].name, value);
		}
		named = e->words;
	}
	for (unsigned i = named; i < rec->words; i++)
		put(&o, "%sw%u=0x%x", o.used ? " " : "", i, rec->data[i]);
	explain(rec, &o);
}

static u64 to_ns(u64 ticks, u64 hz)
{
	return (unsigned __int128)ticks * 1000000000 / hz;
}

static const char *event_name(const struct trace_record *rec, char buf[16])
{
	if (rec->event >= 0)
		return trace_events[rec->event].name;
	snprintf(buf, 16, "0x%08x", rec->id);
	return buf;
}

/* Who runs on the record's pCPU: NULL if that is not known. */
static const struct model_vcpu *who(const struct model *m, u32 cpu)
{
	s32 i = model_running(m, cpu);

	return i < 0 ? NULL : &m->vcpus[i];
}

void trace_dump(struct trace_file *f, u64 tsc_hz, int event, u64 limit, FILE *out)
{
	char fields[512], name[16], vcpu[16];
	struct trace_record rec;
	struct model m;
	u64 n = 0;

	model_init(&m, NULL, NULL);
	model_begin(&m, f);
	while (trace_file_next(f, &rec) == TRACE_RECORD && !(limit && n == limit)) {
		const struct model_vcpu *v = who(&m, rec.cpu);
		u64 ns = rec.tsc > m.first_tsc ? to_ns(rec.tsc - m.first_tsc, tsc_hz) : 0;

		if (event < 0 || rec.event == event) {
			trace_fields_text(&rec, fields, sizeof(fields));
			fprintf(out, "%5" PRIu64 ".%09" PRIu64 " p%-3u %-7s %-22s %s\n",
				ns / 1000000000, ns % 1000000000, rec.cpu,
				v ? model_vcpu_name(v, vcpu, sizeof(vcpu)) : "?",
				event_name(&rec, name), fields);
			n++;
		}
		model_apply(&m, &rec);
	}
	model_free(&m);
}

void trace_csv(struct trace_file *f, u64 tsc_hz, FILE *out)
{
	char fields[512], name[16];
	struct trace_record rec;
	struct model m;

	model_init(&m, NULL, NULL);
	model_begin(&m, f);
	fputs("time_ns,pcpu,domid,vcpu,class,event,id,fields\n", out);
	while (trace_file_next(f, &rec) == TRACE_RECORD) {
		const struct model_vcpu *v = who(&m, rec.cpu);
		u64 ns = rec.tsc > m.first_tsc ? to_ns(rec.tsc - m.first_tsc, tsc_hz) : 0;

		trace_fields_text(&rec, fields, sizeof(fields));
		fprintf(out, "%" PRIu64 ",%u,%d,%d,%s,%s,0x%08x,%s\n", ns, rec.cpu,
			v ? v->domid : -1, v ? v->vcpu : -1,
			trace_class_name(trace_class_of(rec.id)), event_name(&rec, name), rec.id,
			fields);
		model_apply(&m, &rec);
	}
	model_free(&m);
}
