/* SPDX-License-Identifier: MIT */
/*
 * The guest suite: what stock PV guests cost on ours and on the peer; see bench_guests.c.
 */
#ifndef ORRERY_RUNNER_BENCH_GUESTS_H
#define ORRERY_RUNNER_BENCH_GUESTS_H

#include "bench/runner/bench_pair.h"

/* An exit status. */
int bench_guests(const struct bench_pair_options *o);

#endif
