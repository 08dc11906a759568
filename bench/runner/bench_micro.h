/* SPDX-License-Identifier: MIT */
/*
 * The micro-benchmark suite; see bench_micro.c.
 */
#ifndef ORRERY_RUNNER_BENCH_MICRO_H
#define ORRERY_RUNNER_BENCH_MICRO_H

#include <stdbool.h>

struct bench_micro_options {
	bool peer;       /* run on Xen too; otherwise its recorded figures are shown */
	bool update;     /* record the figures as the new baseline */
	const char *out; /* folder for the run directories, or NULL */
};

/* An exit status. */
int bench_micro(const struct bench_micro_options *o);

#endif
