/* SPDX-License-Identifier: MIT */
/*
 * The two policies that follow a table: nobody waits longer than promised
 * under `table`, and under `arinc653` nobody runs outside its frames.
 */
#include <criterion/criterion.h>

#include "lib/errno.h"
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

/* --- arinc653 -------------------------------------------------------------------- */

/* Domain @mark: a handle made of that byte. */
static struct sim_domain *marked_domain(struct sim *sim, u8 mark)
{
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	u8 handle[16];

	memset(handle, mark, sizeof(handle));
	sched_domain_rename(&d->s, handle, sim->now);
	return d;
}

static struct policy_table_entry stretch(u8 mark, u32 vcpu, s_time_t length)
{
	struct policy_table_entry e = { .vcpu = vcpu, .pcpu = SCHED_TABLE_FIRST_PCPU, .length = length };

	memset(e.handle, mark, sizeof(e.handle));
	return e;
}

static int install(struct sim *sim, struct policy_table_entry *table, u32 nr, s_time_t cycle)
{
	int rc = sched_table_set(&sim->pool0->s, table, nr, cycle, sim->now);

	sim_settle(sim);
	return rc;
}

Test(sched_arinc653, a_table_is_followed_to_the_letter)
{
	struct sim *sim = start("arinc653", 1);
	struct policy_table_entry table[65] = { stretch(1, 0, 2 * MS), stretch(9, 0, 3 * MS),
						stretch(2, 0, 4 * MS) }, shown[3];
	const s_time_t most = INT64_MAX / 2;
	struct policy_table_entry endless[] = { stretch(1, 0, most), stretch(1, 0, most), stretch(2, 0, most) };
	struct sim_vcpu *v[3];
	s_time_t cycle;

	for (int i = 0; i < 3; i++)
		v[i] = sim_add_vcpu(marked_domain(sim, i + 1), program_hog, NULL, 0);
	cr_assert_eq(install(sim, table, 3, 8 * MS), -EINVAL);
	cr_assert_eq(install(sim, table, 0, 8 * MS), -EINVAL);
	cr_assert_eq(install(sim, table, 65, 8 * MS), -ENOSPC);
	cr_assert_eq(install(sim, endless, 3, INT64_MAX / 2), -EINVAL, "their sum is no number");
	cr_assert_eq(install(sim, endless, 1, INT64_MAX), -EINVAL);
	cr_assert_eq(install(sim, table, 3, 10 * MS), 0);
	sim_run(sim, 10 * SEC);
	cr_assert_float_eq(sim_runtime(v[0]) / 1e9, 2.0, 0.001);
	cr_assert_float_eq(sim_runtime(v[1]) / 1e9, 4.0, 0.001);
	cr_assert_eq(sim_runtime(v[2]), 0);
	cr_assert_eq(sched_table_get(&sim->pool0->s, shown, 3, &cycle), 3);
	cr_assert_eq(cycle, 10 * MS);
	cr_assert_eq(memcmp(shown, table, sizeof(shown)), 0);
	end(sim);
}

/* Entries name vCPUs that come later, go, come back, or change their name. */
Test(sched_arinc653, a_table_names_vcpus_that_come_and_go)
{
	struct sim *sim = start("arinc653", 1);
	struct policy_table_entry table[] = { stretch(1, 0, 2 * MS), stretch(1, 1, 3 * MS) };
	u8 other[16] = { 7 };
	struct sim_domain *d;
	struct sim_vcpu *v, *w;

	cr_assert_eq(install(sim, table, 2, 10 * MS), 0);
	d = marked_domain(sim, 1);
	v = sim_add_vcpu(d, program_hog, NULL, 0);
	w = sim_add_vcpu(d, program_hog, NULL, 0);
	sim_run(sim, 1 * SEC);
	cr_assert_float_eq(sim_runtime(v) / 1e9, 0.2, 0.003);
	cr_assert_float_eq(sim_runtime(w) / 1e9, 0.3, 0.003);
	sched_domain_rename(&d->s, other, sim->now);
	sim_settle(sim);
	sim_run(sim, 2 * SEC);
	cr_assert_float_eq(sim_runtime(v) / 1e9, 0.2, 0.003);
	v = sim_add_vcpu(marked_domain(sim, 1), program_hog, NULL, 0);
	sim_run(sim, 3 * SEC);
	cr_assert_float_eq(sim_runtime(v) / 1e9, 0.2, 0.003);
	sim_remove_vcpu(v);
	sim_run(sim, 4 * SEC);
	cr_assert_float_eq(sim_runtime(w) / 1e9, 0.3, 0.003);
	end(sim);
}

Test(sched_arinc653, other_policies_have_no_table)
{
	struct sim *sim = start("rr", 1);
	struct policy_table_entry table[] = { stretch(1, 0, 2 * MS) };
	s_time_t cycle;

	cr_assert_eq(install(sim, table, 1, 10 * MS), -EOPNOTSUPP);
	cr_assert_eq(sched_table_get(&sim->pool0->s, table, 1, &cycle), 0);
	end(sim);
}
