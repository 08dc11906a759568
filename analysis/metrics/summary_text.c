/* SPDX-License-Identifier: MIT */
/*
 * The summary as text for people.  Times are printed in microseconds with
 * three decimals from integer arithmetic, so that the same trace gives the
 * same bytes everywhere.
 */
#include "analysis/metrics/summary.h"

#include <inttypes.h>
#include <string.h>

#include "tracing/decode/names.h"

static const char *us(const struct summary *s, u64 ticks, char buf[32])
{
	u64 ns = summary_ns(s, ticks);

	snprintf(buf, 32, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
	return buf;
}

static const char *ms(const struct summary *s, u64 ticks, char buf[32])
{
	u64 us = summary_ns(s, ticks) / 1000;

	snprintf(buf, 32, "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
	return buf;
}

static void head(const struct summary *s, const struct summary_title *t, FILE *out)
{
	char b[32];

	if (t && t->run)
		fprintf(out, "run        %s\n", t->run);
	fprintf(out, "policy     %s", t && t->policy ? t->policy : "not told");
	if (t && t->frames)
		fprintf(out, ", frames %s", t->frames);
	fprintf(out, "\ntime       %s ms at %" PRIu64 " Hz%s\n",
		ms(s, s->last_tsc - s->first_tsc, b), s->tsc_hz,
		s->tsc_hz_told ? "" : " (assumed: the trace does not say; --tsc-hz sets it)");
	fprintf(out, "records    %" PRIu64 " (%" PRIu64 " bytes) from %u pCPUs\n", s->records,
		s->bytes, s->cpu_count);
	fprintf(out, "lost       %" PRIu64 "%s\n", s->lost,
		s->lost ? "   <- figures below are of what is left" : "");
	if (s->unknown)
		fprintf(out, "unknown    %" PRIu64 " records with ids this program does not have\n",
			s->unknown);
	if (s->model.odd)
		fprintf(out, "odd        %" PRIu64 " runstate records that do not follow from "
			     "those before\n",
			s->model.odd);
	if (s->damage[0])
		fprintf(out, "DAMAGED    %s\n", s->damage);
}

static void classes(const struct summary *s, FILE *out)
{
	fprintf(out, "\nRecords by class\n  %-10s %10s %12s\n", "class", "records", "bytes");
	for (unsigned c = 0; c < TRACE_CLASS_COUNT; c++)
		if (s->class_records[c])
			fprintf(out, "  %-10s %10" PRIu64 " %12" PRIu64 "\n", trace_class_name(c),
				s->class_records[c], s->class_bytes[c]);
}

static void events(const struct summary *s, FILE *out)
{
	fprintf(out, "\nRecords by event\n  %-24s %-8s %10s\n", "event", "class", "records");
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++)
		if (s->event_records[e])
			fprintf(out, "  %-24s %-8s %10" PRIu64 "\n", trace_events[e].name,
				trace_class_name(trace_events[e].class), s->event_records[e]);
}

static void pcpus(const struct summary *s, FILE *out)
{
	char a[32], b[32];

	fprintf(out, "\npCPUs (ms)\n  %-6s %10s %8s %14s %14s %10s\n", "pCPU", "records", "lost",
		"busy", "idle", "spells");
	for (u32 c = 0; c < s->cpu_count; c++)
		fprintf(out, "  p%-5u %10" PRIu64 " %8" PRIu64 " %14s %14s %10" PRIu64 "%s\n", c,
			s->cpus[c].records, s->cpus[c].lost, ms(s, s->cpus[c].busy, a),
			ms(s, s->cpus[c].idle, b), s->cpus[c].switches,
			s->cpus[c].backward ? "   (its TSC went backward)" : "");
	fprintf(out, "  some pCPU idle while a vCPU waited: %s ms in all, at most %s ms at once\n",
		ms(s, s->idle_waiting, a), ms(s, s->idle_waiting_longest, b));
}

static void sample_row(const struct summary *s, const char *name, const char *what, u64 total,
		       struct samples *v, FILE *out)
{
	char a[32], b[32], c[32], d[32], e[32];

	if (total)
		fprintf(out, "  %-8s %-9s %8zu %13s %11s %11s %11s %12s\n", name, what, v->count,
			ms(s, total, a), us(s, samples_mean(v), b),
			us(s, samples_percentile(v, 50), c), us(s, samples_percentile(v, 500), d),
			us(s, samples_percentile(v, 950), e));
}

static void runstates(const struct summary *s, FILE *out)
{
	char name[16];

	fprintf(out,
		"\nRunstates per vCPU (total in ms, all of the trace; the rest in us, of whole "
		"spells)\n"
		"  %-8s %-9s %8s %13s %11s %11s %11s %12s\n",
		"vCPU", "state", "count", "total", "avg", "p5", "p50", "p95");
	for (u32 i = 0; i < s->model.vcpu_count; i++) {
		model_vcpu_name(&s->model.vcpus[i], name, sizeof(name));
		for (unsigned st = 0; st < MODEL_STATES; st++)
			if (st == MODEL_RUNNING || s->model.vcpus[i].domid != MODEL_IDLE_DOMID)
				sample_row(s, name, model_state_name(st), s->vcpus[i].total[st],
				   &s->vcpus[i].state[st], out);
	}
}

static void wake_row(const struct summary *s, const char *name, struct samples *v, FILE *out)
{
	char a[32], b[32], c[32], d[32];

	if (v->count)
		fprintf(out, "  %-8s %8zu %12s %12s %12s %12s\n", name, v->count,
			us(s, samples_percentile(v, 500), a), us(s, samples_percentile(v, 900), b),
			us(s, samples_percentile(v, 990), c),
			us(s, samples_percentile(v, 1000), d));
}

static void wakes(const struct summary *s, FILE *out)
{
	struct samples all = summary_wakes(s, -1);
	char name[16];

	fprintf(out, "\nWake-to-run latency (us)\n  %-8s %8s %12s %12s %12s %12s\n", "vCPU",
		"count", "p50", "p90", "p99", "max");
	for (u32 i = 0; i < s->model.vcpu_count; i++)
		if (s->model.vcpus[i].domid != MODEL_IDLE_DOMID)
			wake_row(s, model_vcpu_name(&s->model.vcpus[i], name, sizeof(name)),
				 &s->vcpus[i].wake, out);
	wake_row(s, "all", &all, out);
	samples_free(&all);
}

static void call_name(const struct summary_call *c, char *buf, size_t size)
{
	const char *name = hypercall_name(c->op), *sub;

	if (name)
		snprintf(buf, size, "%s%s", c->multicall ? "  " : "", name);
	else
		snprintf(buf, size, "%shypercall %u", c->multicall ? "  " : "", c->op);
	if (c->sub == SUMMARY_NO_SUB)
		return;
	sub = hypercall_sub_name(c->op, c->sub);
	size -= strlen(buf);
	buf += strlen(buf);
	if (sub)
		snprintf(buf, size, ":%s", sub);
	else
		snprintf(buf, size, ":%d", c->sub);
}

static void hypercalls(const struct summary *s, FILE *out)
{
	char name[64], dom[8];

	if (!s->call_count)
		return;
	fprintf(out,
		"\nHypercalls by number and sub-operation\n"
		"  ticks until the vCPU's next entry or switch: an upper bound of the call's "
		"path,\n"
		"  the guest's own work after it included (1 tick = 1 instruction under icount)\n"
		"  %-6s %4s %-44s %9s %9s %9s %9s\n",
		"domain", "nr", "hypercall (indented: within a multicall)", "count", "items", "min",
		"p50");
	for (u32 i = 0; i < s->call_count; i++) {
		struct summary_call *c = &s->calls[i];

		call_name(c, name, sizeof(name));
		snprintf(dom, sizeof(dom), c->domid == SUMMARY_NO_DOM ? "d?" : "d%u", c->domid);
		fprintf(out,
			"  %-6s %4u %-44s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
			dom, c->op, name, c->count, c->items,
			samples_percentile(&c->until_entry, 0),
			samples_percentile(&c->until_entry, 500));
	}
}

static void traps(const struct summary *s, FILE *out)
{
	bool any = false;

	for (unsigned v = 0; v < SUMMARY_TRAPS; v++) {
		if (!s->traps[v])
			continue;
		if (!any)
			fprintf(out, "\nTraps bounced to guests\n");
		any = true;
		fprintf(out, "  %4u %-24s %10" PRIu64 "\n", v, trap_name(v) ? trap_name(v) : "",
			s->traps[v]);
	}
}

void summary_text(const struct summary *s, const struct summary_title *t, FILE *out)
{
	head(s, t, out);
	classes(s, out);
	events(s, out);
	pcpus(s, out);
	runstates(s, out);
	wakes(s, out);
	hypercalls(s, out);
	traps(s, out);
}
