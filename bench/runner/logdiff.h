/* SPDX-License-Identifier: MIT */
/*
 * Comparing what two boots made the Dom0 kernel complain about.  Pure.  Messages are
 * compared without what differs between any two boots: time stamps, numbers and
 * addresses.
 */
#ifndef ORRERY_RUNNER_LOGDIFF_H
#define ORRERY_RUNNER_LOGDIFF_H

#include <stddef.h>

#include "bench/runner/console_log.h"

struct logdiff_line {
	char *text;              /* as compared, with its level: "<4>Grant table initialized" */
	unsigned ours, peer;     /* how often each kernel said it */
};

struct logdiff {
	struct logdiff_line *lines; /* sorted by text */
	size_t nr;
};

/* One kernel message as compared; malloc'd. */
char *logdiff_normalise(const char *klog_line);

void logdiff_compare(struct logdiff *d, const struct console_log *peer,
		     const struct console_log *ours);
void logdiff_free(struct logdiff *d);

#endif
