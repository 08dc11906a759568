/* SPDX-License-Identifier: MIT */
/*
 * Filling the summary of a trace; see summary.h for what the numbers mean.
 */
#include "analysis/metrics/summary.h"

#include <stdlib.h>
#include <string.h>

#include "tracing/decode/merge.h"
#include "tracing/decode/names.h"

static void *grow(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count, size);
	if (!p)
		abort();
	return p;
}

static struct summary_vcpu *vcpu_of(struct summary *s, u32 index)
{
	while (s->vcpu_room <= index) {
		u32 room = s->vcpu_room ? 2 * s->vcpu_room : 8;

		s->vcpus = grow(s->vcpus, room, sizeof(*s->vcpus));
		memset(s->vcpus + s->vcpu_room, 0, (room - s->vcpu_room) * sizeof(*s->vcpus));
		for (u32 i = s->vcpu_room; i < room; i++)
			s->vcpus[i].last_cpu = -1;
		s->vcpu_room = room;
	}
	return &s->vcpus[index];
}

static struct summary_cpu *cpu_of(struct summary *s, u32 cpu)
{
	if (cpu >= s->cpu_count) {
		s->cpus = grow(s->cpus, cpu + 1, sizeof(*s->cpus));
		for (; s->cpu_count <= cpu; s->cpu_count++)
			s->cpus[s->cpu_count] = (struct summary_cpu){ .open_outer = -1,
								      .open_inner = -1 };
	}
	return &s->cpus[cpu];
}

static void running_spell(struct summary *s, struct summary_vcpu *v,
			  const struct model_interval *i, bool idle)
{
	struct summary_cpu *c = cpu_of(s, i->cpu);

	if (v->last_cpu >= 0 && v->last_cpu != (s32)i->cpu)
		v->migrations++;
	v->last_cpu = i->cpu;
	*(idle ? &c->idle : &c->busy) += i->to - i->from;
	c->switches += !idle;
}

static void interval(void *ctx, const struct model_interval *i)
{
	struct summary *s = ctx;
	struct summary_vcpu *v = vcpu_of(s, i->vcpu);

	v->total[i->state] += i->to - i->from;
	if (i->whole)
		samples_add(&v->state[i->state], i->to - i->from);
	if (i->state == MODEL_RUNNING)
		running_spell(s, v, i, s->model.vcpus[i->vcpu].domid == MODEL_IDLE_DOMID);
	if (i->state == MODEL_RUNNABLE && i->whole)
		samples_add(i->wait == MODEL_WOKEN ? &v->wake : &v->preempt, i->to - i->from);
}

void summary_init(struct summary *s)
{
	*s = (struct summary){ 0 };
	model_init(&s->model, interval, s);
}

void summary_free(struct summary *s)
{
	for (u32 i = 0; i < s->call_count; i++)
		samples_free(&s->calls[i].until_entry);
	for (u32 i = 0; i < s->vcpu_room; i++) {
		for (unsigned st = 0; st < MODEL_STATES; st++)
			samples_free(&s->vcpus[i].state[st]);
		samples_free(&s->vcpus[i].wake);
		samples_free(&s->vcpus[i].preempt);
	}
	free(s->calls);
	free(s->vcpus);
	free(s->cpus);
	model_free(&s->model);
	*s = (struct summary){ 0 };
}

static s32 call_index(struct summary *s, u16 domid, u16 op, s32 sub, bool multicall)
{
	for (u32 i = 0; i < s->call_count; i++) {
		const struct summary_call *c = &s->calls[i];

		if (c->op == op && c->sub == sub && c->domid == domid && c->multicall == multicall)
			return i;
	}
	if (s->call_count == s->call_room) {
		s->call_room = s->call_room ? 2 * s->call_room : 32;
		s->calls = grow(s->calls, s->call_room, sizeof(*s->calls));
	}
	s->calls[s->call_count] = (struct summary_call){
		.domid = domid, .op = op, .sub = sub, .multicall = multicall,
	};
	return s->call_count++;
}

/* Argument @i of a hypercall record; false if it was not recorded. */
static bool call_arg(const struct trace_record *rec, int i, u64 *value)
{
	unsigned word = 1;

	for (int k = 0; k <= i; k++) {
		unsigned present = rec->data[0] >> (20 + 2 * k) & 3;

		if (k == i) {
			*value = rec->data[word];
			return present && word < rec->words;
		}
		word += present;
		if (word >= TRACE_EXTRA_MAX)
			return false;
	}
	return false;
}

static void close_call(struct summary *s, s32 *open, u64 since, u64 now)
{
	if (*open >= 0)
		samples_add(&s->calls[*open].until_entry, now - since);
	*open = -1;
}

static u16 running_domid(const struct summary *s, u32 cpu)
{
	s32 i = model_running(&s->model, cpu);

	return i < 0 ? SUMMARY_NO_DOM : s->model.vcpus[i].domid;
}

static void hypercall(struct summary *s, const struct trace_record *rec, bool multicall)
{
	u32 op = rec->data[0] & ~TRC_PV_HYPERCALL_V2_ARG_MASK;
	int sub_arg = hypercall_sub_arg(op), items_arg = hypercall_items_arg(op);
	struct summary_cpu *c = cpu_of(s, rec->cpu);
	s32 sub = SUMMARY_NO_SUB, index;
	u64 v;

	if (sub_arg >= 0 && call_arg(rec, sub_arg, &v))
		sub = v & 0x7fffffff;
	index = call_index(s, running_domid(s, rec->cpu), op, sub, multicall);
	s->calls[index].count++;
	if (items_arg >= 0 && call_arg(rec, items_arg, &v))
		s->calls[index].items += v & 0x7fffffff; /* bit 31 marks a continuation */
	if (multicall) {
		c->open_inner = index;
		c->inner_tsc = rec->tsc;
	} else {
		c->open_outer = index;
		c->outer_tsc = rec->tsc;
	}
}

/* Does this record show the running guest entering the hypervisor again, or leaving? */
static bool is_entry(const struct trace_record *rec)
{
	return rec->id >> TRC_CLS_SHIFT == TRC_PV >> TRC_CLS_SHIFT ||
	       rec->event == TRACE_EV_runstate_change || rec->event == TRACE_EV_lost_records;
}

static void close_calls(struct summary *s, const struct trace_record *rec)
{
	struct summary_cpu *c = cpu_of(s, rec->cpu);

	if (!is_entry(rec))
		return;
	if (rec->event == TRACE_EV_lost_records)
		c->open_inner = c->open_outer = -1;
	close_call(s, &c->open_inner, c->inner_tsc, rec->tsc);
	if (rec->event != TRACE_EV_hypercall_subcall)
		close_call(s, &c->open_outer, c->outer_tsc, rec->tsc);
}

static void count_record(struct summary *s, const struct trace_record *rec)
{
	unsigned class = trace_class_of(rec->id), bytes = 4 + 8 * rec->timed + 4 * rec->words;
	struct summary_cpu *c = cpu_of(s, rec->cpu);

	s->records++;
	s->bytes += bytes;
	s->class_records[class]++;
	s->class_bytes[class] += bytes;
	c->records++;
	c->bytes += bytes;
	if (rec->event >= 0)
		s->event_records[rec->event]++;
	else
		s->unknown++;
}

static bool a_pcpu_idles(const struct model *m)
{
	for (u32 cpu = 0; cpu < m->cpus; cpu++) {
		s32 i = m->running[cpu];

		if (i >= 0 && m->vcpus[i].domid == MODEL_IDLE_DOMID)
			return true;
	}
	return false;
}

static bool a_vcpu_waits(const struct model *m)
{
	for (u32 i = 0; i < m->vcpu_count; i++)
		if (m->vcpus[i].state == MODEL_RUNNABLE && m->vcpus[i].domid != MODEL_IDLE_DOMID)
			return true;
	return false;
}

static void end_idle_waiting(struct summary *s, u64 tsc)
{
	u64 length = tsc - s->idle_waiting_since;

	if (!s->idle_waiting_now)
		return;
	s->idle_waiting += length;
	s->idle_waiting_longest = MAX(s->idle_waiting_longest, length);
	s->idle_waiting_now = false;
}

/* After a record that may have changed who runs or waits. */
static void watch_idle_waiting(struct summary *s, const struct trace_record *rec)
{
	bool now;

	if (rec->event != TRACE_EV_runstate_change && rec->event != TRACE_EV_lost_records)
		return;
	now = a_vcpu_waits(&s->model) && a_pcpu_idles(&s->model);
	if (!now || rec->event == TRACE_EV_lost_records) {
		end_idle_waiting(s, rec->tsc);
	} else if (!s->idle_waiting_now) {
		s->idle_waiting_now = true;
		s->idle_waiting_since = rec->tsc;
	}
}

void summary_add(struct summary *s, const struct trace_record *rec)
{
	if (rec->event == TRACE_EV_wrap_buffer)
		return; /* filler, not a record of anything */
	count_record(s, rec);
	close_calls(s, rec);
	switch (rec->event) {
	case TRACE_EV_hypercall:
		hypercall(s, rec, false);
		break;
	case TRACE_EV_hypercall_subcall:
		hypercall(s, rec, true);
		break;
	case TRACE_EV_pv_trap:
		s->traps[MIN(rec->data[2] & 0x7fff, SUMMARY_TRAPS - 1)]++;
		break;
	case TRACE_EV_pv_trap32:
		s->traps[MIN(rec->data[1] & 0x7fff, SUMMARY_TRAPS - 1)]++;
		break;
	case TRACE_EV_lost_records:
		s->losses++;
		s->lost += rec->data[0];
		cpu_of(s, rec->cpu)->lost += rec->data[0];
		cpu_of(s, rec->cpu)->loss_records++;
		break;
	}
	model_apply(&s->model, rec);
	watch_idle_waiting(s, rec);
}

static int call_order(const void *a, const void *b)
{
	const struct summary_call *x = a, *y = b;

	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	if (x->multicall != y->multicall)
		return x->multicall ? 1 : -1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return (x->sub > y->sub) - (x->sub < y->sub);
}

void summary_finish(struct summary *s, u64 hz)
{
	end_idle_waiting(s, s->model.last_tsc);
	model_finish(&s->model);
	if (s->model.vcpu_count)
		vcpu_of(s, s->model.vcpu_count - 1);
	s->first_tsc = s->model.first_tsc;
	s->last_tsc = s->model.last_tsc;
	s->tsc_hz = hz ? hz : s->model.tsc_hz;
	s->tsc_hz_told = s->tsc_hz;
	if (!s->tsc_hz)
		s->tsc_hz = SUMMARY_DEFAULT_HZ;
	if (s->call_count)
		qsort(s->calls, s->call_count, sizeof(*s->calls), call_order);
}

void summary_of_file(struct summary *s, struct trace_file *f, u64 hz)
{
	struct trace_record rec;

	summary_init(s);
	model_begin(&s->model, f);
	while (trace_file_next(f, &rec) == TRACE_RECORD)
		summary_add(s, &rec);
	summary_finish(s, hz);
	for (u32 cpu = 0; cpu < f->cpus; cpu++)
		cpu_of(s, cpu)->backward = f->cursors[cpu].backward;
	memcpy(s->damage, f->error, sizeof(s->damage));
}

u64 summary_ns(const struct summary *s, u64 ticks)
{
	return s->tsc_hz == 1000000000 ? ticks
				       : (u64)((unsigned __int128)ticks * 1000000000 / s->tsc_hz);
}

struct samples summary_wakes(const struct summary *s, int domid)
{
	struct samples all = { 0 };

	for (u32 i = 0; i < s->model.vcpu_count; i++) {
		const struct samples *w = &s->vcpus[i].wake;

		if (s->model.vcpus[i].domid == MODEL_IDLE_DOMID ||
		    (domid >= 0 && s->model.vcpus[i].domid != domid))
			continue;
		for (size_t k = 0; k < w->count; k++)
			samples_add(&all, w->v[k]);
	}
	return all;
}
