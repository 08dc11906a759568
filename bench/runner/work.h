/* SPDX-License-Identifier: MIT */
/*
 * Running a workload description on the machine, for `orrery work` and the
 * benchmarks made of it.  All complain themselves.
 */
#ifndef ORRERY_RUNNER_WORK_H
#define ORRERY_RUNNER_WORK_H

#include <jansson.h>

#include "sched-policies/simulator/scenario-internal.h"

struct work_options {
	const char *name; /* of the scenario, for messages */
	const char *dir;  /* run directory, or NULL for a fresh one: then no values */
	bool xen, trace, force;
};

/* The description into @s: EXIT_OK or EXIT_USAGE. */
int work_read(const struct scenario_request *rq, struct scenario *s);
/* An exit status; *@values: what the guests told, a new reference, or NULL. */
int work_run(const struct scenario *s, const struct work_options *o, json_t **values);
/* What VM @vm told as @key ("ran_ns", "wait_p99_ns", ...); 0 if nothing. */
double work_value(const json_t *values, const char *vm, const char *key);

#endif
