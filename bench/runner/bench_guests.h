/* SPDX-License-Identifier: MIT */
/*
 * The guest suite: what stock PV guests cost on ours and on the peer; see bench_guests.c.
 */
#ifndef ORRERY_RUNNER_BENCH_GUESTS_H
#define ORRERY_RUNNER_BENCH_GUESTS_H

#include <stdbool.h>

struct bench_guests_options {
	bool peer;       /* run on Xen too; otherwise its recorded figures are used */
	bool update;     /* record the figures as the new baseline */
	const char *out; /* folder for the run directories, or NULL */
};

/* An exit status. */
int bench_guests(const struct bench_guests_options *o);

#endif
