/* SPDX-License-Identifier: MIT */
/*
 * A run to analyse: a run directory of `orrery boot` (manifest.json, a trace),
 * or a bare trace file, perhaps with the collector's FILE.acct beside it.
 * Everything a report wants to know about a run besides its records.
 */
#ifndef ORRERY_ANALYSIS_RUN_H
#define ORRERY_ANALYSIS_RUN_H

#include <jansson.h>

#include "lib/types.h"

struct summary;
struct summary_title;

/* A row of the collector's accounting. */
struct run_books {
	unsigned pcpu;
	u64 produced, consumed, lost;
	bool right; /* it balanced when the collector closed it */
};

struct run {
	char *name;       /* last part of the path given */
	char *trace_path;
	json_t *manifest; /* NULL for a bare file */
	struct run_books *books; /* NULL without FILE.acct */
	unsigned book_count;
	bool books_checked; /* against the hypervisor's own count */
	const char *hypervisor, *sched, *frames, *heap; /* from the manifest, or NULL */
	u64 tsc_hz;       /* from FILE.acct, 0 if not told */
	char policy[96], frames_name[32]; /* for titles; run_title fills them */
};

#define RUN_ERROR_MAX 256

/* 0, or -errno with one line in @error naming the file and the way out. */
int run_open(struct run *r, const char *path, char error[RUN_ERROR_MAX]);
void run_close(struct run *r);
/* Names for titles: the manifest's, else what the trace itself says. */
struct summary_title run_title(struct run *r, const struct summary *s);

#endif
