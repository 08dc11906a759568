/* SPDX-License-Identifier: MIT */
/*
 * The summary as JSON (jansson).  Times are integers in nanoseconds; keys keep
 * the order in which they are written here.
 */
#include "analysis/metrics/summary.h"

#include <jansson.h>

#include "tracing/decode/names.h"

static void set_int(json_t *o, const char *key, u64 v)
{
	json_object_set_new(o, key, json_integer(v));
}

static void set_ns(const struct summary *s, json_t *o, const char *key, u64 ticks)
{
	set_int(o, key, summary_ns(s, ticks));
}

static void set_text(json_t *o, const char *key, const char *v)
{
	json_object_set_new(o, key, v ? json_string(v) : json_null());
}

static json_t *spells(const struct summary *s, u64 total, struct samples *v)
{
	json_t *o = json_object();

	set_int(o, "count", v->count);
	set_ns(s, o, "total_ns", total);
	set_ns(s, o, "avg_ns", samples_mean(v));
	set_ns(s, o, "p5_ns", samples_percentile(v, 50));
	set_ns(s, o, "p50_ns", samples_percentile(v, 500));
	set_ns(s, o, "p95_ns", samples_percentile(v, 950));
	return o;
}

static json_t *latency(const struct summary *s, struct samples *v)
{
	json_t *o = json_object();

	set_int(o, "count", v->count);
	set_ns(s, o, "p50_ns", samples_percentile(v, 500));
	set_ns(s, o, "p90_ns", samples_percentile(v, 900));
	set_ns(s, o, "p99_ns", samples_percentile(v, 990));
	set_ns(s, o, "max_ns", samples_percentile(v, 1000));
	return o;
}

static json_t *vcpus(const struct summary *s)
{
	json_t *list = json_array();
	char name[16];

	for (u32 i = 0; i < s->model.vcpu_count; i++) {
		json_t *o = json_object(), *states = json_object();
		struct summary_vcpu *v = &s->vcpus[i];

		set_text(o, "vcpu", model_vcpu_name(&s->model.vcpus[i], name, sizeof(name)));
		for (unsigned st = 0; st < MODEL_STATES; st++)
			json_object_set_new(states, model_state_name(st),
					    spells(s, v->total[st], &v->state[st]));
		json_object_set_new(o, "runstates", states);
		json_object_set_new(o, "wake_to_run", latency(s, &v->wake));
		json_object_set_new(o, "preempted_to_run", latency(s, &v->preempt));
		set_int(o, "migrations", v->migrations);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *pcpus(const struct summary *s)
{
	json_t *list = json_array();

	for (u32 i = 0; i < s->cpu_count; i++) {
		const struct summary_cpu *c = &s->cpus[i];
		json_t *o = json_object();

		set_int(o, "pcpu", i);
		set_int(o, "records", c->records);
		set_int(o, "bytes", c->bytes);
		set_int(o, "lost", c->lost);
		set_ns(s, o, "busy_ns", c->busy);
		set_ns(s, o, "idle_ns", c->idle);
		set_int(o, "spells", c->switches);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *hypercalls(const struct summary *s)
{
	json_t *list = json_array();

	for (u32 i = 0; i < s->call_count; i++) {
		struct summary_call *c = &s->calls[i];
		json_t *o = json_object();

		json_object_set_new(o, "domid",
				    c->domid == SUMMARY_NO_DOM ? json_null()
							       : json_integer(c->domid));
		set_int(o, "op", c->op);
		set_text(o, "name", hypercall_name(c->op));
		json_object_set_new(o, "sub", c->sub < 0 ? json_null() : json_integer(c->sub));
		set_text(o, "sub_name", c->sub < 0 ? NULL : hypercall_sub_name(c->op, c->sub));
		json_object_set_new(o, "multicall", json_boolean(c->multicall));
		set_int(o, "count", c->count);
		set_int(o, "items", c->items);
		set_int(o, "until_entry_min_ticks", samples_percentile(&c->until_entry, 0));
		set_int(o, "until_entry_p50_ticks", samples_percentile(&c->until_entry, 500));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *counts_by_class(const struct summary *s)
{
	json_t *o = json_object();

	for (unsigned c = 0; c < TRACE_CLASS_COUNT; c++)
		if (s->class_records[c])
			set_int(o, trace_class_name(c), s->class_records[c]);
	return o;
}

static json_t *counts_by_event(const struct summary *s)
{
	json_t *o = json_object();

	for (unsigned e = 0; e < TRACE_EV_COUNT; e++)
		if (s->event_records[e])
			set_int(o, trace_events[e].name, s->event_records[e]);
	return o;
}

static json_t *traps(const struct summary *s)
{
	json_t *list = json_array();

	for (unsigned v = 0; v < SUMMARY_TRAPS; v++) {
		json_t *o;

		if (!s->traps[v])
			continue;
		o = json_object();
		set_int(o, "vector", v);
		set_text(o, "name", trap_name(v));
		set_int(o, "count", s->traps[v]);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *summary_json(const struct summary *s, const struct summary_title *t)
{
	json_t *o = json_object();
	struct samples all = summary_wakes(s, -1);

	set_int(o, "schema_version", 1);
	set_text(o, "run", t ? t->run : NULL);
	set_text(o, "policy", t ? t->policy : NULL);
	set_text(o, "frames", t ? t->frames : NULL);
	set_int(o, "tsc_hz", s->tsc_hz);
	json_object_set_new(o, "tsc_hz_assumed", json_boolean(!s->tsc_hz_told));
	set_ns(s, o, "duration_ns", s->last_tsc - s->first_tsc);
	set_int(o, "records", s->records);
	set_int(o, "bytes", s->bytes);
	set_int(o, "lost", s->lost);
	set_int(o, "unknown", s->unknown);
	set_text(o, "damage", s->damage[0] ? s->damage : NULL);
	json_object_set_new(o, "records_by_class", counts_by_class(s));
	json_object_set_new(o, "records_by_event", counts_by_event(s));
	json_object_set_new(o, "pcpus", pcpus(s));
	json_object_set_new(o, "vcpus", vcpus(s));
	json_object_set_new(o, "wake_to_run", latency(s, &all));
	set_ns(s, o, "idle_while_waiting_ns", s->idle_waiting);
	set_ns(s, o, "idle_while_waiting_longest_ns", s->idle_waiting_longest);
	json_object_set_new(o, "hypercalls", hypercalls(s));
	json_object_set_new(o, "traps", traps(s));
	samples_free(&all);
	return o;
}
