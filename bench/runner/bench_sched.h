/* SPDX-License-Identifier: MIT */
#ifndef ORRERY_RUNNER_BENCH_SCHED_H
#define ORRERY_RUNNER_BENCH_SCHED_H

#include <stdbool.h>

/* Runs the suite into folders of @out (NULL: the default); @update: its table becomes the record.
 * An exit status. */
int bench_sched(const char *out, bool update);

#endif
