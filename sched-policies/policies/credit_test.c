/* SPDX-License-Identifier: MIT */
/*
 * What credit is for: shares by weight, caps, boost; and how its accounting
 * variants stand up to a vCPU that hides from the tick.
 */
#include <criterion/criterion.h>

#include "sched-policies/simulator/sim.h"

#define MS 1000000LL
#define SEC (1000 * MS)

static struct sim *start(const char *options, u32 pcpus)
{
	struct sim_config config = { .pcpus = pcpus, .policy = "credit", .options = options,
				     .seed = 9, .check = true, .stall_limit = 10 * SEC };

	return sim_new(&config);
}

static struct sim_vcpu *hog(struct sim *sim, s64 weight, s64 cap)
{
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);

	cr_assert_eq(sched_domain_param_set(&d->s, "weight", weight, sim->now), 0);
	cr_assert_eq(sched_domain_param_set(&d->s, "cap", cap, sim->now), 0);
	return sim_add_vcpu(d, program_hog, NULL, 0);
}

static void end(struct sim *sim)
{
	cr_assert(!sim->fault[0], "%s", sim->fault);
	cr_assert(!sim->pool0->s.ejection.policy, "%s", sim->pool0->s.ejection.report);
	sim_free(sim);
}

/* Share of @length in percent. */
static double share(const struct sim_vcpu *v, s_time_t length)
{
	return 100.0 * sim_runtime(v) / length;
}

#define expect_share(v, length, want, tolerance)                                \
	cr_assert_float_eq(share(v, length), want, tolerance, "%.2f%% instead of %.2f%%", \
			   share(v, length), (double)(want))

Test(sched_credit, weights_one_to_eight)
{
	struct sim *sim = start(NULL, 1);
	struct sim_vcpu *v[8];

	for (int i = 0; i < 8; i++)
		v[i] = hog(sim, 64 * (i + 1), 0);
	sim_run(sim, 60 * SEC);
	for (int i = 0; i < 8; i++)
		expect_share(v[i], 60 * SEC, 100.0 * (i + 1) / 36, 5.0 * (i + 1) / 36);
	end(sim);
}

Test(sched_credit, doubling_a_weight_doubles_the_share)
{
	struct sim *sim = start(NULL, 1);
	struct sim_vcpu *a = hog(sim, 256, 0), *b = hog(sim, 256, 0);
	s_time_t before;

	sim_run(sim, 20 * SEC);
	expect_share(a, 20 * SEC, 50, 2);
	cr_assert_eq(sched_domain_param_set(&b->domain->s, "weight", 512, sim->now), 0);
	before = sim_runtime(b);
	sim_run(sim, 50 * SEC);
	cr_assert_float_eq(100.0 * (sim_runtime(b) - before) / (30 * SEC), 66.7, 2);
	end(sim);
}

Test(sched_credit, caps_hold_alone_and_in_company)
{
	static const s64 caps[] = { 5, 10, 20, 30, 50, 70, 90 };

	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++) {
		struct sim *sim = start(NULL, 1);
		struct sim_vcpu *v = hog(sim, 256, caps[i]);

		sim_run(sim, 60 * SEC);
		expect_share(v, 60 * SEC, caps[i], MAX(caps[i] * 0.02, 0.3));
		end(sim);
	}
}

/* What a capped domain may not have goes to the others by weight; the heavier one, which saves up
 * more than a slice while it waits, loses some of it (credit.md). */
Test(sched_credit, leftovers_go_by_weight)
{
	struct sim *sim = start(NULL, 1);
	struct sim_vcpu *a = hog(sim, 256, 10), *b = hog(sim, 256, 0), *c = hog(sim, 512, 0);

	sim_run(sim, 60 * SEC);
	expect_share(a, 60 * SEC, 10, 1);
	expect_share(b, 60 * SEC, 30, 5.5);
	expect_share(c, 60 * SEC, 60, 5.5);
	end(sim);
}

Test(sched_credit, a_cap_over_one_pcpu_spans_vcpus)
{
	struct sim *sim = start(NULL, 4);
	struct sim_vcpu *v = hog(sim, 256, 150), *w = sim_add_vcpu(v->domain, program_hog, NULL, 0);

	sim_run(sim, 30 * SEC);
	cr_assert_float_eq(share(v, 30 * SEC) + share(w, 30 * SEC), 150, 5);
	end(sim);
}

static s_time_t median_wait(const char *options)
{
	struct sim *sim = start(options, 1);
	s64 args[] = { 200000, 5 * MS, 15 * MS };
	struct sim_vcpu *ponger;
	s_time_t median;

	for (int i = 0; i < 3; i++)
		hog(sim, 256, 0);
	ponger = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_ponger, args, 3);
	sim_run(sim, 2 * SEC);
	sim_keep_latencies(ponger, 10000);
	sim_run(sim, 30 * SEC);
	median = sim_latency_at(ponger, 500);
	end(sim);
	return median;
}

Test(sched_credit, boost_cuts_the_wait_of_a_sleeper)
{
	s_time_t with = median_wait(NULL), without = median_wait("sched.credit.boost=0");

	cr_assert_leq(with, 1 * MS, "%ld us", (long)(with / 1000));
	cr_assert_geq(without, 10 * with, "%ld us", (long)(without / 1000));
}

/* The share of one that sleeps around each tick of 10 ms, among three hogs. */
static double evaders_share(const char *options)
{
	struct sim *sim = start(options, 1);
	s64 args[] = { 10 * MS, 100000, 300000 };
	struct sim_vcpu *evader;
	s_time_t before;
	double result;

	for (int i = 0; i < 3; i++)
		hog(sim, 256, 0);
	evader = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_evader, args, 3);
	sim_run(sim, 5 * SEC);
	before = sim_runtime(evader);
	sim_run(sim, 35 * SEC);
	result = 100.0 * (sim_runtime(evader) - before) / (30 * SEC);
	end(sim);
	return result;
}

Test(sched_credit, theft_from_the_sampled_variant_only)
{
	double sampled = evaders_share("sched.credit.accounting=0 sched.credit.ratelimit_us=0");
	double stop = evaders_share("sched.credit.accounting=2 sched.credit.ratelimit_us=0");
	double jittered = evaders_share("sched.credit.accounting=0 sched.credit.ratelimit_us=0 "
					"sched.credit.tick_jitter_pct=10");

	cr_assert_geq(sampled, 90, "%.1f%%", sampled);
	cr_assert_leq(stop, 30, "%.1f%%", stop);
	cr_assert_leq(jittered, 30, "%.1f%%", jittered);
}

Test(sched_credit, tunables_that_do_not_go_together)
{
	struct sim *sim = start(NULL, 1);
	struct sched_pool *pool = &sim->pool0->s;

	cr_assert_eq(sched_tunable_set(pool, "ratelimit_us", 50, 0), -EINVAL);
	cr_assert_eq(sched_tunable_set(pool, "ratelimit_us", 30001, 0), -EINVAL);
	cr_assert_eq(sched_tunable_set(pool, "ratelimit_us", 500001, 0), -ERANGE);
	cr_assert_eq(sched_tunable_set(pool, "ratelimit", 500, 0), -ENOENT);
	cr_assert_eq(sched_tunable_set(pool, "ratelimit_us", 0, 0), 0);
	cr_assert_eq(sched_tunable_set(pool, "tslice_ms", 1, 0), 0);
	cr_assert_eq(sched_tunable_set(pool, "ratelimit_us", 1001, 0), -EINVAL);
	end(sim);
}
