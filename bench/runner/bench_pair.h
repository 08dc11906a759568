/* SPDX-License-Identifier: MIT */
/*
 * A suite that boots the same on our hypervisor and on the peer and holds the figures against each
 * other and against what was recorded; see bench_pair.c.
 */
#ifndef ORRERY_RUNNER_BENCH_PAIR_H
#define ORRERY_RUNNER_BENCH_PAIR_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/runner/boot.h"

struct bench_pair_options {
	bool peer;       /* run on Xen too; otherwise its recorded figures are used */
	bool update;     /* record the figures as the new baseline */
	const char *out; /* folder for the run directories, or NULL */
};

struct bench_pair {
	const char *name;     /* its folder in out/bench */
	const char *baseline; /* the file of recorded figures, from the checkout */
	const char *rows;     /* its member that holds them, by name */
	/* What to boot; the path it may return is freed after the run. */
	char *(*prepare)(struct boot_options *o);
	/* Figures by name from a run directory that ended well, or NULL. */
	json_t *(*figures)(const char *dir);
	/* Print the table; an exit status.  @rows gets what a new baseline holds; @xen may be NULL. */
	int (*judge)(json_t *ours, json_t *xen, json_t *recorded, json_t *rows);
	json_t *(*pack)(json_t *rows); /* the whole file */
};

/* An exit status. */
int bench_pair(const struct bench_pair *suite, const struct bench_pair_options *o);

#endif
