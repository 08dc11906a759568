/* SPDX-License-Identifier: MIT */
/*
 * Workload descriptions that are wrong cost one line that says where, what, and
 * what would do; right ones mean what they say.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "sched-policies/simulator/scenario-internal.h"

static const struct {
	const char *text, *setting, *sched, *error;
} wrong[] = {
	{ "vm a nope\n", NULL, NULL, "f:1: no program 'nope'; known: hog, ponger, " },
	{ "\n\nvm a\n", NULL, NULL, "f:3: write it as: vm NAME PROGRAM" },
	{ "vm a hog wrk=1\n", NULL, NULL, "f:1: 'wrk' is neither a parameter of hog (copies, " },
	{ "vm a hog weight=0\n", NULL, NULL, "f:1: weight=0: not a number from 1 to 65535" },
	{ "vm a hog sedf.slice_us=1\nvm b hog rtds.budget_us=1\n", NULL, NULL,
	  "f:2: rtds.budget_us=1: not a number from 20 to " },
	{ "vm a hog copies=0\n", NULL, NULL, "f:1: copies=0: not a number from 1 to " },
	{ "vm a hog copies\n", NULL, NULL, "f:1: 'copies': write it as KEY=VALUE" },
	{ "time 5x\nvm a hog\n", NULL, NULL, "f:1: time=5x: not a number with a unit" },
	{ "time 0\nvm a hog\n", NULL, NULL, "f:2: time and window must be longer than 0" },
	{ "pcpus 0\nvm a hog\n", NULL, NULL, "f:1: pcpus 0: not a number from 1 to " },
	{ "speed 3\nvm a hog\n", NULL, NULL, "f:1: 'speed' is none of: vm, then, sched, " },
	{ "sched\nvm a hog\n", NULL, NULL, "f:1: sched: a value is missing" },
	{ "sched cfs\nvm a hog\n", NULL, NULL, "f:1: sched cfs: no such policy; known: arinc653, " },
	{ "set rr.slice_us=5\nvm a hog\n", NULL, NULL, "f:1: set rr.slice_us=5: not a number" },
	{ "set rr.slice=5\nvm a hog\n", NULL, NULL, "f:1: set rr.slice=5: no such tunable; rr has: " },
	{ "set rr\nvm a hog\n", NULL, NULL, "f:1: set rr: write it as POLICY.TUNABLE=VALUE" },
	{ "vm a $kind\n", NULL, NULL, "f:1: $kind is not defined; give it with -D kind=VALUE" },
	{ "vm a $\n", NULL, NULL, "f:1: a name in small letters is missing behind $" },
	{ "# nothing\n", NULL, NULL, "f:1: no line of a VM" },
	{ "then 1s hog\nvm a hog\n", NULL, NULL, "f:1: then 1s: there is no line of a VM above" },
	{ "vm a hog\nthen 1s\n", NULL, NULL, "f:2: write it as: then TIME PROGRAM" },
	{ "vm a hog\nthen soon hog\n", NULL, NULL, "f:2: then=soon: not a number with a unit" },
	{ "vm a hog\nthen 0 hog\n", NULL, NULL, "f:2: then 0: not later than the phase before" },
	{ "vm a hog\nthen 2s hog\nthen 2s hog\n", NULL, NULL, "f:3: then 2s: not later than " },
	{ "vm a hog\nthen 1s nope\n", NULL, NULL, "f:2: no program 'nope'; known: hog, " },
	{ "vm a hog\nthen 1s ponger gap=1ms\n", NULL, NULL,
	  "f:2: 'gap' is no parameter of ponger, which has: work, gap_min, gap_max" },
	{ "vm a hog\nthen 1s hog weight=3\n", NULL, NULL,
	  "f:2: 'weight' is no parameter of hog, which has: none" },
	{ "vm a ponger gap_min=20ms\n", NULL, NULL, "f:1: gap_max is less than gap_min" },
	{ "vm a evader tick=0\n", NULL, NULL, "f:1: tick=0: must be longer than 0" },
	{ "vm a hog\n", "rr.slice_us=x", NULL, "--set rr.slice_us=x: not a number from 50 to " },
	{ "vm a hog\n", "cfs.x=1", NULL, "--set cfs.x=1: no policy 'cfs'; known: " },
	{ "vm a hog\n", NULL, "cfs", "--sched cfs: no such policy; known: " },
};

Test(scenario, what_is_wrong_costs_a_line)
{
	struct scenario *s = calloc(1, sizeof(*s));

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct scenario_request rq = { .name = "f", .text = wrong[i].text,
					       .sched = wrong[i].sched, .settings = &wrong[i].setting,
					       .nr_settings = wrong[i].setting ? 1 : 0 };
		char error[SCENARIO_ERROR_MAX] = "";

		cr_assert_eq(scenario_parse(&rq, s, error), -EINVAL, "%s", wrong[i].text);
		cr_assert(!strncmp(error, wrong[i].error, strlen(wrong[i].error)),
			  "'%s' instead of '%s...'", error, wrong[i].error);
		cr_assert(!strchr(error, '\n'), "%s", error);
	}
	free(s);
}

static void expect_refused(const char *text, const char *beginning)
{
	struct scenario_request rq = { .name = "f", .text = text };
	struct scenario_result *r = calloc(1, sizeof(*r));
	char error[SCENARIO_ERROR_MAX] = "";

	cr_assert_eq(scenario_run(&rq, r, error), -EINVAL, "%s", text);
	cr_assert(!strncmp(error, beginning, strlen(beginning)), "%s", error);
	free(r);
}

/* What only shows when the machine and the policy are known. */
Test(scenario, what_does_not_go_together)
{
	expect_refused("vm a hog affinity=0xf0\n",
		       "f:1: vm a: affinity=0xf0: there are only pCPUs 0 to 0");
	expect_refused("sched sedf\nvm a hog sedf.slice_us=200000\n",
		       "f:2: vm a: its parameters do not go together under sedf");
	expect_refused("set credit.ratelimit_us=50\nvm a hog\n",
		       "f: sched.credit.ratelimit_us=50: does not go with the other tunables");
}

Test(scenario, words_and_units)
{
	static const char *const defines[] = { "n=3", "what=ponger" };
	struct scenario_request rq = { .name = "f", .text = "time 1.5s\nvm a $what copies=$n work=20us\n",
				       .defines = defines, .nr_defines = 2, .pcpus = 7 };
	struct scenario *s = calloc(1, sizeof(*s));
	char error[SCENARIO_ERROR_MAX] = "";

	cr_assert_eq(scenario_parse(&rq, s, error), 0, "%s", error);
	cr_assert_eq(s->length, 1500000000);
	cr_assert_eq(s->pcpus, 7);
	cr_assert_eq(s->vm[0].copies, 3);
	cr_assert_str_eq(s->vm[0].program->name, "ponger");
	cr_assert_eq(s->vm[0].arg[0], 20000);
	free(s);
}

static void run_text(const char *text, struct scenario_result *r)
{
	struct scenario_request rq = { .name = "f", .text = text };
	char error[SCENARIO_ERROR_MAX] = "";

	cr_assert_eq(scenario_run(&rq, r, error), 0, "%s", error);
}

/* A step is cut where a phase ends, asleep or running; jobs are counted in all of them. */
Test(scenario, phases_change_what_a_vm_does)
{
	struct scenario_result *r = calloc(1, sizeof(*r));

	run_text("sched rr\nstart 2s\ntime 5s\nvm a hog\nthen 1s rtask period=10ms work=1ms\n"
		 "then 3s finite work=100ms\nthen 4s ponger work=2ms gap_min=4ms gap_max=4ms\n", r);
	cr_assert_float_eq(r->group[0].share * 5, 1 + 0.2 + 0.1 + 0.5, 0.01, "%f", r->group[0].share);
	cr_assert_float_eq(r->group[0].rounds, 200 + 249, 2, "%f", r->group[0].rounds);
	cr_assert_eq(r->group[0].miss, 0);
	free(r);
}

/* Who holds a lock when its phase ends lets go of it: here only one of the pair goes on. */
Test(scenario, a_phase_leaves_no_lock_behind)
{
	struct scenario_result *r = calloc(1, sizeof(*r));

	run_text("sched rr\ntime 4s\nvm a lockpair inside=900ms outside=1us\n"
		 "then 1s lockpair inside=10us outside=10us\n", r);
	cr_assert_gt(r->group[0].rounds, 50000);
	free(r);
}
