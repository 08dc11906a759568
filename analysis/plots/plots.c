/* SPDX-License-Identifier: MIT */
/*
 * Which figures a trace gets.
 */
#include "analysis/plots/plots.h"

#include <errno.h>

#include "analysis/plots/counts.h"
#include "analysis/plots/timeline.h"

enum { HYPERCALLS, WAKES, UTILISATION, TIMELINE_PCPU, TIMELINE_VCPU };

const struct plots_figure plots_figures[PLOTS_FIGURES] = {
	[HYPERCALLS] = { "hypercalls", "Hypercalls by sub-operation" },
	[WAKES] = { "wakes", "Wake-to-run latency" },
	[UTILISATION] = { "utilisation", "Whose the pCPUs were, over the whole trace", true },
	[TIMELINE_PCPU] = { "timeline-pcpu", "Who ran on each pCPU, in a window", true },
	[TIMELINE_VCPU] = { "timeline-vcpu", "Runstates of each vCPU, in the same window", true },
};

static bool any_wake(const struct summary *s)
{
	for (u32 i = 0; i < s->model.vcpu_count; i++)
		if (s->model.vcpus[i].domid != MODEL_IDLE_DOMID && s->vcpus[i].wake.count)
			return true;
	return false;
}

/* A missing gnuplot is told once, after all data has been written. */
static int step(int rc, int *result, unsigned figure, unsigned *made)
{
	if (!rc)
		*made |= 1U << figure;
	if (rc == -ENOENT) {
		*result = rc;
		return 0;
	}
	return rc;
}

static int scheduling(struct trace_file *f, struct summary *s, const struct plots_request *q,
		      unsigned *made, int *result, char *error)
{
	struct timeline_window w;
	struct spells sp;
	int rc = 0;

	spells_collect(&sp, f);
	w = timeline_choose(&sp, s, q);
	if (sp.count && w.to > w.from) {
		rc = step(plot_utilisation(&sp, s, q, error), result, UTILISATION, made);
		if (!rc)
			rc = step(plot_timeline_pcpu(&sp, s, q, w, error), result, TIMELINE_PCPU,
				  made);
		if (!rc)
			rc = step(plot_timeline_vcpu(&sp, s, q, w, error), result, TIMELINE_VCPU,
				  made);
	}
	spells_free(&sp);
	return rc;
}

int plots_make(struct trace_file *f, struct summary *s, const struct plots_request *q,
	       unsigned *made, char error[PLOTS_ERROR_MAX])
{
	int result = 0, rc = 0;

	*made = 0;
	error[0] = 0;
	if (s->call_count)
		rc = step(plot_hypercalls(s, q, error), &result, HYPERCALLS, made);
	if (!rc && any_wake(s))
		rc = step(plot_wakes(s, q, error), &result, WAKES, made);
	if (!rc)
		rc = scheduling(f, s, q, made, &result, error);
	return rc ? rc : result;
}
