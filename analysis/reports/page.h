/* SPDX-License-Identifier: MIT */
/*
 * The report page: one self-contained HTML file that shows runs side by side,
 * figures inlined, nothing fetched from anywhere.
 */
#ifndef ORRERY_ANALYSIS_PAGE_H
#define ORRERY_ANALYSIS_PAGE_H

#include <stdio.h>

#include "analysis/reports/trace_command.h"

struct page_run {
	struct opened_run opened;
	const char *figures_dir; /* with the .svg files */
	unsigned figures;        /* bit i: plots_figures[i] is there */
};

/* @title: of the page. */
void page_write(FILE *out, const char *title, struct page_run *runs, unsigned count);

#endif
