/* SPDX-License-Identifier: MIT */
/*
 * What every policy must do, run on every policy there is: lose no vCPU, run
 * none twice, keep affinity and the work conservation it promises, survive
 * pauses, moves, hot-unplug and its tunables' extremes, and never be ejected.
 * Workloads are random and seeded; a failure names policy and seed.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "sched-policies/simulator/sim.h"

#define MS 1000000LL
#define SEC (1000 * MS)
#define MAX_CHAOS_VCPUS 12

static const struct sched_policy *policy_at(unsigned i)
{
	sched_register_policies();
	return sched_policy_at(i);
}

/* Report the first fault with everything needed to repeat it. */
static void expect_clean(struct sim *sim, const char *policy, u64 seed, const char *what)
{
	const struct sched_pool *pool;

	cr_assert(!sim->fault[0], "%s, %s, seed %lu: %s", policy, what, (unsigned long)seed,
		  sim->fault);
	list_for_each_entry(pool, &sim->sys.pools, node)
		cr_assert(!pool->ejection.policy, "%s, %s, seed %lu: %s", policy, what,
			  (unsigned long)seed, pool->ejection.report);
}

static struct sim_vcpu *random_vcpu(struct sim *sim, struct sim_vcpu **vcpus, u32 nr)
{
	return vcpus[sim_random(sim) % nr];
}

/* One thing a control tool may do to a vCPU at any time. */
static void disturb(struct sim *sim, struct sim_vcpu *v, s32 *paused)
{
	u64 all = sim->config.pcpus == 64 ? ~0ULL : (1ULL << sim->config.pcpus) - 1;

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

static void chaos(const char *policy, const char *options, u32 pcpus, u64 seed, s_time_t length,
		  const char *what)
{
	struct sim_config config = {
		.pcpus = pcpus, .policy = policy, .options = options, .seed = seed, .check = true,
		.stall_limit = 20 * SEC,
	};
	struct sim *sim = sim_new(&config);
	struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
	s32 paused[MAX_CHAOS_VCPUS] = { 0 };
	u32 nr;

	cr_assert(sim, "%s does not start", policy);
	nr = add_chaos_vcpus(sim, vcpus);
	while (sim->now < length) {
		u32 i = sim_random(sim) % nr;

		sim_run(sim, sim->now + sim_random_in(sim, 1, 5 * MS));
		disturb(sim, vcpus[i], &paused[i]);
		sim_check(sim);
		expect_clean(sim, policy, seed, what);
	}
	sim_free(sim);
}

Test(sched_conformance, chaos_loses_nothing)
{
	for (unsigned p = 0; policy_at(p); p++)
		for (u64 seed = 1; seed <= 12; seed++)
			chaos(policy_at(p)->name, NULL, 1 + seed % 4, seed, 300 * MS, "chaos");
}

/* Tunables one at a time at both ends, as far as they go with the others' initial values. */
Test(sched_conformance, tunables_at_both_ends)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const struct sched_policy *policy = policy_at(p);

		for (u32 t = 0; t < 2 * policy->nr_tunables; t++) {
			const struct policy_tunable *row = &policy->tunables[t / 2];
			char option[96];

			snprintf(option, sizeof(option), "sched.%s.%s=%ld", policy->name, row->name,
				 (long)(t % 2 ? row->max : row->min));
			chaos(policy->name, option, 2, 100 + t, 150 * MS, option);
		}
	}
}

static s64 random_value(struct sim *sim, const struct policy_tunable *row)
{
	return sim_random_in(sim, row->min, row->max);
}

/* Everything a tool can set, to random values; some do not go together and are refused. */
static void retune(struct sim *sim, const struct sched_policy *policy, struct sim_domain *d)
{
	for (u32 t = 0; t < policy->nr_tunables; t++)
		sched_tunable_set(&sim->pool0->s, policy->tunables[t].name,
				  random_value(sim, &policy->tunables[t]), sim->now);
	for (u32 t = 0; t < policy->nr_domain_params; t++)
		sched_domain_param_set(&d->s, policy->domain_params[t].name,
				       random_value(sim, &policy->domain_params[t]), sim->now);
	sim_settle(sim);
}

Test(sched_conformance, tuning_while_running)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const struct sched_policy *policy = policy_at(p);
		struct sim_config config = { .pcpus = 2, .policy = policy->name, .seed = 5,
					     .check = true, .stall_limit = 20 * SEC };
		struct sim *sim = sim_new(&config);
		struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
		u32 nr = add_chaos_vcpus(sim, vcpus);

		for (int round = 0; round < 60; round++) {
			sim_run(sim, sim->now + 3 * MS);
			retune(sim, policy, random_vcpu(sim, vcpus, nr)->domain);
			expect_clean(sim, policy->name, 5, "tuning");
		}
		sim_free(sim);
	}
}

Test(sched_conformance, equal_hogs_get_equal_shares)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const struct sched_policy *policy = policy_at(p);
		struct sim_config config = { .pcpus = 1, .policy = policy->name, .seed = 3,
					     .check = true };
		struct sim_vcpu *v[4];
		struct sim *sim;

		if (policy->promises & (POLICY_PARTITIONS | POLICY_MAY_STARVE))
			continue;
		sim = sim_new(&config);
		for (int i = 0; i < 4; i++)
			v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
		sim_run(sim, 20 * SEC);
		for (int i = 0; i < 4; i++)
			cr_assert(llabs(sim_runtime(v[i]) - 5 * SEC) < 250 * MS,
				  "%s: hog %d of 4 ran %ld ms of 20 s", policy->name, i,
				  (long)(sim_runtime(v[i]) / MS));
		sim_free(sim);
	}
}

/* One vCPU per pCPU: every policy serves all of them fully. */
Test(sched_conformance, enough_pcpus_for_all)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const struct sched_policy *policy = policy_at(p);
		struct sim_config config = { .pcpus = 4, .policy = policy->name, .seed = 3,
					     .check = true };
		struct sim_vcpu *v[4];
		struct sim *sim;

		if (policy->promises & POLICY_MAY_STARVE && !(policy->promises & POLICY_PARTITIONS))
			continue;
		sim = sim_new(&config);
		for (int i = 0; i < 4; i++)
			v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
		sim_run(sim, 2 * SEC);
		for (int i = 0; i < 4; i++)
			cr_assert(sim_runtime(v[i]) > 1900 * MS, "%s: vCPU %d ran %ld ms of 2 s",
				  policy->name, i, (long)(sim_runtime(v[i]) / MS));
		sim_free(sim);
	}
}

Test(sched_conformance, pcpus_leave_and_come_back)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const char *name = policy_at(p)->name;
		struct sim_config config = { .pcpus = 4, .policy = name, .seed = 8, .check = true,
					     .stall_limit = 20 * SEC };
		struct sim *sim = sim_new(&config);
		struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];

		add_chaos_vcpus(sim, vcpus);
		for (u32 round = 0; round < 40; round++) {
			u32 pcpu = round % 3 + 1;

			sim_run(sim, sim->now + 7 * MS);
			cr_assert_eq(sim_remove_pcpu(sim, pcpu), 0, "%s", name);
			sim_check(sim);
			sim_run(sim, sim->now + 7 * MS);
			cr_assert_eq(sim->pcpus[pcpu].s.curr->is_idle, true);
			cr_assert_eq(sim_add_pcpu(sim, sim->pool0, pcpu), 0);
			expect_clean(sim, name, round, "hot-unplug");
		}
		cr_assert_eq(sim_remove_pcpu(sim, 1), 0);
		cr_assert_eq(sim_remove_pcpu(sim, 2), 0);
		cr_assert_eq(sim_remove_pcpu(sim, 3), 0);
		cr_assert_eq(sim_remove_pcpu(sim, 0), -EBUSY, "%s gave up its last pCPU", name);
		sim_free(sim);
	}
}

/* Every policy as the other pool of every policy; domains wander between. */
Test(sched_conformance, domains_move_between_pools)
{
	for (unsigned p = 0; policy_at(p); p++)
		for (unsigned q = 0; policy_at(q); q++) {
			const char *name = policy_at(p)->name;
			struct sim_config config = { .pcpus = 4, .policy = name, .seed = p * 32 + q,
						     .check = true, .stall_limit = 20 * SEC };
			struct sim *sim = sim_new(&config);
			struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];
			struct sim_pool *other = sim_add_pool(sim, 1, policy_at(q)->name);
			u32 nr = add_chaos_vcpus(sim, vcpus);

			cr_assert_eq(sim_move_domain(vcpus[0]->domain, other), -EINVAL);
			sim_remove_pcpu(sim, 3);
			sim_remove_pcpu(sim, 2);
			sim_add_pcpu(sim, other, 2);
			sim_add_pcpu(sim, other, 3);
			for (u32 round = 0; round < 20; round++) {
				struct sim_domain *d = random_vcpu(sim, vcpus, nr)->domain;

				sim_run(sim, sim->now + 3 * MS);
				cr_assert_eq(sim_move_domain(d, round % 2 ? sim->pool0 : other), 0);
				sim_check(sim);
				expect_clean(sim, name, round, policy_at(q)->name);
			}
			sim_free(sim);
		}
}

Test(sched_conformance, vcpus_come_and_go)
{
	for (unsigned p = 0; policy_at(p); p++) {
		const char *name = policy_at(p)->name;
		struct sim_config config = { .pcpus = 2, .policy = name, .seed = 4, .check = true };
		struct sim *sim = sim_new(&config);
		struct sim_domain *d = sim_add_domain(sim, sim->pool0);
		struct sim_vcpu *v[8] = { NULL };

		for (u32 round = 0; round < 200; round++) {
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
			expect_clean(sim, name, round, "come and go");
		}
		sim_free(sim);
	}
}

/* The same seed gives the same run, to the last nanosecond. */
Test(sched_conformance, runs_repeat)
{
	for (unsigned p = 0; policy_at(p); p++) {
		u64 events[2];
		s_time_t ran[2];

		for (int run = 0; run < 2; run++) {
			struct sim_config config = { .pcpus = 3, .policy = policy_at(p)->name,
						     .seed = 77 };
			struct sim *sim = sim_new(&config);
			struct sim_vcpu *vcpus[MAX_CHAOS_VCPUS];

			add_chaos_vcpus(sim, vcpus);
			sim_run(sim, SEC);
			events[run] = sim->nr_events;
			ran[run] = sim_runtime(vcpus[0]);
			sim_free(sim);
		}
		cr_assert_eq(events[0], events[1]);
		cr_assert_eq(ran[0], ran[1]);
	}
}
