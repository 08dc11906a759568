/* SPDX-License-Identifier: MIT */
/*
 * Every property of properties.h, of every policy there is.  A failure names
 * the policy and the seed; one of shares gives the smallest scenario that
 * still fails.  ORRERY_SEEDS=N tries N times as many seeds.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "sched-policies/simulator/properties.h"

static u64 more_seeds(void)
{
	const char *wanted = getenv("ORRERY_SEEDS");

	return wanted ? MAX(atoi(wanted), 1) : 1;
}

static void ask_all(const char *name)
{
	const struct sched_policy *p;
	char why[WHY_MAX];

	sched_register_policies();
	for (u32 i = 0; i < nr_properties; i++) {
		if (strcmp(properties[i].name, name))
			continue;
		for (unsigned n = 0; (p = sched_policy_at(n)); n++)
			for (u64 seed = 1; seed <= properties[i].seeds * more_seeds(); seed++)
				cr_assert(properties[i].holds(p, seed, why), "%s, %s: %s", p->name,
					  name, why);
		return;
	}
	cr_assert(false, "no property '%s'", name);
}

#define CONFORMANCE(property)                                                   \
	Test(sched_conformance, property, .timeout = 3600)                      \
	{                                                                       \
		ask_all(#property);                                             \
	}

CONFORMANCE(nothing_lost)
CONFORMANCE(tunables_at_both_ends)
CONFORMANCE(tuned_while_running)
CONFORMANCE(equal_hogs)
CONFORMANCE(shares_within_bounds)
CONFORMANCE(enough_pcpus)
CONFORMANCE(nobody_starves)
CONFORMANCE(pcpus_leave_and_come_back)
CONFORMANCE(domains_move)
CONFORMANCE(vcpus_come_and_go)
CONFORMANCE(runs_repeat)
