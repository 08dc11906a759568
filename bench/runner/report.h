/* SPDX-License-Identifier: MIT */
/*
 * The two JSON files of a boot's run directory.  The manifest says what was run
 * (before the run with "complete": false, rewritten after it); the results say what
 * came out.  Neither holds host time or host paths: equal inputs give equal files.
 */
#ifndef ORRERY_RUNNER_REPORT_H
#define ORRERY_RUNNER_REPORT_H

#include "bench/runner/boot.h"
#include "bench/runner/console_log.h"
#include "bench/runner/run_dir.h"
#include "bench/runner/vm.h"

/* What the run directory's links point at. */
struct boot_images {
	char *hypervisor, *kernel, *initrd;
};

/* New manifest, not complete.  Returns NULL and complains if an image cannot be read. */
json_t *report_manifest(const struct boot_options *o, const struct boot_images *images,
			char **argv);

/* Note a file that Dom0 handed over; @dir for its hash. */
void report_add_file(json_t *manifest, const struct run_dir *dir, const char *name);

/*
 * Fill in how the run ended.  The counter is virtual nanoseconds only in
 * instruction-count mode; otherwise times are null.
 */
void report_finish(json_t *manifest, const struct boot_options *o, const struct vm_result *vm,
		   const struct console_log *log);

/* The results.  @verdict is "pass", "fail", "skip" or "none" (Dom0 did not say). */
json_t *report_results(const struct boot_options *o, const struct console_log *log,
		       const char *verdict);

#endif
