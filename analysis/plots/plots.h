/* SPDX-License-Identifier: MIT */
/*
 * Figures of one trace, by gnuplot: for each a .tsv with the data, a .gp that
 * can be run again by hand, and the .svg and .png it draws.
 *
 *   hypercalls    how often each hypercall was made, by sub-operation
 *   wakes         distribution of the wake-to-run latency, per vCPU
 *   utilisation   whose the pCPUs were, over the whole trace
 *   timeline-pcpu which vCPU ran on each pCPU, in a window of the trace
 *   timeline-vcpu runstates of each vCPU, in the same window
 */
#ifndef ORRERY_ANALYSIS_PLOTS_H
#define ORRERY_ANALYSIS_PLOTS_H

#include "analysis/metrics/summary.h"

#define PLOTS_ERROR_MAX 256

struct plots_request {
	const char *dir;            /* exists */
	struct summary_title title;
	u64 from_ns, to_ns;         /* window of the timelines; to_ns 0: chosen */
};

/* A figure that was made: base name of its files and what it shows. */
struct plots_figure {
	const char *name, *caption;
	bool wide; /* drawn for the whole width of a page */
};
#define PLOTS_FIGURES 5
extern const struct plots_figure plots_figures[PLOTS_FIGURES];

/*
 * Make every figure the trace has data for; bit i of *@made is set for
 * plots_figures[i].  0, or -errno with one line in @error: -ENOENT when there
 * is no gnuplot (.gp and .tsv are there then), else a file that could not be
 * written or a gnuplot that failed.
 */
int plots_make(struct trace_file *f, struct summary *s, const struct plots_request *q,
	       unsigned *made, char error[PLOTS_ERROR_MAX]);

#endif
