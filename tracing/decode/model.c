/* SPDX-License-Identifier: MIT */
/*
 * vCPUs over time, from scheduler records.  Runstate changes are the truth;
 * "continue running" and loss records say who runs where when nothing else
 * does.  See model.h for what loss means.
 */
#include "tracing/decode/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracing/decode/merge.h"

void model_init(struct model *m, void (*interval)(void *, const struct model_interval *),
		void *ctx)
{
	*m = (struct model){ .interval = interval, .ctx = ctx };
}

void model_free(struct model *m)
{
	free(m->vcpus);
	free(m->running);
	*m = (struct model){ 0 };
}

u32 model_vcpu_index(struct model *m, u16 domid, u16 vcpu)
{
	u32 n = m->vcpu_count;

	/* Mostly a handful; the ones that matter came early. */
	for (u32 i = 0; i < n; i++)
		if (m->vcpus[i].domid == domid && m->vcpus[i].vcpu == vcpu)
			return i;
	if (!(n & (n - 1))) {
		m->vcpus = reallocarray(m->vcpus, n ? 2 * n : 1, sizeof(*m->vcpus));
		if (!m->vcpus)
			abort();
	}
	m->vcpus[n] = (struct model_vcpu){ .domid = domid, .vcpu = vcpu, .state = MODEL_UNKNOWN };
	return m->vcpu_count++;
}

static void know_cpu(struct model *m, u32 cpu)
{
	if (cpu < m->cpus)
		return;
	m->running = reallocarray(m->running, cpu + 1, sizeof(*m->running));
	if (!m->running)
		abort();
	while (m->cpus <= cpu)
		m->running[m->cpus++] = -1;
}

s32 model_running(const struct model *m, u32 cpu)
{
	return cpu < m->cpus ? m->running[cpu] : -1;
}

static void emit(struct model *m, u32 index, u64 to, bool whole)
{
	const struct model_vcpu *v = &m->vcpus[index];
	struct model_interval i = {
		.vcpu = index, .state = v->state, .wait = v->wait, .cpu = v->cpu,
		.from = v->since, .to = to, .whole = whole && v->whole,
	};

	if (m->interval && v->known && to >= v->since)
		m->interval(m->ctx, &i);
}

static void enter(struct model *m, u32 index, unsigned state, u32 cpu, u64 tsc)
{
	struct model_vcpu *v = &m->vcpus[index];

	if (v->state == MODEL_RUNNING && m->running[v->cpu] == (s32)index)
		m->running[v->cpu] = -1;
	if (state == MODEL_RUNNABLE)
		v->wait = v->state == MODEL_RUNNING ? MODEL_PREEMPTED : MODEL_WOKEN;
	if (state == MODEL_RUNNING) {
		v->cpu = cpu;
		m->running[cpu] = index;
	}
	v->state = state;
	v->since = tsc;
	v->known = v->whole = true;
	v->lost = false;
}

/* First sight of a vCPU that was never lost: it was in  since the trace began. */
static void assume(struct model *m, u32 index, unsigned state, u32 cpu)
{
	struct model_vcpu *v = &m->vcpus[index];

	if (v->state != MODEL_UNKNOWN || v->lost)
		return;
	enter(m, index, state, cpu, m->first_tsc);
	v->whole = false;
}

static void runstate_change(struct model *m, const struct trace_record *rec)
{
	unsigned old = rec->id >> 8 & 3, new = rec->id >> 4 & 3;
	u32 i = model_vcpu_index(m, rec->data[0] >> 16, rec->data[0]);
	struct model_vcpu *v = &m->vcpus[i];

	assume(m, i, old, rec->cpu);
	if (v->state == old)
		emit(m, i, rec->tsc, true);
	else if (v->state != MODEL_UNKNOWN)
		m->odd++;
	if (v->state == MODEL_UNKNOWN)
		v->state = old; /* decides how a wait is called */
	enter(m, i, new, rec->cpu, rec->tsc);
}

static void continue_running(struct model *m, const struct trace_record *rec)
{
	u32 i = model_vcpu_index(m, rec->data[0] >> 16, rec->data[0]);
	struct model_vcpu *v = &m->vcpus[i];

	assume(m, i, MODEL_RUNNING, rec->cpu);
	if (v->state == MODEL_RUNNING && v->cpu == rec->cpu)
		return;
	if (v->state != MODEL_UNKNOWN)
		m->odd++;
	enter(m, i, MODEL_RUNNING, rec->cpu, rec->tsc);
	v->whole = false; /* since when is not known */
}

/* Whoever is not known to run elsewhere may have been anywhere meanwhile. */
static void lost(struct model *m, const struct trace_record *rec)
{
	u32 now = model_vcpu_index(m, rec->data[1], rec->data[1] >> 16);

	for (u32 i = 0; i < m->vcpu_count; i++) {
		struct model_vcpu *v = &m->vcpus[i];

		if (v->state == MODEL_RUNNING && v->cpu != rec->cpu)
			continue;
		v->state = MODEL_UNKNOWN;
		v->known = false;
		v->lost = true;
	}
	enter(m, now, MODEL_RUNNING, rec->cpu, rec->tsc);
	m->vcpus[now].whole = false;
}

static void policy_info(struct model *m, const struct trace_record *rec)
{
	const struct trace_rec_policy_info *p = (const void *)rec->data;

	if (p->pool == 0)
		snprintf(m->policy, sizeof(m->policy), "%.16s", p->name.text);
}

static void allocator_info(struct model *m, const struct trace_record *rec)
{
	const struct trace_rec_allocator_info *a = (const void *)rec->data;

	if (a->kind <= 1)
		snprintf(a->kind ? m->heap : m->frames, sizeof(m->frames), "%.16s", a->name.text);
}

/* In running[] while looking ahead: nothing seen yet of this pCPU; -1: it cannot be told. */
#define UNSEEN (-2)

static void look_ahead(struct model *m, const struct trace_record *rec)
{
	bool left = rec->event == TRACE_EV_runstate_change && (rec->id >> 8 & 3) == MODEL_RUNNING;
	bool came = rec->event == TRACE_EV_runstate_change && (rec->id >> 4 & 3) == MODEL_RUNNING;

	if (!m->ahead || rec->cpu >= m->cpus) {
		u32 before = m->cpus;

		m->ahead = true;
		know_cpu(m, rec->cpu);
		for (u32 c = before; c < m->cpus; c++)
			m->running[c] = UNSEEN;
	}
	if (rec->tsc && !m->started) {
		m->first_tsc = rec->tsc;
		m->started = true;
	}
	if (m->running[rec->cpu] != UNSEEN)
		return;
	if (left || rec->event == TRACE_EV_continue_running)
		m->running[rec->cpu] =
			model_vcpu_index(m, rec->data[0] >> 16, rec->data[0]);
	else if (came || rec->event == TRACE_EV_lost_records)
		m->running[rec->cpu] = -1;
}

void model_begin(struct model *m, struct trace_file *f)
{
	struct trace_record rec;

	trace_file_rewind(f);
	while (trace_file_next(f, &rec) == TRACE_RECORD)
		look_ahead(m, &rec);
	trace_file_rewind(f);
	for (u32 cpu = 0; cpu < m->cpus; cpu++) {
		s32 i = m->running[cpu];

		m->running[cpu] = -1;
		if (i >= 0)
			assume(m, i, MODEL_RUNNING, cpu);
	}
}

void model_apply(struct model *m, const struct trace_record *rec)
{
	know_cpu(m, rec->cpu);
	if (rec->tsc && !m->started) {
		m->first_tsc = rec->tsc;
		m->started = true;
	}
	if (rec->tsc > m->last_tsc)
		m->last_tsc = rec->tsc;

	switch (rec->event) {
	case TRACE_EV_runstate_change:
		runstate_change(m, rec);
		break;
	case TRACE_EV_continue_running:
		continue_running(m, rec);
		break;
	case TRACE_EV_lost_records:
		lost(m, rec);
		break;
	case TRACE_EV_clock_info:
		m->tsc_hz = rec->data[0] | (u64)rec->data[1] << 32;
		break;
	case TRACE_EV_policy_info:
		policy_info(m, rec);
		break;
	case TRACE_EV_allocator_info:
		allocator_info(m, rec);
		break;
	}
}

void model_finish(struct model *m)
{
	for (u32 i = 0; i < m->vcpu_count; i++) {
		emit(m, i, m->last_tsc, false);
		m->vcpus[i].known = false;
	}
}

const char *model_vcpu_name(const struct model_vcpu *v, char *buf, size_t size)
{
	if (v->domid == MODEL_IDLE_DOMID)
		snprintf(buf, size, "idle%u", v->vcpu);
	else
		snprintf(buf, size, "d%uv%u", v->domid, v->vcpu);
	return buf;
}

const char *model_state_name(unsigned state)
{
	static const char *const names[] = { "running", "runnable", "blocked", "offline",
					     "unknown" };

	return names[state < ARRAY_SIZE(names) ? state : MODEL_UNKNOWN];
}
