/* SPDX-License-Identifier: MIT */
/*
 * All runstate spells of a trace, kept for figures that draw them.  Internal
 * to analysis/plots.
 */
#ifndef ORRERY_ANALYSIS_SPELLS_H
#define ORRERY_ANALYSIS_SPELLS_H

#include "analysis/metrics/summary.h"

struct spells {
	struct model_interval *v; /* in the order in which they ended */
	size_t count, room;
	struct model model;       /* after the whole trace: its vCPUs and pCPUs */
};

void spells_collect(struct spells *s, struct trace_file *f);
void spells_free(struct spells *s);
bool spells_idle(const struct spells *s, const struct model_interval *i);

#endif
