/* SPDX-License-Identifier: MIT */
/*
 * Opening a run with its trace and summary, as all commands that read traces
 * do.  Complains about what is wrong.
 */
#ifndef ORRERY_ANALYSIS_TRACE_COMMAND_H
#define ORRERY_ANALYSIS_TRACE_COMMAND_H

#include "analysis/load/run.h"
#include "analysis/metrics/summary.h"
#include "tracing/decode/merge.h"

struct opened_run {
	struct run run;
	struct trace_file file;
	struct summary summary;
	struct summary_title title; /* points into run */
};

/* @path: run directory or trace file; @tsc_hz 0: as the run or the trace says. @r must not move
 * while it is open.  False after a complaint. */
bool trace_opened(struct opened_run *r, const char *path, u64 tsc_hz);
void trace_closed(struct opened_run *r);

#endif
