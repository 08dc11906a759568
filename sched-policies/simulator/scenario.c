/* SPDX-License-Identifier: MIT */
/*
 * Running a workload description: builds the simulation, runs warm-up and
 * windows, and reduces what it saw to the metrics of each line of VMs.
 */
#include "sched-policies/simulator/scenario-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_SAMPLES 200000

/* One VM of a group, and what it had when measuring began. */
struct vm_state {
	struct sim_domain *d;
	s_time_t at_start, at_window;
	s64 spun;
	double deviation_max; /* from its due, at the windows' ends */
	double *window; /* relative error of its share in each */
};

struct scenario_state {
	const struct scenario *s;
	struct sim *sim;
	struct vm_state *vm; /* all copies of all groups in turn */
	u32 nr, nr_windows, max_windows;
	s_time_t began;  /* measuring */
	double all_weights;
};

static s_time_t ran(const struct vm_state *vm)
{
	s_time_t sum = 0;

	for (u32 i = 0; i < vm->d->nr_vcpus; i++)
		sum += sim_runtime(vm->d->vcpu[i]);
	return sum;
}

/* --- building --------------------------------------------------------------------- */

/* "weight", or "rtds.budget_us" for that policy alone.  Policies without it ignore it. */
static int set_param(struct scenario_state *st, struct sim_domain *d, const char *name, s64 value)
{
	const struct sched_policy *p = st->sim->pool0->s.p.policy;
	const char *dot = strchr(name, '.');
	u32 at;

	if (dot && (strlen(p->name) != (size_t)(dot - name) ||
		    strncmp(p->name, name, dot - name)))
		return 0;
	name = dot ? dot + 1 : name;
	if (sched_tunable_find(p->domain_params, p->nr_domain_params, name, &at)) {
		d->s.p.param[at] = value;
		return value < p->domain_params[at].min || value > p->domain_params[at].max ?
		       -ERANGE : 0;
	}
	if (!sched_tunable_find(p->vcpu_params, p->nr_vcpu_params, name, &at))
		return 0;
	for (u32 i = 0; i < d->nr_vcpus; i++)
		d->vcpu[i]->s.p.param[at] = value;
	return value < p->vcpu_params[at].min || value > p->vcpu_params[at].max ? -ERANGE : 0;
}

/* Set one by one above, since some only go together; now tell the policy of all. */
static int apply_params(struct scenario_state *st, struct sim_domain *d)
{
	s64 values[POLICY_MAX_PARAMS];
	int rc;

	memcpy(values, d->s.p.param, sizeof(values));
	rc = sched_domain_params_set(&d->s, values, st->sim->now);
	for (u32 i = 0; i < d->nr_vcpus && !rc; i++) {
		memcpy(values, d->vcpu[i]->s.p.param, sizeof(values));
		rc = sched_vcpu_params_set(&d->vcpu[i]->s, values, st->sim->now);
	}
	return rc;
}

static int add_vm(struct scenario_state *st, const struct scenario_vm *vm)
{
	struct sim_domain *d = sim_add_domain(st->sim, st->sim->pool0);
	int rc = 0;

	for (u32 i = 0; i < vm->vcpus; i++) {
		struct sim_vcpu *v;
		s64 arg[PROGRAM_ARGS];

		memcpy(arg, vm->arg, sizeof(arg));
		v = sim_add_vcpu_at(d, vm->program->run, arg, PROGRAM_ARGS, st->s->start);
		v->program.later = vm->phase;
		v->program.nr_later = vm->nr_phases;
		sim_keep_latencies(v, KEEP_SAMPLES);
		if (vm->affinity)
			rc = sim_set_affinity(v, vm->affinity, ~0ULL);
	}
	for (u32 i = 0; i < vm->nr_params && !rc; i++)
		rc = set_param(st, d, vm->param[i].name, vm->param[i].value);
	st->vm[st->nr++] = (struct vm_state){ .d = d,
		.window = calloc(st->max_windows, sizeof(double)) };
	return rc ? rc : apply_params(st, d);
}

/* One line about what @vm asks for and cannot have. */
static void refuse(const struct scenario_state *st, const struct scenario_vm *vm, const char *name,
		   char *error)
{
	const char *policy = st->sim->pool0->s.p.policy->name;
	u32 pcpus = st->sim->config.pcpus;
	int n = snprintf(error, SCENARIO_ERROR_MAX, "%s:%u: vm %s: ", name, vm->line, vm->name);

	if (vm->affinity && pcpus < 64 && !(vm->affinity & ((1ULL << pcpus) - 1)))
		snprintf(error + n, SCENARIO_ERROR_MAX - n, "affinity=0x%llx: there are only pCPUs 0 to %u",
			 (unsigned long long)vm->affinity, pcpus - 1);
	else
		snprintf(error + n, SCENARIO_ERROR_MAX - n, "its parameters do not go together under %s",
			 policy);
}

static int build(struct scenario_state *st, const char *name, char *error)
{
	u32 copies = 0;
	int rc = 0;

	for (u32 g = 0; g < st->s->nr_vms; g++)
		copies += st->s->vm[g].copies;
	st->vm = calloc(copies, sizeof(*st->vm));
	for (u32 g = 0; g < st->s->nr_vms && !rc; g++) {
		const struct scenario_vm *vm = &st->s->vm[g];

		st->all_weights += (double)vm->weight * vm->copies;
		for (u32 i = 0; i < vm->copies && !rc; i++)
			rc = add_vm(st, vm);
		if (rc)
			refuse(st, vm, name, error);
	}
	return rc ? -EINVAL : 0;
}

/* --- measuring ---------------------------------------------------------------------- */

static double expected(const struct scenario_state *st, const struct scenario_vm *vm)
{
	return vm->expected ? vm->expected :
	       vm->weight / st->all_weights * st->sim->config.pcpus;
}

static double relative_error(double is, double shall)
{
	return (is > shall ? is - shall : shall - is) / shall;
}

/* How far from its due, since measuring began. */
static double deviation(const struct scenario_state *st, const struct scenario_vm *spec,
			const struct vm_state *vm)
{
	double due = expected(st, spec) * (st->sim->now - st->began);
	double got = ran(vm) - vm->at_start;

	return got > due ? got - due : due - got;
}

static void begin(struct scenario_state *st)
{
	st->began = st->sim->now;
	for (u32 i = 0; i < st->nr; i++) {
		struct vm_state *vm = &st->vm[i];

		vm->at_start = vm->at_window = ran(vm);
		vm->spun = 0;
		for (u32 k = 0; k < vm->d->nr_vcpus; k++) {
			struct sim_vcpu *v = vm->d->vcpu[k];

			v->wait.count = v->wait.sum = v->wait.max = v->wait.kept = 0;
			v->response.count = v->response.sum = 0;
			v->response.max = v->response.kept = 0;
			v->program.rounds = v->program.missed = 0;
			vm->spun -= v->program.spun;
		}
	}
}

static void note_window(struct scenario_state *st)
{
	u32 i = 0;

	for (u32 g = 0; g < st->s->nr_vms; g++)
		for (u32 c = 0; c < st->s->vm[g].copies; c++, i++) {
			s_time_t now = ran(&st->vm[i]);
			double share = (double)(now - st->vm[i].at_window) / st->s->window;

			st->vm[i].at_window = now;
			st->vm[i].window[st->nr_windows] =
				relative_error(share, expected(st, &st->s->vm[g]));
			st->vm[i].deviation_max = MAX(st->vm[i].deviation_max,
						      deviation(st, &st->s->vm[g], &st->vm[i]));
		}
	st->nr_windows++;
}

static int by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_time(const void *a, const void *b)
{
	s_time_t x = *(const s_time_t *)a, y = *(const s_time_t *)b;

	return (x > y) - (x < y);
}

struct bag {
	s_time_t *v;
	size_t n;
	double sum;
};

static void pour(struct bag *b, const struct sim_latency *l)
{
	b->v = realloc(b->v, (b->n + l->kept + 1) * sizeof(*b->v));
	if (l->kept)
		memcpy(b->v + b->n, l->sample, l->kept * sizeof(*b->v));
	b->n += l->kept;
	b->sum += l->sum;
}

/* Nearest rank. */
static double at(struct bag *b, double part)
{
	size_t rank = part * b->n + 0.999999;

	return b->n ? b->v[MIN(MAX(rank, 1), b->n) - 1] : 0;
}

static void reduce_latencies(struct scenario_group *g, const struct vm_state *vm)
{
	struct bag wait = { 0 }, response = { 0 };

	for (u32 i = 0; i < g->copies; i++)
		for (u32 k = 0; k < vm[i].d->nr_vcpus; k++) {
			pour(&wait, &vm[i].d->vcpu[k]->wait);
			pour(&response, &vm[i].d->vcpu[k]->response);
		}
	qsort(wait.v, wait.n, sizeof(*wait.v), by_time);
	qsort(response.v, response.n, sizeof(*response.v), by_time);
	g->wait_p50 = at(&wait, 0.5);
	g->wait_p99 = at(&wait, 0.99);
	g->wait_max = at(&wait, 1);
	g->response_p50 = at(&response, 0.5);
	g->response_p99 = at(&response, 0.99);
	g->response_max = at(&response, 1);
	g->response_mean = response.n ? response.sum / response.n : 0;
	free(wait.v);
	free(response.v);
}

static void reduce_windows(struct scenario_group *g, const struct vm_state *vm, u32 nr)
{
	double *all = calloc((size_t)g->copies * nr + 1, sizeof(*all));
	size_t n = 0;

	for (u32 i = 0; i < g->copies; i++)
		for (u32 k = 0; k < nr; k++)
			all[n++] = vm[i].window[k];
	qsort(all, n, sizeof(*all), by_double);
	if (n) {
		g->window_worst = all[n - 1];
		g->window_p90 = all[(n * 9 + 9) / 10 - 1];
	}
	free(all);
}

static void reduce(struct scenario_state *st, const struct scenario_vm *spec,
		   struct scenario_group *g, struct vm_state *vm, s_time_t length)
{
	double missed = 0, total = 0, spun = 0, all = 0;

	strcpy(g->name, spec->name);
	strcpy(g->program, spec->program->name);
	g->copies = spec->copies;
	g->vcpus = spec->vcpus;
	g->share_min = 1e9;
	for (u32 i = 0; i < spec->copies; i++) {
		double share = (double)(ran(&vm[i]) - vm[i].at_start) / length;

		all += share;
		g->share_min = MIN(g->share_min, share);
		g->share_max = MAX(g->share_max, share);
		g->error = MAX(g->error, relative_error(share, expected(st, spec)));
		g->deviation = MAX(g->deviation, deviation(st, spec, &vm[i]));
		g->deviation_max = MAX(g->deviation_max, vm[i].deviation_max);
		spun += vm[i].spun;
		for (u32 k = 0; k < vm[i].d->nr_vcpus; k++) {
			missed += vm[i].d->vcpu[k]->program.missed;
			total += vm[i].d->vcpu[k]->program.rounds;
			spun += vm[i].d->vcpu[k]->program.spun;
		}
	}
	g->share = all / spec->copies;
	g->rounds = total;
	g->miss = total ? missed / total : spec->program->arg[2] &&
		  !strcmp(spec->program->name, "rtask");
	g->spin = all ? spun / (all * length) : 0;
	reduce_latencies(g, vm);
	reduce_windows(g, vm, st->nr_windows);
}

static u64 all_switches(const struct sim *sim)
{
	u64 sum = 0;

	for (u32 i = 0; i < sim->config.pcpus; i++)
		sum += sim->pcpus[i].s.switches;
	return sum;
}

static void measure(struct scenario_state *st, struct scenario_result *out)
{
	s_time_t start, end, at = st->s->start + st->s->warmup;
	struct vm_state *vm = st->vm;
	s_time_t cost;
	u64 switches;

	sim_run(st->sim, at);
	begin(st);
	switches = all_switches(st->sim);
	cost = st->sim->cost_spent;
	start = st->sim->now;
	end = start + st->s->length;
	while (st->sim->now + st->s->window <= end) {
		sim_run(st->sim, st->sim->now + st->s->window);
		note_window(st);
	}
	sim_run(st->sim, end);
	for (u32 g = 0; g < st->s->nr_vms; g++) {
		reduce(st, &st->s->vm[g], &out->group[g], vm, st->s->length);
		vm += st->s->vm[g].copies;
	}
	out->switches = (all_switches(st->sim) - switches) * 1e9 / st->s->length;
	out->overhead = (double)(st->sim->cost_spent - cost) / st->s->length / st->s->pcpus;
	out->events = st->sim->nr_events;
	out->ejected = st->sim->pool0->s.ejection.policy;
}

int scenario_run(const struct scenario_request *rq, struct scenario_result *out,
		 char error[SCENARIO_ERROR_MAX])
{
	struct scenario *s = malloc(sizeof(*s));
	struct scenario_state st = { .s = s };
	int rc;

	*out = (struct scenario_result){ 0 };
	rc = scenario_parse(rq, s, error);
	if (!rc) {
		struct sim_config config = {
			.pcpus = s->pcpus, .pcpus_per_socket = s->per_socket, .policy = s->sched,
			.options = s->options, .seed = s->seed, .log_bytes = SCENARIO_ERROR_MAX - 1,
			.switch_cost = s->switch_cost, .migration_cost = s->migration_cost,
			.pool_id = s->pool, .wake_cost = s->wake_cost, .kick_cost = s->kick_cost,
			.sleep_cost = s->sleep_cost, .start_cost = s->start_cost,
			.stall_limit = 100000000000LL,
		};

		st.max_windows = s->length / s->window;
		st.sim = sim_new(&config);
		if (!st.sim || st.sim->log[0]) {
			snprintf(error, SCENARIO_ERROR_MAX, "%s: %s", rq->name,
				 st.sim ? st.sim->log : s->sched);
			error[strcspn(error, ";\n")] = '\0'; /* behind it: what a boot does then */
			rc = -EINVAL;
		}
	}
	if (!rc && rq->prepared)
		rq->prepared(st.sim, rq->user);
	if (!rc)
		rc = build(&st, rq->name, error);
	if (!rc) {
		out->sched = sched_policy_by_name(s->sched)->name;
		out->seed = s->seed;
		out->length = s->length;
		out->pcpus = s->pcpus;
		out->nr_groups = s->nr_vms;
		measure(&st, out);
	}
	for (u32 i = 0; i < st.nr; i++)
		free(st.vm[i].window);
	free(st.vm);
	if (st.sim)
		sim_free(st.sim);
	free(s);
	return rc;
}

/* --- metrics by name ------------------------------------------------------------------ */

#define METRIC(name) { #name, offsetof(struct scenario_group, name) }
static const struct { const char *name; size_t offset; } metrics[] = {
	METRIC(share), METRIC(share_min), METRIC(share_max), METRIC(error), METRIC(window_worst),
	METRIC(window_p90), METRIC(wait_p50), METRIC(wait_p99), METRIC(wait_max),
	METRIC(response_p50), METRIC(response_p99), METRIC(response_max), METRIC(response_mean),
	METRIC(miss), METRIC(spin), METRIC(rounds), METRIC(deviation), METRIC(deviation_max),
};

const char *scenario_metric_name(u32 index)
{
	return index < ARRAY_SIZE(metrics) ? metrics[index].name : NULL;
}

static double member(const struct scenario_group *g, size_t offset)
{
	double v;

	memcpy(&v, (const char *)g + offset, sizeof(v));
	return v;
}

bool scenario_metric(const struct scenario_result *r, u32 group, const char *name, double *value)
{
	*value = !strcmp(name, "switches") ? r->switches : r->overhead;
	if (!strcmp(name, "switches") || !strcmp(name, "overhead"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		if (strcmp(metrics[i].name, name))
			continue;
		*value = member(&r->group[group == SCENARIO_ALL ? 0 : group], metrics[i].offset);
		for (u32 g = 1; group == SCENARIO_ALL && g < r->nr_groups; g++)
			*value = MAX(*value, member(&r->group[g], metrics[i].offset));
		return true;
	}
	return false;
}
