/* SPDX-License-Identifier: MIT */
/*
 * credit2: weights, caps of one and several vCPUs, latency of a sleeper, and
 * the structures that xl sched-credit2 sends.
 */
#include <criterion/criterion.h>

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "sched-policies/simulator/sim.h"
#include "sched/engine/xen-params.h"

#define MS 1000000LL
#define SEC (1000 * MS)

static struct sim *start(u32 pcpus)
{
	struct sim_config config = { .policy = "credit2", .pcpus = pcpus, .seed = 1,
				     .check = true, .stall_limit = 20 * SEC };

	return sim_new(&config);
}

static void end(struct sim *sim)
{
	cr_assert(!sim->fault[0], "%s", sim->fault);
	cr_assert(!sim->pool0->s.ejection.policy, "%s", sim->pool0->s.ejection.report);
	sim_free(sim);
}

static struct sim_domain *hogs(struct sim *sim, u32 nr, const char *param, s64 value)
{
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);

	while (nr--)
		sim_add_vcpu(d, program_hog, NULL, 0);
	cr_assert_eq(sched_domain_param_set(&d->s, param, value, sim->now), 0);
	return d;
}

Test(sched_credit2, weights_divide_the_pcpu)
{
	struct sim *sim = start(1);
	struct sim_domain *light = hogs(sim, 1, "weight", 100);
	struct sim_domain *heavy = hogs(sim, 1, "weight", 300);

	sim_run(sim, 10 * SEC);
	cr_assert_float_eq(sim_runtime(light->vcpu[0]) / 1e9, 2.5, 0.05);
	cr_assert_float_eq(sim_runtime(heavy->vcpu[0]) / 1e9, 7.5, 0.05);
	end(sim);
}

Test(sched_credit2, caps_hold_alone_and_over_vcpus)
{
	struct sim *sim = start(2);
	struct sim_domain *capped = hogs(sim, 2, "cap", 30);

	sim_run(sim, 10 * SEC);
	cr_assert_float_eq((sim_runtime(capped->vcpu[0]) + sim_runtime(capped->vcpu[1])) / 1e9,
			   3.0, 0.06);
	cr_assert_eq(sched_domain_param_set(&capped->s, "cap", 0, sim->now), 0);
	sim_run(sim, 20 * SEC);
	cr_assert_gt(sim_runtime(capped->vcpu[0]), 11 * SEC);
	end(sim);
}

Test(sched_credit2, a_sleeper_does_not_wait_for_those_that_compute)
{
	struct sim *sim = start(1);
	s64 args[] = { MS / 5, 5 * MS, 15 * MS };
	struct sim_vcpu *server;

	hogs(sim, 3, "weight", 256);
	server = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_server, args, 3);
	sim_run(sim, SEC);
	sim_keep_latencies(server, 10000);
	sim_run(sim, 20 * SEC);
	cr_assert_leq(sim_latency_at(server, 990), 2 * MS);
	end(sim);
}

Test(sched_credit2, xl_sets_and_shows_it)
{
	struct sim *sim = start(1);
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT2,
					      .cmd = XEN_DOMCTL_SCHEDOP_putinfo };
	struct xen_sysctl_scheduler_op pool = { .sched_id = XEN_SCHEDULER_CREDIT2,
						.cmd = XEN_SYSCTL_SCHEDOP_putinfo };

	op.u.credit2.weight = 512;
	op.u.credit2.cap = 40;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	op.u.credit2.weight = 0;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	cr_assert_eq(op.u.credit2.weight, 512);
	cr_assert_eq(op.u.credit2.cap, 40);
	pool.u.sched_credit2.ratelimit_us = 99;
	cr_assert_eq(sched_xen_pool_op(&sim->pool0->s, &pool, 0), -EINVAL);
	pool.u.sched_credit2.ratelimit_us = 500;
	cr_assert_eq(sched_xen_pool_op(&sim->pool0->s, &pool, 0), 0);
	cr_assert_eq(sim->pool0->s.rate_limit, 500000);
	end(sim);
}
