/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench sched`: Xen's own policies side by side.  The same guests
 * (bench/scenarios/peer.sim) in a pool of one pCPU, under credit and credit2, on
 * Orrery and on Debian's Xen 4.17; one table of shares and latencies.  A share
 * further from the peer's than the limit fails the run; latencies are told.
 */
#include "bench/runner/bench_sched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/sim_text.h"
#include "bench/runner/work.h"

#define BASELINE "bench/baselines/sched-peer.json"
#define SHARE_LIMIT 2.0 /* points of a pCPU */

static const char *const policies[] = { "credit", "credit2" };
static const char *const machines[] = { "orrery", "xen" };
static const struct {
	const char *key, *title;
} columns[] = {
	{ "share", "share/%" },		 { "wait_p50", "wait50/ms" },
	{ "wait_p99", "wait99/ms" },	 { "response_p50", "resp50/ms" },
	{ "response_p99", "resp99/ms" },
};

/* One VM's figures: share in percent of the pCPU, times in ms. */
static json_t *figures_of(const json_t *values, const char *vm, s_time_t length)
{
	json_t *o = json_object();
	char key[40];

	json_object_set_new(o, "share",
			    json_real(work_value(values, vm, "ran_ns") * 100 / length));
	for (size_t i = 1; i < ARRAY_SIZE(columns); i++) {
		snprintf(key, sizeof(key), "%s_ns", columns[i].key);
		json_object_set_new(o, columns[i].key, json_real(work_value(values, vm, key) / 1e6));
	}
	return o;
}

/* All VMs on one machine under one policy; NULL after a complaint. */
static json_t *run_one(const char *policy, bool xen, const char *out, const char *text)
{
	struct scenario_request rq = { .name = "peer.sim", .text = text, .sched = policy };
	struct scenario *s = malloc(sizeof(*s));
	json_t *values = NULL, *all = NULL;
	char dir[400];

	snprintf(dir, sizeof(dir), "%s/%s-%s", out, policy, machines[xen]);
	if (!work_read(&rq, s) && !work_run(s, &(struct work_options){ .name = rq.name, .dir = dir,
						.xen = xen, .force = true }, &values)) {
		all = json_object();
		for (u32 i = 0; i < s->nr_vms; i++)
			json_object_set_new(all, s->vm[i].name,
					    figures_of(values, s->vm[i].name, s->length));
	}
	json_decref(values);
	free(s);
	return all;
}

static double figure(const json_t *of, const char *vm, const char *key)
{
	return json_number_value(json_object_get(json_object_get(of, vm), key));
}

/* A line for each VM and machine; the number of shares that are off. */
static int print_policy(const char *policy, const json_t *both)
{
	const json_t *ours = json_object_get(both, machines[0]);
	const json_t *theirs = json_object_get(both, machines[1]);
	const char *vm;
	json_t *unused;
	int off = 0;

	json_object_foreach((json_t *)ours, vm, unused) {
		double apart = figure(ours, vm, "share") - figure(theirs, vm, "share");
		bool bad = apart > SHARE_LIMIT || apart < -SHARE_LIMIT;

		off += bad;
		for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
			printf("%-8s %-8s %-7s", policy, vm, machines[m]);
			for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
				printf(" %9.3f", figure(m ? theirs : ours, vm, columns[i].key));
			printf("%s\n", bad && m ? "  <- share" : "");
		}
	}
	return off;
}

static int record(const json_t *table)
{
	char *path = checkout_path(BASELINE);
	int status = json_dump_file(table, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ?
		     EXIT_FAILED : EXIT_OK;

	if (status)
		complain("%s: cannot be written", path);
	else
		printf("recorded in %s\n", path);
	free(path);
	return status;
}

static int judge(const json_t *table, bool update)
{
	int off = 0;

	printf("%-8s %-8s %-7s", "policy", "vm", "on");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf(" %9s", columns[i].title);
	putchar('\n');
	for (size_t p = 0; p < ARRAY_SIZE(policies); p++)
		off += print_policy(policies[p], json_object_get(table, policies[p]));
	printf("%d of the shares are more than %.1f points from the peer's\n", off, SHARE_LIMIT);
	return (update ? record(table) : EXIT_OK) | (off ? EXIT_FAILED : EXIT_OK);
}

int bench_sched(const char *out, bool update)
{
	const char *path;
	char *text = sim_text_read("peer", &path);
	json_t *table = json_object();
	bool failed = !text;

	out = out ? out : "out/bench/sched";
	for (size_t p = 0; p < ARRAY_SIZE(policies) && !failed; p++) {
		json_t *both = json_object();

		json_object_set_new(table, policies[p], both);
		for (size_t m = 0; m < ARRAY_SIZE(machines) && !failed; m++) {
			json_t *one = run_one(policies[p], m, out, text);

			failed = !one;
			if (one)
				json_object_set_new(both, machines[m], one);
		}
	}
	free(text);
	if (!failed)
		failed = judge(table, update);
	json_decref(table);
	return failed ? EXIT_FAILED : EXIT_OK;
}
