/* SPDX-License-Identifier: MIT */
/*
 * What all figures share: opening their .tsv and .gp, the look, and running
 * gnuplot.  Internal to analysis/plots.
 */
#ifndef ORRERY_ANALYSIS_FIGURE_H
#define ORRERY_ANALYSIS_FIGURE_H

#include <stdio.h>

#include "analysis/plots/plots.h"

struct figure {
	const struct plots_request *q;
	const char *name;
	FILE *tsv, *gp;
	char *error;
};

/* Open both files and write the script's head.  @width and @height in pixels; the title is
 * "@what" and, on a second line, the run and its policy.  0 or -errno with fig->error set. */
int figure_begin(struct figure *fig, const struct plots_request *q, const char *name,
		 const char *what, unsigned width, unsigned height, char *error);
/* Text of the plot command (without "plot") ends the script; closes, renders SVG and PNG.
 * The caller has written its settings to fig->gp and its data to fig->tsv. */
int figure_end(struct figure *fig, const char *plot);
/* After a failure between begin and end. */
void figure_abandon(struct figure *fig);

/* Colour of the @i-th vCPU or curve, 0xrrggbb. */
unsigned figure_colour(unsigned i);
#define FIGURE_COLOURS 10
#define FIGURE_GREY 0xb8bec4

#endif
