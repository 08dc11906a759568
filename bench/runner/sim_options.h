/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a workload description, the same for `orrery sim` and `orrery
 * work`: which scenario, what else than it says, where the results go.
 */
#ifndef ORRERY_RUNNER_SIM_OPTIONS_H
#define ORRERY_RUNNER_SIM_OPTIONS_H

#include <stdbool.h>

#include "sched-policies/simulator/scenario.h"

#define SIM_MAX_SETTINGS 32

struct sim_options {
	const char *scenario, *dir;
	bool force, no_trace, xen;
	struct scenario_request rq; /* but for its text */
	const char *settings[SIM_MAX_SETTINGS], *defines[SIM_MAX_SETTINGS];
};

#define SIM_OPTIONS_HELP                                                                    \
	"  --sched NAME               policy, instead of the scenario's\n"                  \
	"  --set NAME.TUNABLE=VALUE   a tunable of a policy\n"                              \
	"  -D WORD=VALUE              value of $WORD in the scenario\n"                     \
	"  --pcpus N, --seed N, --seconds N   instead of the scenario's\n"

/* EXIT_OK, EXIT_USAGE after a complaint, or -1: @help was given. */
int sim_options_parse(struct sim_options *o, const char *help, int argc, char **argv);

#endif
