/* SPDX-License-Identifier: MIT */
/*
 * The suite of policies: what a decision costs as the number of vCPUs grows; see
 * bench_policies.c.
 */
#ifndef ORRERY_RUNNER_BENCH_POLICIES_H
#define ORRERY_RUNNER_BENCH_POLICIES_H

/* @out: run directory, or NULL.  An exit status. */
int bench_policies(const char *out);

#endif
