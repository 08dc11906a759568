/* SPDX-License-Identifier: MIT */
/*
 * Figures of who ran when.  Internal to analysis/plots; results as plots_make.
 */
#ifndef ORRERY_ANALYSIS_TIMELINE_H
#define ORRERY_ANALYSIS_TIMELINE_H

#include "analysis/plots/plots.h"
#include "analysis/plots/spells.h"

struct timeline_window {
	u64 from, to; /* TSC */
};

/* The window asked for, or the one of TIMELINE_NS in which most vCPUs were switched in. */
#define TIMELINE_NS 100000000ULL
struct timeline_window timeline_choose(const struct spells *sp, const struct summary *s,
				       const struct plots_request *q);

int plot_timeline_pcpu(const struct spells *sp, const struct summary *s,
		       const struct plots_request *q, struct timeline_window w, char *error);
int plot_timeline_vcpu(const struct spells *sp, const struct summary *s,
		       const struct plots_request *q, struct timeline_window w, char *error);
int plot_utilisation(const struct spells *sp, const struct summary *s,
		     const struct plots_request *q, char *error);

#endif
