/* SPDX-License-Identifier: MIT */
/*
 * Run directories: one per run, never overwritten unless the user names an earlier
 * run and says so.  Also the atomic writing of JSON files into them.
 */
#ifndef ORRERY_RUNNER_RUN_DIR_H
#define ORRERY_RUNNER_RUN_DIR_H

#include <jansson.h>
#include <stdbool.h>

#define RUN_MANIFEST "manifest.json"
#define RUN_RESULTS "results.json"

struct run_dir {
	char *path; /* as to be shown to the user */
	int fd;
};

/*
 * Make or reuse a run directory.  @wanted NULL: the next free number under
 * out/boot/ of the checkout, named after @label.  Returns 0, or an exit status
 * after a complaint.
 */
int run_dir_open(struct run_dir *d, const char *wanted, bool force, const char *label);
void run_dir_close(struct run_dir *d);

/* Write @json as file @name, whole or not at all.  0 or -errno. */
int run_dir_write_json(const struct run_dir *d, const char *name, const json_t *json);

#endif
