/* SPDX-License-Identifier: MIT */
/*
 * The event loop, and the execution of vCPUs on pCPUs.  A pCPU that runs a
 * vCPU in a PROGRAM_RUN step has a burst event at the end of it; being descheduled
 * takes the event away and keeps what is left of the step.
 */
#include "sched-policies/simulator/sim.h"

#include <stdlib.h>

#include "lib/random.h"
#include "sched-policies/simulator/seam.h"

#define MAX_STEPS_AT_ONCE 100000 /* a program that never computes nor blocks is a mistake */

/* --- events ------------------------------------------------------------------ */

void sim_timer_set(struct sim *sim, struct timer *t, s_time_t when)
{
	if (t->active)
		sim->events = timer_heap_remove(sim->events, t);
	t->active = when != TIME_MAX;
	if (!t->active)
		return;
	t->expires = MAX(when, sim->now);
	t->seq = sim->next_seq++;
	sim->events = timer_heap_insert(sim->events, t);
}

u64 sim_random(struct sim *sim)
{
	return random_next(&sim->random);
}

s64 sim_random_in(struct sim *sim, s64 low, s64 high)
{
	return low + (s64)(sim_random(sim) % (u64)(high - low + 1));
}

s_time_t sim_runtime(const struct sim_vcpu *v)
{
	struct vcpu_runstate_info info;

	sched_runstate_get(&v->s, &info, v->domain->sim->now);
	return info.time[RUNSTATE_running];
}

/* --- vCPUs ------------------------------------------------------------------- */

static struct sim_pcpu *pcpu_of(const struct sim_vcpu *v)
{
	return container_of(v->s.p.pcpu, struct sim_pcpu, s.p);
}

static void block(struct sim_vcpu *v, u32 reason)
{
	v->s.blocked_by |= reason;
	sim_kick(pcpu_of(v), v->domain->sim->config.sleep_cost);
}

static void sleep_till(struct sim *sim, struct sim_vcpu *v, s_time_t when)
{
	sim_timer_set(sim, &v->wake, when + sim->config.wake_cost);
	block(v, BLOCKED_EVENT);
}

static void wake_up(struct sim_vcpu *v)
{
	struct sim *sim = v->domain->sim;

	if (!(v->s.blocked_by & BLOCKED_EVENT))
		return;
	v->s.blocked_by &= ~BLOCKED_EVENT;
	if (v->woken_at == TIME_MAX)
		v->woken_at = sim->now;
	sched_wake(&v->s, sim->now);
}

void sim_wake(struct sim_vcpu *v)
{
	sim_timer_set(v->domain->sim, &v->wake, TIME_MAX);
	wake_up(v);
}

/* Its step ends now, whether it runs or not. */
static void cut_step(struct sim_vcpu *v)
{
	struct sim *sim = v->domain->sim;
	struct sim_pcpu *pc = pcpu_of(v);

	if (pc->s.curr == &v->s && pc->burst.active)
		sim_timer_set(sim, &pc->burst, MAX(sim->now, pc->useful_from));
	else if (v->left > 1)
		v->left = 1;
}

static void wake_fired(void *data)
{
	struct sim_vcpu *v = data;

	v->domain->sim->on_pcpu = v->s.p.pcpu->id;
	if (v->interruptible && !(v->s.blocked_by & BLOCKED_EVENT))
		cut_step(v);
	else
		wake_up(v);
}

/* Its PROGRAM_RUN ends at @until, if that is not 0. */
static void set_alarm(struct sim *sim, struct sim_vcpu *v, s_time_t until)
{
	v->interruptible = until;
	if (until || v->wake.active)
		sim_timer_set(sim, &v->wake, until ? until : TIME_MAX);
}

static bool give_way(struct sim_vcpu *v, s64 named)
{
	if (!sched_give_way(&v->s))
		return false;
	if (named > 0 && named <= v->domain->nr_vcpus && v->domain->vcpu[named - 1])
		sched_give_way_to(&v->s, &v->domain->vcpu[named - 1]->s);
	return true;
}

/* Begin @v's next step that takes time or gives up the pCPU.  @pre it runs. */
static void next_step(struct sim *sim, struct sim_vcpu *v)
{
	struct sim_pcpu *pc = pcpu_of(v);

	for (u32 n = 0; n < MAX_STEPS_AT_ONCE; n++) {
		v->step = program_next(&v->program, sim->now);
		if (pc->s.grace_until && !v->program.holding)
			seam_kick(&pc->s);
		switch (v->step.action) {
		case PROGRAM_RUN:
			v->left = v->step.ns;
			set_alarm(sim, v, v->step.until);
			pc->useful_from = MAX(pc->useful_from, sim->now);
			if (v->left <= 0)
				continue;
			sim_timer_set(sim, &pc->burst, pc->useful_from + v->left);
			return;
		case PROGRAM_SLEEP_TILL:
			if (v->step.ns <= sim->now)
				continue;
			sleep_till(sim, v, v->step.ns);
			return;
		case PROGRAM_SLEEP:
			sleep_till(sim, v, sim->now + MAX(v->step.ns, 0));
			return;
		case PROGRAM_WAIT:
			block(v, BLOCKED_EVENT);
			return;
		case PROGRAM_YIELD:
			if (!give_way(v, v->step.ns))
				continue;
			sim_kick(pc, sim->config.sleep_cost);
			return;
		case PROGRAM_END:
			block(v, BLOCKED_DOWN);
			return;
		}
	}
	abort();
}

static void burst_over(void *data)
{
	struct sim_pcpu *pc = data;
	struct sim_vcpu *v = to_sim_vcpu(pc->s.curr);

	v->left = 0;
	pc->useful_from = v->domain->sim->now;
	next_step(v->domain->sim, v);
}

static void add_sample(struct sim_latency *l, s_time_t ns)
{
	l->count++;
	l->sum += ns;
	l->max = MAX(l->max, ns);
	if (l->kept < l->room)
		l->sample[l->kept++] = ns;
}

static void note_latency(struct sim_vcpu *v, s_time_t now)
{
	s_time_t waited = now - v->woken_at;

	if (v->woken_at == TIME_MAX)
		return;
	v->woken_at = TIME_MAX;
	add_sample(&v->wait, waited);
}

/* @v left its pCPU: what of its step is done? */
static void stop_running(struct sim *sim, struct sim_pcpu *pc, struct sim_vcpu *v)
{
	if (pc->burst.active)
		v->left -= MAX(sim->now - pc->useful_from, 0);
	sim_timer_set(sim, &pc->burst, TIME_MAX);
}

static void start_running(struct sim *sim, struct sim_pcpu *pc, struct sim_vcpu *v, s_time_t cost)
{
	note_latency(v, sim->now);
	pc->useful_from = sim->now + cost;
	if (v->left > 0)
		sim_timer_set(sim, &pc->burst, pc->useful_from + v->left);
	else
		next_step(sim, v);
}

/* --- what programs ask for (bench/workloads/programs.h) ------------------------- */

#define vcpu_of(p) container_of(p, struct sim_vcpu, program)

void program_look_again(struct program *p)
{
	struct sim_domain *d = vcpu_of(p)->domain;

	for (u32 i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i] && d->vcpu[i]->program.spinning)
			cut_step(d->vcpu[i]);
}

void program_note_response(struct program *p, int64_t ns)
{
	add_sample(&vcpu_of(p)->response, ns);
}

int64_t program_runtime(const struct program *p)
{
	return sim_runtime(vcpu_of(p));
}

/* --- decisions ----------------------------------------------------------------- */

static void decide(struct sim *sim, struct sim_pcpu *pc)
{
	struct sched_vcpu *prev = pc->s.curr, *next;
	s_time_t cost;

	sim->on_pcpu = pc->s.p.id;
	sched_eject_if_breached(pc->s.pool, sim->now);
	if (!prev->is_idle)
		stop_running(sim, pc, to_sim_vcpu(prev));
	next = sched_decide(&pc->s, sim->now);
	sched_saved(&pc->s);
	if (next == prev && !prev->is_idle) {
		start_running(sim, pc, to_sim_vcpu(prev), MAX(pc->useful_from - sim->now, 0));
	} else if (!next->is_idle) {
		cost = sim->config.switch_cost;
		if (to_sim_vcpu(next)->last_pcpu != pc)
			cost += sim->config.migration_cost;
		to_sim_vcpu(next)->last_pcpu = pc;
		sim->cost_spent += cost;
		start_running(sim, pc, to_sim_vcpu(next), cost);
	}
	if (sim->decided)
		sim->decided(sim, pc->s.p.id, next->is_idle ? NULL : to_sim_vcpu(next));
}

static void kick_arrived(void *data)
{
	struct sim_pcpu *pc = data;

	pc->kicked = false;
	decide(sim_current(), pc);
}

void sim_settle(struct sim *sim)
{
	while (sim->kicked) {
		struct sim_pcpu *pc = sim->kicked;

		sim->kicked = pc->next_kicked;
		if (!sim->kicked)
			sim->kicked_tail = &sim->kicked;
		pc->kicked = false;
		decide(sim, pc);
	}
}

static struct timer *next_event(struct sim *sim, s_time_t until)
{
	struct timer *t = sim->events;

	return t && t->expires <= until ? t : NULL;
}

/* As a machine does: all interrupts of an instant come before the decisions they ask for. */
bool sim_step(struct sim *sim, s_time_t until)
{
	struct timer *t;

	sim_make_current(sim);
	sim_settle(sim);
	t = next_event(sim, until);
	if (!t)
		return false;
	sim->now = t->expires;
	do {
		sim->events = timer_heap_remove(sim->events, t);
		t->active = false;
		sim->nr_events++;
		t->fn(t->data);
		t = next_event(sim, sim->now);
	} while (t);
	sim_settle(sim);
	if (sim->config.check)
		sim_check(sim);
	return true;
}

void sim_run(struct sim *sim, s_time_t until)
{
	while (sim_step(sim, until))
		;
	sim->now = MAX(sim->now, until);
}

/* --- what tools do ----------------------------------------------------------------- */

void sim_pause(struct sim_vcpu *v)
{
	v->s.pause_count++;
	sched_sleep(&v->s, v->domain->sim->now);
	sim_settle(v->domain->sim);
}

void sim_unpause(struct sim_vcpu *v)
{
	v->s.pause_count--;
	sched_wake(&v->s, v->domain->sim->now);
	sim_settle(v->domain->sim);
}

int sim_move_domain(struct sim_domain *d, struct sim_pool *to)
{
	struct sched_vcpu **list = calloc(d->nr_vcpus + 1, sizeof(*list));
	u32 nr = 0;
	int rc;

	for (u32 i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i])
			list[nr++] = &d->vcpu[i]->s;
	do {
		rc = sched_domain_move(&d->s, &to->s, list, nr, d->sim->now);
		sim_settle(d->sim);
	} while (rc == -EBUSY);
	free(list);
	return rc;
}

int sim_remove_pcpu(struct sim *sim, u32 pcpu)
{
	struct sched_pcpu *pc = &sim->pcpus[pcpu].s;
	int rc;

	do {
		rc = sched_pool_remove_pcpu(pc->pool, pc, sim->now);
		sim_settle(sim);
	} while (rc == -EBUSY && pc->draining);
	return rc;
}

int sim_add_pcpu(struct sim *sim, struct sim_pool *pool, u32 pcpu)
{
	int rc = sched_pool_add_pcpu(&pool->s, &sim->pcpus[pcpu].s, sim->now);

	sim_settle(sim);
	return rc;
}

int sim_set_affinity(struct sim_vcpu *v, u64 hard_low_bits, u64 soft_low_bits)
{
	struct pcpu_mask hard = { { hard_low_bits } }, soft = { { soft_low_bits } };
	int rc = sched_set_affinity(&v->s, &hard, &soft, v->domain->sim->now);

	sim_settle(v->domain->sim);
	return rc;
}

/* --- set-up ------------------------------------------------------------------------ */

static void init_timer(struct timer *t, void (*fn)(void *), void *data)
{
	*t = (struct timer){ .fn = fn, .data = data };
}

struct sim_vcpu *sim_add_vcpu_at(struct sim_domain *d, program_fn run, const s64 *args,
				 u32 nr_args, s_time_t start)
{
	struct sim_vcpu *v = calloc(1, sizeof(*v));

	v->domain = d;
	v->program.run = run;
	for (u32 i = 0; i < nr_args && i < PROGRAM_ARGS; i++)
		v->program.arg[i] = args[i];
	v->program.shared = d->shared;
	v->program.start = start;
	v->program.id = d->nr_vcpus;
	program_seed(&v->program, d->sim->config.seed, d->s.p.id, d->nr_vcpus);
	v->woken_at = TIME_MAX;
	v->created = d->sim->now;
	init_timer(&v->wake, wake_fired, v);
	sim_make_current(d->sim);
	if (sched_vcpu_attach(&d->s, &v->s, d->nr_vcpus, d->sim->now)) {
		free(v);
		return NULL;
	}
	d->vcpu = realloc(d->vcpu, (d->nr_vcpus + 1) * sizeof(*d->vcpu));
	d->vcpu[d->nr_vcpus++] = v;
	v->s.blocked_by = start > d->sim->now ? BLOCKED_EVENT : 0;
	if (v->s.blocked_by)
		sim_timer_set(d->sim, &v->wake,
			      start + d->sim->config.wake_cost + d->sim->config.start_cost);
	sched_wake(&v->s, d->sim->now);
	return v;
}

struct sim_vcpu *sim_add_vcpu(struct sim_domain *d, program_fn run, const s64 *args, u32 nr_args)
{
	return sim_add_vcpu_at(d, run, args, nr_args, d->sim->now);
}

void sim_remove_vcpu(struct sim_vcpu *v)
{
	struct sim *sim = v->domain->sim;

	sim_make_current(sim);
	v->s.blocked_by |= BLOCKED_DOWN;
	sched_sleep(&v->s, sim->now);
	sim_settle(sim);
	sim_timer_set(sim, &v->wake, TIME_MAX);
	sched_vcpu_detach(&v->s, sim->now);
	v->domain->vcpu[v->s.p.id] = NULL;
	free(v->wait.sample);
	free(v->response.sample);
	free(v);
}

struct sim_domain *sim_add_domain(struct sim *sim, struct sim_pool *pool)
{
	struct sim_domain *d = calloc(1, sizeof(*d)), **at = &sim->domains;

	d->sim = sim;
	sim_make_current(sim);
	sched_domain_attach(&pool->s, &d->s, ++sim->nr_domains, sim->now);
	while (*at)
		at = &(*at)->next;
	*at = d;
	return d;
}

struct sim_pool *sim_add_pool(struct sim *sim, u32 id, const char *policy)
{
	const struct sched_policy *p = sched_policy_by_name(policy);
	struct sim_pool *pool = calloc(1, sizeof(*pool));
	s64 tunables[POLICY_MAX_TUNABLES];

	sim_make_current(sim);
	sim_pool_timers_init(pool);
	if (p)
		sched_tunables_from_line(sim->config.options ? sim->config.options : "", p,
					 tunables);
	if (!p || sched_pool_init(&sim->sys, &pool->s, id, p, tunables)) {
		free(pool);
		return NULL;
	}
	return pool;
}

static void add_pcpus(struct sim *sim)
{
	u32 per_socket = sim->config.pcpus_per_socket ? sim->config.pcpus_per_socket :
			 sim->config.pcpus;

	for (u32 i = 0; i < sim->config.pcpus; i++) {
		struct sim_pcpu *pc = &sim->pcpus[i];

		init_timer(&pc->kick, kick_arrived, pc);
		sched_idle_init(&sim->sys, &pc->idle, i, 0);
		sched_pcpu_init(&sim->sys, &pc->s, i, i / per_socket, &pc->idle, 0);
		sim_pcpu_timers_init(pc);
		init_timer(&pc->burst, burst_over, pc);
		sched_pool_add_pcpu(&sim->pool0->s, &pc->s, 0);
	}
}

struct sim *sim_new(const struct sim_config *config)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	sim->config = *config;
	sim->config.pcpus = MIN(MAX(config->pcpus, 1), POLICY_MAX_PCPUS);
	sim->random = (config->seed * 0x9e3779b97f4a7c15ULL) | 1;
	sim->kicked_tail = &sim->kicked;
	sim->log = calloc(1, config->log_bytes + 1);
	sim_make_current(sim);
	sched_register_policies();
	sched_system_init(&sim->sys, config->seed);
	sim->sys.stall_limit = config->stall_limit;
	sim->pcpus = calloc(sim->config.pcpus, sizeof(*sim->pcpus));
	sim->pool0 = sim_add_pool(sim, config->pool_id, config->policy);
	if (!sim->pool0) {
		sim_free(sim);
		return NULL;
	}
	add_pcpus(sim);
	return sim;
}

static void free_domain(struct sim_domain *d)
{
	for (u32 i = 0; i < d->nr_vcpus; i++) {
		if (!d->vcpu[i])
			continue;
		free(d->vcpu[i]->wait.sample);
		free(d->vcpu[i]->response.sample);
		free(d->vcpu[i]);
	}
	free(d->vcpu);
	free(d);
}

void sim_free(struct sim *sim)
{
	while (sim->domains) {
		struct sim_domain *d = sim->domains;

		sim->domains = d->next;
		free_domain(d);
	}
	while (sim->pool0 && !list_empty(&sim->sys.pools)) {
		struct sched_pool *pool =
			list_first_entry(&sim->sys.pools, struct sched_pool, node);

		list_del(&pool->node);
		free(container_of(pool, struct sim_pool, s));
	}
	sim_make_current(NULL);
	free(sim->pcpus);
	free(sim->log);
	free(sim);
}
