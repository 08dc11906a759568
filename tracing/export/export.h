/* SPDX-License-Identifier: MIT */
/*
 * Writing a trace for other programs.  Every format is a row of a table; all
 * take the trace in the order of time.
 */
#ifndef ORRERY_TRACING_EXPORT_H
#define ORRERY_TRACING_EXPORT_H

#include <stdio.h>

#include "tracing/decode/merge.h"

#define TRACE_EXPORT_ERROR_MAX 256

struct trace_export {
	const char *name;
	/* To @out, a file or (ctf) a directory that is made; @policy may be NULL.  0, or -errno
	 * with one line in @error. */
	int (*write)(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
		     char error[TRACE_EXPORT_ERROR_MAX]);
};

const struct trace_export *trace_export_find(const char *name);

int trace_export_csv(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
		     char *error);
int trace_export_xentrace(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
			  char *error);
int trace_export_ctf(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
		     char *error);
int trace_export_perfetto(struct trace_file *f, u64 tsc_hz, const char *policy, const char *out,
			  char *error);

/* For the writers: open @path, and close with the check that all went out. */
FILE *trace_export_open(const char *path, char *error);
int trace_export_close(FILE *f, const char *path, char *error);

#endif
