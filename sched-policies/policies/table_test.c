/* SPDX-License-Identifier: MIT */
/*
 * The two policies that follow a table: nobody waits longer than promised
 * under `table`, and under `arinc653` nobody runs outside its frames.
 */
#include <criterion/criterion.h>

#include "sched-policies/simulator/sim.h"

#define MS 1000000LL
#define SEC (1000 * MS)

static struct sim *start(const char *policy, u32 pcpus)
{
	struct sim_config config = { .policy = policy, .pcpus = pcpus, .seed = 1, .check = true };

	return sim_new(&config);
}

static void end(struct sim *sim)
{
	cr_assert(!sim->fault[0], "%s", sim->fault);
	cr_assert(!sim->pool0->s.ejection.policy, "%s", sim->pool0->s.ejection.report);
	sim_free(sim);
}

Test(sched_table, nobody_waits_longer_than_promised)
{
	for (u32 nr = 8; nr <= 24; nr += 8) {
		struct sim *sim = start("table", 1);
		s64 args[] = { MS / 5, 5 * MS, 15 * MS };
		struct sim_vcpu *ponger;

		ponger = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_server, args, 3);
		for (u32 i = 1; i < nr; i++)
			sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
		sim_run(sim, 20 * SEC);
		cr_assert_gt(ponger->wait.count, 1000);
		cr_assert_leq(ponger->wait.max, 20 * MS, "%u vCPUs: %ld us", nr,
			      (long)(ponger->wait.max / 1000));
		end(sim);
	}
}

Test(sched_table, shares_are_as_promised)
{
	struct sim *sim = start("table", 1);
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	struct sim_vcpu *half, *rest[2];

	half = sim_add_vcpu(d, program_hog, NULL, 0);
	for (int i = 0; i < 2; i++)
		rest[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	cr_assert_eq(sched_domain_param_set(&d->s, "share_permille", 500, 0), 0);
	sim_run(sim, 10 * SEC);
	cr_assert_float_eq(sim_runtime(half) / 1e9, 5.0, 0.1);
	cr_assert_float_eq(sim_runtime(rest[0]) / 1e9, 2.5, 0.1);
	cr_assert_float_eq(sim_runtime(rest[1]) / 1e9, 2.5, 0.1);
	end(sim);
}

Test(sched_arinc653, a_table_is_followed_to_the_letter)
{
	struct sim *sim = start("arinc653", 1);
	struct policy_instance *pi = &sim->pool0->s.p;
	struct sim_vcpu *v[3];
	struct policy_table_entry table[3];

	for (int i = 0; i < 3; i++)
		v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	table[0] = (struct policy_table_entry){ &v[0]->s.p, 0, 2 * MS };
	table[1] = (struct policy_table_entry){ NULL, 0, 3 * MS };
	table[2] = (struct policy_table_entry){ &v[1]->s.p, 0, 4 * MS };
	cr_assert_eq(pi->policy->set_table(pi, table, 3, 8 * MS, 0), -EINVAL);
	cr_assert_eq(pi->policy->set_table(pi, table, 65, 8 * MS, 0), -ENOSPC);
	cr_assert_eq(pi->policy->set_table(pi, table, 3, 10 * MS, 0), 0);
	sim_settle(sim);
	sim_run(sim, 10 * SEC);
	cr_assert_float_eq(sim_runtime(v[0]) / 1e9, 2.0, 0.001);
	cr_assert_float_eq(sim_runtime(v[1]) / 1e9, 4.0, 0.001);
	cr_assert_eq(sim_runtime(v[2]), 0);
	end(sim);
}
