/* SPDX-License-Identifier: MIT */
/*
 * The micro-benchmark suite; see bench_micro.c.
 */
#ifndef ORRERY_RUNNER_BENCH_MICRO_H
#define ORRERY_RUNNER_BENCH_MICRO_H

#include "bench/runner/bench_pair.h"

/* An exit status. */
int bench_micro(const struct bench_pair_options *o);

#endif
