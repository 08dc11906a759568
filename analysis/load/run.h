/* SPDX-License-Identifier: MIT */
/*
 * A run to analyse: a run directory of `orrery boot` (manifest.json, a trace),
 * or a bare trace file, perhaps with the collector's sidecar FILE.json beside
 * it.  Everything a report wants to know about a run besides its records.
 */
#ifndef ORRERY_ANALYSIS_RUN_H
#define ORRERY_ANALYSIS_RUN_H

#include <jansson.h>

#include "lib/types.h"

struct summary;
struct summary_title;

struct run {
	char *name;       /* last part of the path given */
	char *trace_path;
	json_t *manifest; /* NULL for a bare file */
	json_t *sidecar;  /* the collector's accounting, or NULL */
	const char *hypervisor, *sched, *frames, *heap; /* from the manifest, or NULL */
	u64 tsc_hz;       /* from the sidecar, 0 if not told */
	char policy[96];  /* for titles; run_title fills it */
};

#define RUN_ERROR_MAX 256

/* 0, or -errno with one line in @error naming the file and the way out. */
int run_open(struct run *r, const char *path, char error[RUN_ERROR_MAX]);
void run_close(struct run *r);
/* Names for titles: the manifest's, else what the trace itself says. */
struct summary_title run_title(struct run *r, const struct summary *s);

#endif
