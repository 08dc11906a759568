/* SPDX-License-Identifier: MIT */
/*
 * Workload descriptions: a text file says which VMs run which programs; this
 * reads it, runs it on the simulator under a policy, and gives the metrics
 * that experiments judge by.  The format is in README.md, "Scenarios".  Wrong
 * text costs one line with file, line number and what would be right.
 */
#ifndef ORRERY_SIM_SCENARIO_H
#define ORRERY_SIM_SCENARIO_H

#include "sched-policies/simulator/sim.h"

#define SCENARIO_ERROR_MAX 512
#define SCENARIO_GROUPS 32

struct scenario_request {
	const char *name, *text;     /* of the file, for messages; its contents */
	const char *sched;           /* instead of the file's, or NULL */
	const char *const *settings; /* "NAME.tunable=value" each, after the file's */
	const char *const *defines;  /* "word=value" each: $word in the file */
	u32 nr_settings, nr_defines;
	u32 pcpus;                   /* instead of the file's, or 0 */
	u64 seed;                    /* instead of the file's, or 0 */
	s_time_t length;             /* measured time instead of the file's, or 0 */
	/* Before anything runs: a chance to listen. */
	void (*prepared)(struct sim *sim, void *user);
	void *user;
};

/* The VMs of one line.  Times in ns; shares are parts of one pCPU. */
struct scenario_group {
	char name[32], program[16];
	u32 copies, vcpus;
	double share, share_min, share_max;   /* of a VM: mean, least, greatest */
	double error;                         /* of a share: greatest, relative to the expected */
	double window_worst, window_p90;      /* the same in windows */
	double wait_p50, wait_p99, wait_max;  /* wake-up to running */
	double response_p50, response_p99, response_max, response_mean;
	double miss;                          /* part of the jobs that were late */
	double spin;                          /* part of its running that it span for a lock */
	double rounds;                        /* jobs done, all copies */
	double deviation, deviation_max;      /* ns from its due: at the end, at any window's end */
};

struct scenario_result {
	const char *sched;
	u64 seed;
	s_time_t length;
	u32 pcpus, nr_groups;
	struct scenario_group group[SCENARIO_GROUPS];
	double switches;                      /* a second, all pCPUs */
	double overhead;                      /* part of the pCPUs' time that declared costs take */
	u64 events;
	bool ejected;                         /* the policy was thrown out */
};

/* 0, or -EINVAL with one line in @error. */
int scenario_run(const struct scenario_request *rq, struct scenario_result *out,
		 char error[SCENARIO_ERROR_MAX]);

/* A metric by name ("share", "response_p99", ...) of group @group, or the greatest of all groups
 * for SCENARIO_ALL, or of the whole run ("switches", "overhead"); false: no such. */
#define SCENARIO_ALL (~0U)
bool scenario_metric(const struct scenario_result *r, u32 group, const char *name, double *value);
/* By position, for tables; NULL past the end. */
const char *scenario_metric_name(u32 index);

#endif
