/* SPDX-License-Identifier: MIT */
/*
 * The properties that every policy must have, as functions that try to refute
 * them by simulation: conformance_test.c asks them of each policy there is,
 * mutants_test.c proves that each of them notices the fault it is for.
 */
#ifndef ORRERY_SIM_PROPERTIES_H
#define ORRERY_SIM_PROPERTIES_H

#include "sched-policies/simulator/sim.h"

#define WHY_MAX 1024
#define MS 1000000LL
#define SEC (1000 * MS)

struct property {
	const char *name;
	/* True: nothing found against it.  Else @why says what, and how to repeat it. */
	bool (*holds)(const struct sched_policy *p, u64 seed, char why[WHY_MAX]);
	u32 seeds; /* to be tried: 1 to that */
};

extern const struct property properties[];
extern const u32 nr_properties;

/* shares_test.c: random machines and loads, each vCPU gets what weighted fairness gives it. */
bool shares_within_bounds(const struct sched_policy *p, u64 seed, char why[WHY_MAX]);

/* False, with the text in @why. */
bool refuted(char why[WHY_MAX], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* No invariant broken, no policy thrown out; else refuted. */
bool clean(const struct sim *sim, char why[WHY_MAX], const char *what, u64 seed);

#endif
