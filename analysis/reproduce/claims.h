/* SPDX-License-Identifier: MIT */
/*
 * A published result as data: cells (a scenario under a policy with settings),
 * run for several seeds on the simulator, and claims about their metrics.  The
 * format of claims.txt is in README.md of this folder.
 */
#ifndef ORRERY_ANALYSIS_CLAIMS_H
#define ORRERY_ANALYSIS_CLAIMS_H

#include "sched-policies/simulator/scenario.h"

#define CLAIMS_CELLS 96
#define CLAIMS_MAX 96
#define CLAIMS_WORDS 16
#define CLAIMS_SEEDS 64
#define CLAIMS_PLOTS 4
#define CLAIMS_SLOPE_CELLS 8

struct claims_cell {
	char name[32], scenario[48], sched[24];
	char word[CLAIMS_WORDS][64];     /* all "x=y", kept for the two lists */
	const char *setting[CLAIMS_WORDS], *define[CLAIMS_WORDS];
	u32 nr_words, nr_settings, nr_defines, nr_seeds;
	s_time_t length;                 /* 0: the experiment's */
	struct scenario_result *result;  /* one for each seed */
};

enum claims_kind { CLAIM_EXPECT, CLAIM_CONTROL, CLAIM_DIFFERS, CLAIM_REPORT };

struct claims_term {
	u32 cell, group;                 /* group: SCENARIO_ALL for the worst of all VMs */
	char metric[32];
};

enum claims_shape {
	CLAIM_VALUE,  /* of one term: median over the seeds */
	CLAIM_RATIO,  /* of two: of the means over the seeds */
	CLAIM_SLOPE,  /* of log rms over the seeds against log measured time, over cells */
};

struct claims_claim {
	enum claims_kind kind;
	char text[160];                  /* as written */
	char paper[160];                 /* the published value, "" if none is claimed */
	enum claims_shape shape;
	struct claims_term term[CLAIMS_SLOPE_CELLS];
	u32 nr_terms;
	bool at_least;
	double bound;
	double value, low, high;         /* low and high: extremes over the seeds, of a value */
	bool met;
};

struct claims {
	char dir[256], title[96], paper[160];
	u32 nr_seeds, nr_cells, nr_claims, nr_plots, smoke; /* smoke: divides the time */
	s_time_t length;
	struct claims_cell cell[CLAIMS_CELLS];
	struct claims_claim claim[CLAIMS_MAX];
	char plot[CLAIMS_PLOTS][2][96];  /* "group.metric", label */
};

/* Read @dir/claims.txt, run every cell, judge.  @smoke: one seed and a part of the time.
 * 0, or -EINVAL with one line in @error. */
int claims_run(struct claims *c, const char *dir, bool smoke, char error[SCENARIO_ERROR_MAX]);
void claims_free(struct claims *c);
/* The measured time of a cell, in a smoke run if @smoke. */
s_time_t claims_length(const struct claims *c, const struct claims_cell *cell, bool smoke);
/* Mean, least and greatest of "group.metric" of a cell over its seeds; false: not there. */
bool claims_value(const struct claims_cell *cell, const char *what, double *mean, double *low,
		  double *high);

#endif
