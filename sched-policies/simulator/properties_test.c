/* SPDX-License-Identifier: MIT */
/*
 * Properties of policies, see properties.h: no vCPU lost or run twice, affinity
 * and promised work conservation kept through pauses, moves, hot-unplug and the
 * tunables' extremes; nobody ejected, nobody starved, everything repeats.
 * Workloads are random and seeded.
 */
#include "sched-policies/simulator/properties.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CHAOS_VCPUS 12

bool refuted(char why[WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_MAX, fmt, ap);
	va_end(ap);
	return false;
}

bool clean(const struct sim *sim, char why[WHY_MAX], const char *what, u64 seed)
{
	const struct sched_pool *pool;

	if (sim->fault[0])
		return refuted(why, "%s, seed %lu: %s", what, (unsigned long)seed, sim->fault);
	list_for_each_entry(pool, &sim->sys.pools, node)
		if (pool->ejection.policy)
			return refuted(why, "%s, seed %lu: %s", what, (unsigned long)seed,
				       pool->ejection.report);
	return true;
}

static struct sim *start(const struct sched_policy *p, const char *options, u32 pcpus, u64 seed,
			 s_time_t stall_limit)
{
	struct sim_config config = { .pcpus = pcpus, .policy = p->name, .options = options,
				     .seed = seed, .check = true, .stall_limit = stall_limit };

	return sim_new(&config);
}

static bool stop(struct sim *sim, bool holds)
{
	sim_free(sim);
	return holds;
}

static struct sim_vcpu *random_vcpu(struct sim *sim, struct sim_vcpu **vcpus, u32 nr)
{
	return vcpus[sim_random(sim) % nr];
}

/* One thing a control tool may do to a vCPU at any time. */
static void disturb(struct sim *sim, struct sim_vcpu *v, s32 *paused)
{
	u64 all = (1ULL << sim->config.pcpus) - 1;

	switch (sim_random(sim) % 5) {
	case 0:
		sim_pause(v);
		++*paused;
		break;
	case 1:
	case 2:
		if (*paused) {
			--*paused;
			sim_unpause(v);
		}
		break;
	case 3:
		sim_set_affinity(v, (sim_random(sim) & all) ? : all, sim_random(sim));
		break;
	case 4:
		sim_set_affinity(v, all, ~0ULL);
		break;
	}
}

static u32 add_chaos_vcpus(struct sim *sim, struct sim_vcpu **vcpus)
{
	u32 nr = 1 + sim_random(sim) % MAX_CHAOS_VCPUS, added = 0;

	while (added < nr) {
		struct sim_domain *d = sim_add_domain(sim, sim->pool0);
		u32 in_domain = 1 + sim_random(sim) % 4;

		for (u32 i = 0; i < in_domain && added < nr; i++) {
			s64 args[] = { sim_random_in(sim, 1000, 20 * MS),
				       sim_random_in(sim, 0, 10 * MS) };

			vcpus[added++] = sim_random(sim) % 4 ?
				sim_add_vcpu(d, program_chaos, args, 2) :
				sim_add_vcpu(d, program_hog, NULL, 0);
		}
	}
	return nr;
}

static bool is_fair(const struct sched_policy *p)
{
	return !(p->promises & (POLICY_PARTITIONS | POLICY_MAY_STARVE));
}

/* What a vCPU can complain of after 3 s in which nothing was changed: it waited for 2 s of them. */
static bool everybody_runs(struct sim *sim, const char *what, u64 seed, char why[WHY_MAX])
{
	struct sim_domain *d;
	struct sim_vcpu *v;
	u32 i;

	sim->config.check = false;
	sim_run(sim, sim->now + 3 * SEC);
	sim_check(sim);
	sim_for_each_vcpu(sim, d, i, v) {
		const struct policy_vcpu *pv = &v->s.p;

		if (pv->state == VCPU_READY && sim->now - pv->ready_since > 2 * SEC &&
		    is_fair(d->s.pool->p.policy))
			return refuted(why, "%s, seed %lu: d%uv%u has not run for %ld ms", what,
				       (unsigned long)seed, d->s.p.id, i,
				       (long)((sim->now - pv->ready_since) / MS));
	}
	return clean(sim, why, what, seed);
}

static bool chaos(const struct sched_policy *p, const char *options, u32 pcpus, u64 seed,
		  s_time_t length, char why[WHY_MAX])
{
	struct sim *sim = start(p, options, pcpus, seed, 20 * SEC);
	struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
	s32 paused[MAX_CHAOS_VCPUS] = { 0 };
	const char *what = options ? options : "chaos";
	bool good = true;
	u32 nr;

	if (!sim)
		return refuted(why, "%s: does not start", what);
	nr = add_chaos_vcpus(sim, vcpus);
	while (sim->now < length && good) {
		u32 i = sim_random(sim) % nr;

		sim_run(sim, sim->now + sim_random_in(sim, 1, 5 * MS));
		disturb(sim, vcpus[i], &paused[i]);
		sim_check(sim);
		good = clean(sim, why, what, seed);
	}
	/* at a tunable's end turns may be as long as they like */
	return stop(sim, good && (options || everybody_runs(sim, what, seed, why)));
}

static bool nothing_lost(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	return chaos(p, NULL, 1 + seed % 4, seed, 300 * MS, why);
}

/* Tunables one at a time at both ends, as far as they go with the others' initial values. */
static bool tunables_at_both_ends(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	for (u32 t = 0; t < 2 * p->nr_tunables; t++) {
		const struct policy_tunable *row = &p->tunables[t / 2];
		char option[96];

		snprintf(option, sizeof(option), "sched.%s.%s=%ld", p->name, row->name,
			 (long)(t % 2 ? row->max : row->min));
		if (!chaos(p, option, 2, 100 * seed + t, 150 * MS, why))
			return false;
	}
	return true;
}

/* Everything a tool can set, to random values; some do not go together and are refused. */
static void retune(struct sim *sim, const struct sched_policy *policy, struct sim_domain *d)
{
	for (u32 t = 0; t < policy->nr_tunables; t++)
		sched_tunable_set(&sim->pool0->s, policy->tunables[t].name,
				  sim_random_in(sim, policy->tunables[t].min,
						policy->tunables[t].max), sim->now);
	for (u32 t = 0; t < policy->nr_domain_params; t++)
		sched_domain_param_set(&d->s, policy->domain_params[t].name,
				       sim_random_in(sim, policy->domain_params[t].min,
						     policy->domain_params[t].max), sim->now);
	sim_settle(sim);
}

/* Back to what they were: then nobody is owed less than the others. */
static void tune_back(struct sim *sim, const struct sched_policy *p)
{
	s64 values[POLICY_MAX_TUNABLES];

	sched_initial_params(values, p->tunables, p->nr_tunables);
	sched_tunables_set(&sim->pool0->s, values, sim->now);
	sched_initial_params(values, p->domain_params, p->nr_domain_params);
	for (struct sim_domain *d = sim->domains; d; d = d->next)
		sched_domain_params_set(&d->s, values, sim->now);
	sim_settle(sim);
}

static bool tuned_while_running(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct sim *sim = start(p, NULL, 2, 4 + seed, 20 * SEC);
	struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
	u32 nr = add_chaos_vcpus(sim, vcpus);
	bool good = true;

	for (int round = 0; round < 60 && good; round++) {
		sim_run(sim, sim->now + 3 * MS);
		retune(sim, p, random_vcpu(sim, vcpus, nr)->domain);
		good = clean(sim, why, "tuning", 4 + seed);
	}
	tune_back(sim, p);
	sim->config.check = false;
	sim_run(sim, sim->now + 15 * SEC); /* turns of seconds may be owed to the others */
	return stop(sim, good && everybody_runs(sim, "tuning", 4 + seed, why));
}

static bool equal_hogs(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct sim *sim;
	struct sim_vcpu *v[4];
	bool good = true;

	if (!is_fair(p))
		return true;
	sim = start(p, NULL, 1, 2 + seed, 0);
	for (int i = 0; i < 4; i++)
		v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	sim_run(sim, 20 * SEC);
	for (int i = 0; i < 4 && good; i++)
		if (llabs(sim_runtime(v[i]) - 5 * SEC) >= 250 * MS)
			good = refuted(why, "hog %d of 4 ran %ld ms of 20 s", i,
				       (long)(sim_runtime(v[i]) / MS));
	return stop(sim, good && clean(sim, why, "equal hogs", seed));
}

/* One vCPU per pCPU: every policy serves all of them fully. */
static bool enough_pcpus(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct sim *sim;
	struct sim_vcpu *v[4];
	bool good = true;

	if (p->promises & POLICY_MAY_STARVE && !(p->promises & POLICY_PARTITIONS))
		return true;
	sim = start(p, NULL, 4, 2 + seed, 0);
	for (int i = 0; i < 4; i++)
		v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	sim_run(sim, 2 * SEC);
	for (int i = 0; i < 4 && good; i++)
		if (sim_runtime(v[i]) <= 1900 * MS)
			good = refuted(why, "vCPU %d of 4 on 4 pCPUs ran %ld ms of 2 s", i,
				       (long)(sim_runtime(v[i]) / MS));
	return stop(sim, good);
}

/*
 * Nobody waits longer than 200 ms for each vCPU there is: hogs, servers and
 * vCPUs that come and go, all alike to the policy.  The engine's watchdog
 * measures; a vCPU parked for good is found by its run time.
 */
static bool nobody_starves(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	s64 serve[] = { MS / 2, 3 * MS, 30 * MS }, any[] = { 5 * MS, 10 * MS };
	u32 nr = 3 + seed * 2 % 24;
	struct sim *sim;
	bool good;

	if (!is_fair(p))
		return true;
	sim = start(p, NULL, 1 + seed % 2, seed, 200 * MS * nr);
	for (u32 i = 0; i < nr; i++) {
		struct sim_domain *d = sim_add_domain(sim, sim->pool0);

		if (i % 3 == 0)
			sim_add_vcpu(d, program_hog, NULL, 0);
		else if (i % 3 == 1)
			sim_add_vcpu(d, program_server, serve, 3);
		else
			sim_add_vcpu(d, program_chaos, any, 2);
	}
	sim_run(sim, 10 * SEC);
	good = clean(sim, why, "starvation", seed);
	for (struct sim_domain *d = sim->domains; d && good; d = d->next)
		if (sim_runtime(d->vcpu[0]) < 200 * MS / nr)
			good = refuted(why, "starvation, seed %lu: d%uv0 ran %ld us of 10 s",
				       (unsigned long)seed, d->s.p.id,
				       (long)(sim_runtime(d->vcpu[0]) / 1000));
	return stop(sim, good);
}

static bool unplug_all_but_one(struct sim *sim, char why[WHY_MAX])
{
	for (u32 pcpu = 1; pcpu < 4; pcpu++)
		if (sim_remove_pcpu(sim, pcpu))
			return refuted(why, "hot-unplug: pCPU %u would not leave", pcpu);
	return sim_remove_pcpu(sim, 0) == -EBUSY || refuted(why, "gave up its last pCPU");
}

static bool pcpus_leave_and_come_back(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct sim *sim = start(p, NULL, 4, 7 + seed, 20 * SEC);
	struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
	bool good = true;

	add_chaos_vcpus(sim, vcpus);
	for (u32 round = 0; round < 40 && good; round++) {
		u32 pcpu = round % 3 + 1;

		sim_run(sim, sim->now + 7 * MS);
		if (sim_remove_pcpu(sim, pcpu))
			good = refuted(why, "hot-unplug: pCPU %u would not leave", pcpu);
		sim_check(sim);
		sim_run(sim, sim->now + 7 * MS);
		if (!sim->pcpus[pcpu].s.curr->is_idle)
			good = refuted(why, "hot-unplug: pCPU %u still runs something", pcpu);
		good = good && !sim_add_pcpu(sim, sim->pool0, pcpu) &&
		       clean(sim, why, "hot-unplug", 7 + seed);
	}
	return stop(sim, good && everybody_runs(sim, "hot-unplug", 7 + seed, why) &&
			 unplug_all_but_one(sim, why));
}

static bool wander(struct sim *sim, struct sim_pool *other, struct sim_vcpu **vcpus, u32 nr,
		   const char *what, u64 seed, char why[WHY_MAX])
{
	if (sim_move_domain(vcpus[0]->domain, other) != -EINVAL)
		return refuted(why, "a domain moved into a pool without pCPUs");
	for (u32 pcpu = 2; pcpu < 4; pcpu++) {
		sim_remove_pcpu(sim, pcpu);
		sim_add_pcpu(sim, other, pcpu);
	}
	for (u32 round = 0; round < 20; round++) {
		struct sim_domain *d = random_vcpu(sim, vcpus, nr)->domain;

		sim_run(sim, sim->now + 3 * MS);
		if (sim_move_domain(d, round % 2 ? sim->pool0 : other))
			return refuted(why, "%s: d%u would not move", what, d->s.p.id);
		sim_check(sim);
		if (!clean(sim, why, what, seed))
			return false;
	}
	return everybody_runs(sim, what, seed, why);
}

/* The policy in two pools, and as the other pool of every policy; domains wander between. */
static bool domains_move(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	const struct sched_policy *q;

	for (unsigned i = 0; (q = sched_policy_at(i)); i++) {
		struct sim *sim = start(p, NULL, 4, seed * 32 + i, 20 * SEC);
		struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
		struct sim_pool *other = sim_add_pool(sim, 1, q->name);
		u32 nr = add_chaos_vcpus(sim, vcpus);

		if (!stop(sim, wander(sim, other, vcpus, nr, q->name, seed * 32 + i, why)))
			return false;
	}
	return true;
}

static bool vcpus_come_and_go(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct sim *sim = start(p, NULL, 2, 3 + seed, 0);
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	struct sim_vcpu *v[8] = { NULL };
	bool good = true;

	for (u32 round = 0; round < 200 && good; round++) {
		u32 i = sim_random(sim) % ARRAY_SIZE(v);
		s64 args[] = { 2 * MS, 3 * MS };

		if (v[i]) {
			sim_remove_vcpu(v[i]);
			v[i] = NULL;
		} else {
			v[i] = sim_add_vcpu(d, program_chaos, args, 2);
		}
		sim_run(sim, sim->now + sim_random_in(sim, 0, 2 * MS));
		sim_check(sim);
		good = clean(sim, why, "coming and going", 3 + seed);
	}
	return stop(sim, good && everybody_runs(sim, "coming and going", 3 + seed, why));
}

/* The same seed gives the same run, to the last nanosecond. */
static bool runs_repeat(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	u64 events[2];
	s_time_t ran[2];

	for (int run = 0; run < 2; run++) {
		struct sim *sim = start(p, NULL, 3, 76 + seed, 0);
		struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];

		sim->config.check = false;
		add_chaos_vcpus(sim, vcpus);
		sim_run(sim, SEC);
		events[run] = sim->nr_events;
		ran[run] = sim_runtime(vcpus[0]);
		sim_free(sim);
	}
	return (events[0] == events[1] && ran[0] == ran[1]) ||
	       refuted(why, "seed %lu: the second run differs from the first",
		       (unsigned long)(76 + seed));
}

const struct property properties[] = {
	{ "nothing_lost", nothing_lost, 12 },
	{ "tunables_at_both_ends", tunables_at_both_ends, 1 },
	{ "tuned_while_running", tuned_while_running, 1 },
	{ "equal_hogs", equal_hogs, 1 },
	{ "shares_within_bounds", shares_within_bounds, 6 },
	{ "enough_pcpus", enough_pcpus, 1 },
	{ "nobody_starves", nobody_starves, 3 },
	{ "pcpus_leave_and_come_back", pcpus_leave_and_come_back, 1 },
	{ "domains_move", domains_move, 1 },
	{ "vcpus_come_and_go", vcpus_come_and_go, 1 },
	{ "runs_repeat", runs_repeat, 1 },
};

const u32 nr_properties = ARRAY_SIZE(properties);
