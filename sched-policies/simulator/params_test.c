/* SPDX-License-Identifier: MIT */
/*
 * The command line and Xen's structures: what they set, and what they say to
 * wrong input.
 */
#include <criterion/criterion.h>

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "sched-policies/simulator/sim.h"
#include "sched/engine/xen-params.h"

static struct sim *start(const char *policy, const char *options)
{
	struct sim_config config = { .policy = policy, .options = options, .log_bytes = 4096 };

	return sim_new(&config);
}

Test(sched_params, the_line_chooses_policy_and_tunables)
{
	struct sim *sim = start("rr", NULL);
	s64 values[POLICY_MAX_TUNABLES];
	const char *line = "loglvl=all sched=null sched.rr.slice_us=500 sched=credit "
			   "sched.credit.tslice_ms=0x5 -- sched=rr";

	cr_assert_str_eq(sched_policy_from_line(line, "rr")->name, "credit");
	cr_assert_str_eq(sched_policy_from_line("", "rr")->name, "rr");
	cr_assert_str_eq(sim->log, "");
	sched_tunables_from_line(line, sched_policy_by_name("rr"), values);
	cr_assert_eq(values[0], 500);
	sched_tunables_from_line(line, sched_policy_by_name("credit"), values);
	cr_assert_eq(values[0], 5);
	cr_assert_eq(values[1], 1000);
	sched_tunables_from_line("sched_credit_tslice_ms=7 sched_ratelimit_us=200",
				 sched_policy_by_name("credit"), values);
	cr_assert_eq(values[0], 7);
	cr_assert_eq(values[1], 200);
	sim_free(sim);
}

Test(sched_params, wrong_words_cost_a_line_each)
{
	struct sim *sim = start("rr", NULL);
	s64 values[POLICY_MAX_TUNABLES];

	cr_assert_str_eq(sched_policy_from_line("sched=cfs", "credit")->name, "credit");
	cr_assert(strstr(sim->log, "sched=: no scheduler 'cfs'; known: "), "%s", sim->log);
	cr_assert(strstr(sim->log, "credit, "), "%s", sim->log);
	cr_assert(strstr(sim->log, "; using credit\n"), "%s", sim->log);
	sim->log_used = 0;
	sched_policy_from_line("sched.cfs.x=1", "credit");
	cr_assert(strstr(sim->log, "no scheduler 'cfs'"), "%s", sim->log);
	sim->log_used = 0;
	sched_policy_from_line("sched.rr.slice=5 sched.rr.slice_us=70 -- sched.rr.x=1", "credit");
	cr_assert_str_eq(sim->log, "sched.rr.slice: no such tunable; rr has: "
			 "slice_us (50..1000000), wake_first (0..1), lock_grace_us (0..1000)\n");
	sim->log_used = 0;
	sched_tunables_from_line("sched.rr.slice=5", sched_policy_by_name("rr"), values);
	cr_assert_str_eq(sim->log, "sched.rr.slice: no such tunable; rr has: "
			 "slice_us (50..1000000), wake_first (0..1), lock_grace_us (0..1000)\n");
	sim->log_used = 0;
	sched_tunables_from_line("sched.rr.slice_us=49", sched_policy_by_name("rr"), values);
	cr_assert_str_eq(sim->log, "sched.rr.slice_us=49: not a number from 50 to 1000000; "
			 "keeping 10000\n");
	sim->log_used = 0;
	sched_tunables_from_line("sched.rr.slice_us=6x", sched_policy_by_name("rr"), values);
	cr_assert(strstr(sim->log, "keeping 10000"), "%s", sim->log);
	sim->log_used = 0;
	sched_tunables_from_line("sched.credit.ratelimit_us=40000", sched_policy_by_name("credit"),
				 values);
	cr_assert(strstr(sim->log, "does not go with the other tunables; keeping 1000"), "%s",
		  sim->log);
	cr_assert_eq(values[1], 1000);
	sim_free(sim);
}

Test(sched_params, domain_parameters_as_xl_sets_them)
{
	struct sim *sim = start("credit", NULL);
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT,
					      .cmd = XEN_DOMCTL_SCHEDOP_getinfo };

	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	cr_assert_eq(op.u.credit.weight, 256);
	cr_assert_eq(op.u.credit.cap, 0);
	op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.credit.weight = 0; /* keep */
	op.u.credit.cap = 150;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	op.u.credit.weight = 65535;
	op.u.credit.cap = 0xffff; /* keep */
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	cr_assert_eq(d->s.p.param[0], 65535);
	cr_assert_eq(d->s.p.param[1], 150);
	op.sched_id = XEN_SCHEDULER_CREDIT2;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), -EINVAL);
	op.sched_id = XEN_SCHEDULER_CREDIT;
	op.cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), -EINVAL);
	sim_free(sim);
}

Test(sched_params, pool_parameters_as_xl_sets_them)
{
	struct sim *sim = start("credit", NULL);
	struct sched_pool *pool = &sim->pool0->s;
	struct xen_sysctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_CREDIT,
					      .cmd = XEN_SYSCTL_SCHEDOP_getinfo };

	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), 0);
	cr_assert_eq(op.u.sched_credit.tslice_ms, 30);
	cr_assert_eq(op.u.sched_credit.ratelimit_us, 1000);
	cr_assert_eq(op.u.sched_credit.vcpu_migr_delay_us, 0);
	op.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	op.u.sched_credit.tslice_ms = 10;
	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), 0);
	cr_assert_eq(pool->p.tunable[0], 10);
	op.u.sched_credit.tslice_ms = 1001;
	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), -EINVAL);
	op.u.sched_credit.tslice_ms = 1;
	op.u.sched_credit.ratelimit_us = 1001;
	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), -EINVAL);
	cr_assert_eq(pool->p.tunable[0], 10, "nothing changes unless all is good");
	cr_assert_eq(pool->rate_limit, 1000000);
	op.u.sched_credit.ratelimit_us = 0xffffffff;
	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), -EINVAL);
	op.cmd = 7;
	cr_assert_eq(sched_xen_pool_op(pool, &op, 0), -EINVAL);
	sim_free(sim);
}

/* Policies without parameters answer the tools' questions with success, as Xen's null does. */
Test(sched_params, policies_without_parameters)
{
	struct sim *sim = start("null", NULL);
	struct sim_domain *d = sim_add_domain(sim, sim->pool0);
	struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_NULL,
					      .cmd = XEN_DOMCTL_SCHEDOP_putinfo };

	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	cr_assert_eq(sched_xen_domain_op(&d->s, NULL, 0, &op, 0), 0);
	sim_free(sim);
}
