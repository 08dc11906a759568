/* SPDX-License-Identifier: MIT */
/*
 * The summary's tables as tab-separated values: one header line, then rows;
 * times in nanoseconds, ticks where the name says so.  For plots and scripts.
 */
#include "analysis/metrics/summary.h"

#include <inttypes.h>
#include <string.h>

#include "tracing/decode/names.h"

static void runstates(const struct summary *s, FILE *out)
{
	char name[16];

	fputs("vcpu\tstate\tcount\ttotal_ns\tavg_ns\tp5_ns\tp50_ns\tp95_ns\n", out);
	for (u32 i = 0; i < s->model.vcpu_count; i++)
		for (unsigned st = 0; st < MODEL_STATES; st++) {
			struct samples *v = &s->vcpus[i].state[st];

			fprintf(out,
				"%s\t%s\t%zu\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
				"\t%" PRIu64 "\n",
				model_vcpu_name(&s->model.vcpus[i], name, sizeof(name)),
				model_state_name(st), v->count,
				summary_ns(s, s->vcpus[i].total[st]),
				summary_ns(s, samples_mean(v)),
				summary_ns(s, samples_percentile(v, 50)),
				summary_ns(s, samples_percentile(v, 500)),
				summary_ns(s, samples_percentile(v, 950)));
		}
}

static void wakes(const struct summary *s, FILE *out)
{
	char name[16];

	fputs("vcpu\tcount\tp50_ns\tp90_ns\tp99_ns\tmax_ns\n", out);
	for (u32 i = 0; i < s->model.vcpu_count; i++) {
		struct samples *v = &s->vcpus[i].wake;

		if (s->model.vcpus[i].domid == MODEL_IDLE_DOMID)
			continue;
		fprintf(out, "%s\t%zu\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n",
			model_vcpu_name(&s->model.vcpus[i], name, sizeof(name)), v->count,
			summary_ns(s, samples_percentile(v, 500)),
			summary_ns(s, samples_percentile(v, 900)),
			summary_ns(s, samples_percentile(v, 990)),
			summary_ns(s, samples_percentile(v, 1000)));
	}
}

static void hypercalls(const struct summary *s, FILE *out)
{
	fputs("domid\top\tname\tsub\tsub_name\tmulticall\tcount\titems\tmin_ticks\tp50_ticks\n",
	      out);
	for (u32 i = 0; i < s->call_count; i++) {
		struct summary_call *c = &s->calls[i];
		const char *name = hypercall_name(c->op);
		const char *sub = c->sub < 0 ? NULL : hypercall_sub_name(c->op, c->sub);

		fprintf(out,
			"%d\t%u\t%s\t%d\t%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\n",
			c->domid == SUMMARY_NO_DOM ? -1 : c->domid, c->op, name ? name : "",
			c->sub, sub ? sub : "", c->multicall, c->count, c->items,
			samples_percentile(&c->until_entry, 0),
			samples_percentile(&c->until_entry, 500));
	}
}

static void events(const struct summary *s, FILE *out)
{
	fputs("event\tclass\trecords\n", out);
	for (unsigned e = 0; e < TRACE_EV_COUNT; e++)
		if (s->event_records[e])
			fprintf(out, "%s\t%s\t%" PRIu64 "\n", trace_events[e].name,
				trace_class_name(trace_events[e].class), s->event_records[e]);
}

static void pcpus(const struct summary *s, FILE *out)
{
	fputs("pcpu\trecords\tbytes\tlost\tbusy_ns\tidle_ns\tspells\n", out);
	for (u32 i = 0; i < s->cpu_count; i++) {
		const struct summary_cpu *c = &s->cpus[i];

		fprintf(out, "%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
			"\t%" PRIu64 "\n",
			i, c->records, c->bytes, c->lost, summary_ns(s, c->busy),
			summary_ns(s, c->idle), c->switches);
	}
}

bool summary_tsv(const struct summary *s, const char *table, FILE *out)
{
	static const struct {
		const char *name;
		void (*write)(const struct summary *, FILE *);
	} tables[] = {
		{ "runstates", runstates }, { "wakes", wakes }, { "hypercalls", hypercalls },
		{ "events", events },       { "pcpus", pcpus },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (!strcmp(table, tables[i].name)) {
			tables[i].write(s, out);
			return true;
		}
	return false;
}
