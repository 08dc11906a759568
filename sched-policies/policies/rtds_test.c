/* SPDX-License-Identifier: MIT */
/*
 * The servers of rtds: budgets hold alone and in company, extra time is extra
 * only, and the four kinds do with a sleeper's budget what their page says.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include "sched-policies/simulator/sim.h"

#define MS 1000000LL
#define SEC (1000 * MS)

static struct sim *start(int server)
{
	struct sim_config config = { .policy = "rtds", .seed = 1, .check = true,
				     .stall_limit = 20 * SEC };
	char option[40];

	snprintf(option, sizeof(option), "sched.rtds.server=%d", server);
	config.options = option;
	return sim_new(&config);
}

static struct sim_vcpu *add(struct sim *sim, program_fn program, const s64 *args, u32 nr,
			    s64 period_us, s64 budget_us, s64 extra)
{
	struct sim_vcpu *v = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program, args, nr);
	s64 params[] = { period_us, budget_us, extra };

	cr_assert_eq(sched_vcpu_params_set(&v->s, params, sim->now), 0);
	return v;
}

static void end(struct sim *sim)
{
	cr_assert(!sim->fault[0], "%s", sim->fault);
	cr_assert(!sim->pool0->s.ejection.policy, "%s", sim->pool0->s.ejection.report);
	sim_free(sim);
}

Test(sched_rtds, budgets_hold_under_every_server)
{
	for (int server = 0; server < 4; server++) {
		struct sim *sim = start(server);
		struct sim_vcpu *a = add(sim, program_hog, NULL, 0, 10000, 3000, 0);
		struct sim_vcpu *b = add(sim, program_hog, NULL, 0, 20000, 4000, 0);
		struct sim_vcpu *c = add(sim, program_hog, NULL, 0, 10000, 1000, 1);

		sim_run(sim, 10 * SEC);
		cr_assert_float_eq(sim_runtime(a) / 1e9, 3.0, 0.02, "server %d", server);
		cr_assert_float_eq(sim_runtime(b) / 1e9, 2.0, 0.02, "server %d", server);
		cr_assert_float_eq(sim_runtime(c) / 1e9, 5.0, 0.02, "server %d", server);
		end(sim);
	}
}

Test(sched_rtds, no_server_gives_a_sleeper_more_than_promised)
{
	for (int server = 0; server < 4; server++) {
		struct sim *sim = start(server);
		s64 args[] = { 5 * MS, 7 * MS };
		struct sim_vcpu *v[3];

		for (int i = 0; i < 3; i++)
			v[i] = add(sim, program_chaos, args, 2, 10000, 3000, 0);
		sim_run(sim, 10 * SEC);
		for (int i = 0; i < 3; i++)
			cr_assert_leq(sim_runtime(v[i]), 3010 * MS, "server %d", server);
		end(sim);
	}
}

/* Wakes 5 ms into each period of 10: a deferrable server serves it at once, a polling one has
 * nothing left for it. */
Test(sched_rtds, a_late_riser_is_served_by_kind)
{
	s_time_t wait[4];

	for (int server = 0; server < 4; server++) {
		struct sim *sim = start(server);
		s64 args[] = { 10 * MS, MS, 5 * MS };
		struct sim_vcpu *v;

		v = add(sim, program_rtask, args, 3, 10000, 3000, 0);
		sim_run(sim, SEC);
		sim_keep_latencies(v, 1000);
		sim_run(sim, 2 * SEC);
		wait[server] = sim_latency_at(v, 500);
		end(sim);
	}
	cr_assert_eq(wait[0], 0);
	cr_assert_eq(wait[3], 0);
	cr_assert_gt(wait[1], 4 * MS, "%ld", (long)wait[1]);
	cr_assert_gt(wait[2], 4 * MS, "%ld", (long)wait[2]);
}

Test(sched_rtds, a_budget_above_its_period_is_refused)
{
	struct sim *sim = start(0);
	struct sim_vcpu *v = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	s64 params[] = { 10000, 10001, 0 };

	cr_assert_eq(sched_vcpu_params_set(&v->s, params, 0), -EINVAL);
	cr_assert_eq(v->s.p.param[1], 4000);
	end(sim);
}
