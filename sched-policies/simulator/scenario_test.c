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
	{ "speed 3\nvm a hog\n", NULL, NULL, "f:1: 'speed' is none of: vm, sched, " },
	{ "sched\nvm a hog\n", NULL, NULL, "f:1: sched: a value is missing" },
	{ "sched cfs\nvm a hog\n", NULL, NULL, "f:1: sched cfs: no such policy; known: arinc653, " },
	{ "set rr.slice_us=5\nvm a hog\n", NULL, NULL, "f:1: set rr.slice_us=5: not a number" },
	{ "set rr.slice=5\nvm a hog\n", NULL, NULL, "f:1: set rr.slice=5: no such tunable; rr has: " },
	{ "set rr\nvm a hog\n", NULL, NULL, "f:1: set rr: write it as POLICY.TUNABLE=VALUE" },
	{ "vm a $kind\n", NULL, NULL, "f:1: $kind is not defined; give it with -D kind=VALUE" },
	{ "vm a $\n", NULL, NULL, "f:1: a name in small letters is missing behind $" },
	{ "# nothing\n", NULL, NULL, "f:1: no line of a VM" },
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
