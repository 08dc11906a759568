/* SPDX-License-Identifier: MIT */
/*
 * Figures made from a summary alone.  Internal to analysis/plots; results as
 * plots_make.
 */
#ifndef ORRERY_ANALYSIS_COUNTS_H
#define ORRERY_ANALYSIS_COUNTS_H

#include "analysis/plots/plots.h"

/* @pre there is at least one hypercall. */
int plot_hypercalls(const struct summary *s, const struct plots_request *q, char *error);
/* @pre at least one wake-up of a vCPU that is not idle. */
int plot_wakes(struct summary *s, const struct plots_request *q, char *error);

#endif
