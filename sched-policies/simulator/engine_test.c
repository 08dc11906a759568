/* SPDX-License-Identifier: MIT */
/*
 * The engine's own doings, whatever the policy: rate limit, exact runstates,
 * yields, pauses, affinity, pools, the trace it writes.
 */
#include <criterion/criterion.h>

#include "sched-policies/simulator/sim.h"
#include "trace/trace.h"

#define US 1000LL
#define MS (1000 * US)
#define SEC (1000 * MS)

static struct sim *start(const char *policy, const char *options, u32 pcpus)
{
	struct sim_config config = { .pcpus = pcpus, .policy = policy, .options = options,
				     .seed = 1, .check = true, .log_bytes = 2000 };

	return sim_new(&config);
}

static void end(struct sim *sim)
{
	cr_assert(!sim->fault[0], "%s", sim->fault);
	sim_free(sim);
}

static struct sim_vcpu *alone(struct sim *sim, program_fn program, const s64 *args, u32 nr)
{
	return sim_add_vcpu(sim_add_domain(sim, sim->pool0), program, args, nr);
}

/* --- rate limit --------------------------------------------------------------- */

static struct sim_vcpu *watched;
static s_time_t ran_since, shortest_run;

/* The shortest time the watched one ran before another took over. */
static void watch_runs(struct sim *sim, u32 pcpu, struct sim_vcpu *v)
{
	static struct sim_vcpu *before;

	if (v != before && before == watched && v)
		shortest_run = MIN(shortest_run, sim->now - ran_since);
	if (v != before)
		ran_since = sim->now;
	before = v;
}

static s_time_t shortest_run_of_hog(const char *options)
{
	struct sim *sim = start("credit", options, 1);
	s64 args[] = { 100 * US, 300 * US, 2 * MS };

	watched = alone(sim, program_hog, NULL, 0);
	alone(sim, program_ponger, args, 3);
	sim->decided = watch_runs;
	shortest_run = TIME_MAX;
	sim_run(sim, 5 * SEC);
	end(sim);
	return shortest_run;
}

Test(sched_engine, rate_limit_holds_off_preemption)
{
	s_time_t limited = shortest_run_of_hog("sched.credit.ratelimit_us=1500");
	s_time_t free = shortest_run_of_hog("sched.credit.ratelimit_us=0");

	cr_assert_eq(limited, 1500 * US, "%ld ns", (long)limited);
	cr_assert_lt(free, 1000 * US, "%ld ns", (long)free);
}

/* --- a lock's holder ----------------------------------------------------------- */

static s64 time_spun(const char *options, s64 inside)
{
	struct sim *sim = start("rr", options, 1);
	struct sim_domain *pair = sim_add_domain(sim, sim->pool0);
	s64 args[] = { inside, 50 * US }, spun;

	sim_add_vcpu(pair, program_locker, args, 2);
	sim_add_vcpu(pair, program_locker, args, 2);
	alone(sim, program_hog, NULL, 0);
	sim_run(sim, 5 * SEC);
	spun = pair->vcpu[0]->program.spun + pair->vcpu[1]->program.spun;
	cr_assert_gt(sim_runtime(pair->vcpu[0]), 100 * MS);
	end(sim);
	return spun;
}

/* Short sections are finished before the holder goes; longer ones than the grace are not. */
Test(sched_engine, a_locks_holder_is_let_finish)
{
	cr_assert_gt(time_spun(NULL, 10 * US), 100 * MS);
	cr_assert_eq(time_spun("sched.rr.lock_grace_us=100", 10 * US), 0);
	cr_assert_gt(time_spun("sched.rr.lock_grace_us=100", 2 * MS), 100 * MS);
}

/* Mean time that two vCPUs wait for a lock held for long, beside three hogs; they yield after 5 us. */
static s_time_t lock_wait(const char *policy, bool directed)
{
	struct sim *sim = start(policy, NULL, 1);
	struct sim_domain *pair = sim_add_domain(sim, sim->pool0);
	s64 args[] = { 2 * MS, 2 * MS, 5 * US, directed };
	s_time_t sum = 0;
	u64 count = 0;

	for (int i = 0; i < 2; i++)
		sim_add_vcpu(pair, program_locker, args, 4);
	for (int i = 0; i < 3; i++)
		alone(sim, program_hog, NULL, 0);
	sim_run(sim, 20 * SEC);
	for (int i = 0; i < 2; i++) {
		sum += pair->vcpu[i]->response.sum;
		count += pair->vcpu[i]->response.count;
	}
	cr_assert_gt(count, 10);
	end(sim);
	return sum / (s_time_t)count;
}

/* The holder runs in the place of who waits for it, unless the policy keeps to its own order. */
Test(sched_engine, yields_to_whom_the_vcpu_names)
{
	cr_assert_lt(2 * lock_wait("stride", true), lock_wait("stride", false));
	cr_assert_lt(lock_wait("lottery", true), lock_wait("lottery", false));
	cr_assert_eq(lock_wait("credit", true), lock_wait("credit", false));
}

/* --- runstates ------------------------------------------------------------------ */

Test(sched_engine, runstates_tell_where_the_time_went)
{
	struct sim *sim = start("rr", NULL, 1);
	s64 args[] = { 2 * MS, 6 * MS, 6 * MS };
	struct sim_vcpu *v = alone(sim, program_ponger, args, 3);
	struct vcpu_runstate_info info;

	sim_run(sim, 80 * MS);
	sched_runstate_get(&v->s, &info, sim->now);
	cr_assert_eq(info.time[RUNSTATE_running], 20 * MS);
	cr_assert_eq(info.time[RUNSTATE_blocked], 60 * MS);
	sim_pause(v);
	sim_run(sim, 90 * MS);
	sched_runstate_get(&v->s, &info, sim->now);
	cr_assert_eq(info.time[RUNSTATE_blocked] + info.time[RUNSTATE_offline], 70 * MS);
	sim_unpause(v);
	sched_runstate_get(&sim->pcpus[0].idle, &info, sim->now);
	cr_assert_eq(info.time[0] + info.time[1], 90 * MS);
	cr_assert_eq(info.time[RUNSTATE_running], 70 * MS, "the idle vCPU idles");
	end(sim);
}

Test(sched_engine, a_clock_that_goes_back_adds_nothing)
{
	struct sched_system sys = { 0 };
	struct sched_vcpu sv = { 0 };
	struct vcpu_runstate_info info;

	sched_system_init(&sys, 1);
	sched_idle_init(&sys, &sv, 0, 1000);
	sched_runstate_change(&sv, RUNSTATE_runnable, 3000);
	sched_runstate_change(&sv, RUNSTATE_running, 2500); /* another pCPU's view */
	sched_runstate_change(&sv, RUNSTATE_blocked, 4000);
	sched_runstate_get(&sv, &info, 5000);
	cr_assert_eq(info.time[0] + info.time[1] + info.time[2] + info.time[3], 4000);
	cr_assert_eq(info.time[RUNSTATE_running], 3000);
	cr_assert_eq(info.time[RUNSTATE_runnable], 0);
}

/* --- yield, pause, affinity --------------------------------------------------------- */

Test(sched_engine, yields_alternate_and_are_free_alone)
{
	struct sim *sim = start("rr", NULL, 1);
	s64 args[] = { 100 * US };
	struct sim_vcpu *a = alone(sim, program_yielder, args, 1), *b;
	u64 decisions;

	sim_run(sim, 10 * MS);
	decisions = sim->pcpus[0].s.decisions;
	sim_run(sim, 20 * MS);
	cr_assert_eq(sim->pcpus[0].s.decisions, decisions, "a yield alone decides nothing");
	b = alone(sim, program_yielder, args, 1);
	sim_run(sim, 40 * MS);
	cr_assert_leq(llabs((s64)b->program.rounds - 100), 2, "%lu", b->program.rounds);
	cr_assert_gt(a->program.rounds, 290);
	end(sim);
}

Test(sched_engine, pauses_count)
{
	struct sim *sim = start("rr", NULL, 2);
	struct sim_vcpu *v = alone(sim, program_hog, NULL, 0);

	sim_run(sim, 5 * MS);
	sim_pause(v);
	sim_pause(v);
	cr_assert(sched_is_off(&v->s));
	sim_unpause(v);
	sim_run(sim, 10 * MS);
	cr_assert_eq(sim_runtime(v), 5 * MS);
	sim_unpause(v);
	sim_run(sim, 15 * MS);
	cr_assert_eq(sim_runtime(v), 10 * MS);
	end(sim);
}

Test(sched_engine, affinity_moves_at_once_and_soft_is_preferred)
{
	struct sim *sim = start("rr", NULL, 4);
	struct sim_vcpu *v = alone(sim, program_hog, NULL, 0);
	s64 args[] = { 1 * MS, 1 * MS, 1 * MS };
	struct sim_vcpu *w;

	sim_run(sim, MS);
	for (u32 cpu = 0; cpu < 4; cpu++) {
		cr_assert_eq(sim_set_affinity(v, 1ULL << cpu, ~0ULL), 0);
		cr_assert_eq(v->s.p.pcpu->id, cpu);
		cr_assert_eq(v->s.p.state, VCPU_RUNNING);
	}
	cr_assert_eq(sim_set_affinity(v, 1ULL << 4, ~0ULL), -EINVAL, "no such pCPU");
	w = alone(sim, program_ponger, args, 3);
	cr_assert_eq(sim_set_affinity(w, 0xf, 1 << 2), 0);
	sim_run(sim, 20 * MS);
	cr_assert_eq(w->s.p.pcpu->id, 2);
	end(sim);
}

/* What the pool cannot honour is set aside and comes back with the pCPU. */
Test(sched_engine, affinity_survives_a_pcpus_absence)
{
	struct sim *sim = start("credit", NULL, 2);
	struct sim_vcpu *v = alone(sim, program_hog, NULL, 0);

	sim_set_affinity(v, 2, ~0ULL);
	sim_run(sim, 2 * MS);
	cr_assert_eq(v->s.p.pcpu->id, 1);
	cr_assert_eq(sim_remove_pcpu(sim, 1), 0);
	sim_run(sim, 4 * MS);
	cr_assert_eq(v->s.p.pcpu->id, 0);
	cr_assert_eq(v->s.p.state, VCPU_RUNNING);
	cr_assert_eq(sim_add_pcpu(sim, sim->pool0, 1), 0);
	cr_assert(!policy_may_run(&v->s.p, &sim->pcpus[0].s.p));
	end(sim);
}

Test(sched_engine, pools_refuse_what_they_must)
{
	struct sim *sim = start("rr", NULL, 2);
	struct sim_pool *other = sim_add_pool(sim, 5, "credit");

	cr_assert(!sim_add_pool(sim, 5, "rr"), "an id twice");
	cr_assert(!sim_add_pool(sim, 6, "cfs"), "an unknown policy");
	alone(sim, program_hog, NULL, 0);
	cr_assert_eq(sched_pool_destroy(&sim->pool0->s), -EBUSY);
	cr_assert_eq(sim_add_pcpu(sim, other, 0), -EBUSY, "a pCPU of another pool");
	cr_assert_eq(sched_pool_remove_pcpu(&other->s, &sim->pcpus[0].s, 0), -EINVAL);
	cr_assert_eq(sched_pool_destroy(&other->s), 0);
	free(other);
	cr_assert_eq(sim_remove_pcpu(sim, 0), 0);
	cr_assert_eq(sim_remove_pcpu(sim, 1), -EBUSY, "the last one under a domain");
	end(sim);
}

/* Two pCPUs asked to leave at once would leave none: the second is refused while the first goes. */
Test(sched_engine, of_two_that_leave_one_stays)
{
	struct sim *sim = start("credit", NULL, 2);
	struct sim_vcpu *v = alone(sim, program_hog, NULL, 0), *w = alone(sim, program_hog, NULL, 0);
	struct sched_pcpu *first = &sim->pcpus[0].s, *second = &sim->pcpus[1].s;
	struct sim_pool *other = sim_add_pool(sim, 5, "credit");
	struct sim_domain *d;
	s_time_t before;

	sim_run(sim, MS);
	cr_assert_eq(sched_pool_remove_pcpu(&sim->pool0->s, first, sim->now), -EBUSY, "one runs there");
	cr_assert(first->draining);
	cr_assert_eq(sched_pool_remove_pcpu(&sim->pool0->s, second, sim->now), -EBUSY);
	cr_assert(!second->draining);
	cr_assert(sched_pool_can_run(&sim->pool0->s));
	cr_assert_eq(sim_remove_pcpu(sim, 0), 0);
	before = sim_runtime(w);
	sim_run(sim, sim->now + 200 * MS);
	cr_assert_gt(sim_runtime(v), 0);
	cr_assert_gt(sim_runtime(w), before);
	/* Into a pool that has none, or none that stays, no domain comes. */
	cr_assert(!sched_pool_can_run(&other->s));
	d = v->domain;
	cr_assert_eq(sched_domain_move(&d->s, &other->s, NULL, 0, sim->now), -EINVAL);
	end(sim);
}

/* A move that has begun and cannot end, as its target has gone, leaves the domain running. */
Test(sched_engine, a_move_can_be_given_up)
{
	struct sim *sim = start("credit", NULL, 2);
	struct sim_vcpu *v = alone(sim, program_hog, NULL, 0);
	struct sim_pool *other = sim_add_pool(sim, 5, "credit");
	struct sched_domain *d = &v->domain->s;
	struct sched_vcpu *vcpus[] = { &v->s };
	s_time_t before;

	cr_assert_eq(sim_remove_pcpu(sim, 1), 0);
	cr_assert_eq(sim_add_pcpu(sim, other, 1), 0);
	for (int gone = 0; gone < 2; gone++) {
		sim_run(sim, sim->now + 10 * MS);
		cr_assert_eq(sched_domain_move(d, &other->s, vcpus, 1, sim->now), -EBUSY);
		cr_assert_eq(d->pause_count, 1);
		if (gone)
			cr_assert_eq(sched_domain_move(d, NULL, vcpus, 1, sim->now), -EINVAL);
		else
			cr_assert_eq(sim_remove_pcpu(sim, 1), 0);
		cr_assert_eq(sched_domain_move(d, gone ? NULL : &other->s, vcpus, 1, sim->now), -EINVAL);
		cr_assert_eq(d->pause_count, 0);
		cr_assert_eq(d->pool, &sim->pool0->s);
		before = sim_runtime(v);
		sim_run(sim, sim->now + 100 * MS);
		cr_assert_gt(sim_runtime(v), before);
		if (!gone)
			cr_assert_eq(sim_add_pcpu(sim, other, 1), 0);
	}
	end(sim);
}

/* Every policy after every other one, with pCPUs in the pool; then domains come, and it stays. */
Test(sched_engine, an_empty_pool_takes_any_policy)
{
	struct sim_config config = { .policy = "rr", .pcpus = 4, .check = true };
	struct sim *sim = sim_new(&config);
	struct sim_pool *pool = sim_add_pool(sim, 1, "credit");
	const struct sched_policy *p, *q;
	struct sim_domain *d;
	struct sim_vcpu *v;

	for (u32 i = 2; i < 4; i++) {
		sim_remove_pcpu(sim, i);
		sim_add_pcpu(sim, pool, i);
	}
	for (u32 i = 0; (p = sched_policy_at(i)); i++)
		for (u32 k = 0; (q = sched_policy_at(k)); k++) {
			cr_assert_eq(sched_pool_choose_policy(&pool->s, p, NULL, sim->now), 0);
			cr_assert_eq(sched_pool_choose_policy(&pool->s, q, NULL, sim->now), 0);
			cr_assert_eq(pool->s.p.policy, q);
			d = sim_add_domain(sim, pool);
			v = sim_add_vcpu(d, program_hog, NULL, 0);
			sim_run(sim, sim->now + 50 * MS);
			cr_assert_gt(sim_runtime(v), 0, "%s after %s", q->name, p->name);
			cr_assert_eq(sched_pool_choose_policy(&pool->s, p, NULL, sim->now), -EBUSY);
			cr_assert_str_eq(sim->fault, "");
			sim_remove_vcpu(v);
			sched_domain_detach(&d->s, sim->now);
		}
	/* The domains are gone already; the simulation forgets them. */
	sim_free(sim);
}

/* Declared costs: ready after the sleep and wake_cost, running after kick_cost more. */
Test(sched_engine, costs_are_charged_where_they_are_declared)
{
	struct sim_config config = { .policy = "rr", .wake_cost = 300, .kick_cost = 500,
				     .sleep_cost = 700 };
	struct sim *sim = sim_new(&config);
	s64 args[] = { 2 * MS, MS, 0 };
	struct sim_vcpu *v = sim_add_vcpu_at(sim_add_domain(sim, sim->pool0), program_rtask, args, 3,
					     10 * MS);

	sim_run(sim, 10 * MS + 10 * 2 * MS - 1);
	cr_assert_eq(v->wait.count, 10);
	cr_assert_eq(v->wait.max, 500, "%ld", v->wait.max);
	/* The very first dispatch finds the task early by nothing, so it works at once. */
	cr_assert_eq(sim_runtime(v), 10 * (MS + 700), "%ld", sim_runtime(v));
	sim_free(sim);
}

/* --- trace ------------------------------------------------------------------------------- */

struct seen {
	u32 switches, wakes, blocks;
	int runstate;
	bool broken;
};

/* Runstate records of d1v0 must form a chain. */
static void follow(struct sim *sim, u32 header, const void *payload, u32 bytes)
{
	const struct trace_rec_runstate_change *r = payload;
	u32 id = TRC_HD_TO_EVENT(header);
	struct seen *seen = sim->user;

	seen->switches += id == TRACE_ID_sched_switch;
	seen->wakes += id == TRACE_ID_sched_wake;
	if ((id & ~0x330u) != TRACE_ID_runstate_change || r->domid != 1)
		return;
	seen->broken |= (int)(id >> 8 & 3) != seen->runstate;
	seen->runstate = id >> 4 & 3;
	seen->blocks += seen->runstate == RUNSTATE_blocked;
}

Test(sched_engine, trace_records_form_a_chain)
{
	struct sim *sim = start("rr", NULL, 1);
	s64 args[] = { 1 * MS, 4 * MS, 4 * MS };
	struct seen seen = { .runstate = RUNSTATE_offline };

	sim->user = &seen;
	sim->record = follow;
	trace_active = ~0U;
	alone(sim, program_ponger, args, 3);
	sim_run(sim, 49999 * US);
	trace_active = 0;
	cr_assert(!seen.broken);
	cr_assert_eq(seen.blocks, 10);
	cr_assert_eq(seen.wakes, 11, "the start and ten times an event");
	cr_assert_eq(seen.switches, sim->pcpus[0].s.switches);
	end(sim);
}
