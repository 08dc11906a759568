/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench policies`: basic blocks per scheduling decision of each policy,
 * from 10 to 10,000 vCPUs (sched-policies/simulator/cost), a table, a figure,
 * results.json.  A policy whose cost grows faster than the logarithm of the
 * number fails, unless its page has a paragraph "Growth" that says why.
 */
#include "bench/runner/bench_policies.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plots/figure.h"
#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/file_text.h"
#include "bench/runner/run_dir.h"

#define MAX_POLICIES 32
#define MAX_SIZES 8

struct cost {
	char policy[24];
	unsigned nr, vcpus[MAX_SIZES];
	double blocks[MAX_SIZES]; /* per decision */
};

static unsigned read_costs(FILE *f, struct cost *costs)
{
	unsigned long long decisions, blocks;
	unsigned n = 0, vcpus;
	char policy[24];

	while (fscanf(f, "%23s %u %llu %llu", policy, &vcpus, &decisions, &blocks) == 4) {
		struct cost *c = &costs[n ? n - 1 : 0];

		if (!n || strcmp(c->policy, policy)) {
			if (n == MAX_POLICIES)
				break;
			c = &costs[n++];
			strcpy(c->policy, policy);
		}
		if (c->nr < MAX_SIZES && decisions) {
			c->vcpus[c->nr] = vcpus;
			c->blocks[c->nr++] = (double)blocks / decisions;
		}
	}
	return n;
}

/* Its page explains why its cost grows. */
static bool explained(const char *policy)
{
	char relative[80], *path, *text;
	bool is;

	snprintf(relative, sizeof(relative), "sched-policies/policies/%s.md", policy);
	path = checkout_path(relative);
	text = file_text(path, FILE_TEXT_USUAL, NULL);
	is = text && strstr(text, "\n**Growth.**");
	free(path);
	free(text);
	return is;
}

/* By how much the cost, and by how much the logarithm of the number, has grown. */
static double growth(const struct cost *c)
{
	return c->blocks[c->nr - 1] / c->blocks[0];
}

static double allowed(const struct cost *c)
{
	return log(c->vcpus[c->nr - 1]) / log(c->vcpus[0]);
}

static const char *verdict(const struct cost *c)
{
	return growth(c) <= allowed(c) ? "ok" : explained(c->policy) ? "explained" : "FAIL";
}

static void print(const struct cost *costs, unsigned n)
{
	printf("%-10s", "blocks at");
	for (unsigned i = 0; i < costs[0].nr; i++)
		printf("%10u", costs[0].vcpus[i]);
	printf("%10s  (at most %.1f)\n", "growth", allowed(&costs[0]));
	for (unsigned p = 0; p < n; p++) {
		printf("%-10s", costs[p].policy);
		for (unsigned i = 0; i < costs[p].nr; i++)
			printf("%10.1f", costs[p].blocks[i]);
		printf("%10.2f  %s\n", growth(&costs[p]), verdict(&costs[p]));
	}
}

static void draw(const struct cost *costs, unsigned n, const struct run_dir *dir)
{
	struct plots_request q = { .dir = dir->path };
	char error[PLOTS_ERROR_MAX], plot[64 * MAX_POLICIES] = "";
	struct figure fig;
	size_t used = 0;

	q.title.run = "bench policies";
	q.title.policy = "simulator, 4 pCPUs";
	if (figure_begin(&fig, &q, "cost", "Basic blocks per decision against the number of vCPUs", 900,
			 520, error)) {
		complain("%s", error);
		return;
	}
	for (unsigned i = 0; i < costs[0].nr; i++) {
		fprintf(fig.tsv, "%u", costs[0].vcpus[i]);
		for (unsigned p = 0; p < n; p++)
			fprintf(fig.tsv, "\t%.9g", i < costs[p].nr ? costs[p].blocks[i] : NAN);
		fputc('\n', fig.tsv);
	}
	fputs("set logscale xy\nset xlabel 'vCPUs'\nset ylabel 'basic blocks per decision'\n", fig.gp);
	for (unsigned p = 0; p < n; p++)
		used += snprintf(plot + used, sizeof(plot) - used,
				 "%s'%s' using 1:%u with linespoints lc rgb '#%06x' dt %u title '%s'",
				 p ? ", " : "", p ? "" : "cost.tsv", p + 2, figure_colour(p),
				 1 + p / FIGURE_COLOURS, costs[p].policy);
	if (figure_end(&fig, plot))
		complain("%s", error);
}

static json_t *results_of(const struct cost *costs, unsigned n, bool failed)
{
	json_t *list = json_array();

	for (unsigned p = 0; p < n; p++) {
		json_t *at = json_object();

		for (unsigned i = 0; i < costs[p].nr; i++) {
			char size[16];

			snprintf(size, sizeof(size), "%u", costs[p].vcpus[i]);
			json_object_set_new(at, size, json_real(costs[p].blocks[i]));
		}
		json_array_append_new(list, json_pack("{s:s, s:f, s:s, s:o}", "policy",
						      costs[p].policy, "growth", growth(&costs[p]),
						      "verdict", verdict(&costs[p]),
						      "blocks_per_decision", at));
	}
	return json_pack("{s:i, s:s, s:f, s:o}", "schema_version", 1, "verdict",
			 failed ? "fail" : "pass", "allowed_growth", allowed(&costs[0]), "policies",
			 list);
}

static int judge(const struct cost *costs, unsigned n, const char *out)
{
	bool failed = false, dirty;
	struct run_dir dir;
	json_t *json;
	char *commit;
	int status = run_dir_open(&dir, out, false, "bench-policies");

	if (status)
		return status;
	print(costs, n);
	for (unsigned p = 0; p < n; p++)
		failed |= !strcmp(verdict(&costs[p]), "FAIL");
	draw(costs, n, &dir);
	json = results_of(costs, n, failed);
	run_dir_write_json(&dir, RUN_RESULTS, json);
	json_decref(json);
	commit = checkout_commit(&dirty);
	json = json_pack("{s:i, s:s, s:b, s:s, s:b, s:s, s:i, s:b}", "schema_version", 1, "command",
			 "bench policies", "complete", 1, "commit", commit, "dirty", dirty, "compiler",
			 __VERSION__, "seed", 1, "deterministic", 1);
	run_dir_write_json(&dir, RUN_MANIFEST, json);
	json_decref(json);
	free(commit);
	printf("run directory: %s\n", dir.path);
	run_dir_close(&dir);
	return failed ? EXIT_FAILED : EXIT_OK;
}

int bench_policies(const char *out)
{
	static struct cost costs[MAX_POLICIES];
	char command[4200];
	unsigned n;
	FILE *f;

	snprintf(command, sizeof(command), "cd '%s' && make -s build/cost/cost >&2 && build/cost/cost",
		 checkout_root());
	f = popen(command, "r");
	n = f ? read_costs(f, costs) : 0;
	if (!f || pclose(f) || !n) {
		complain("bench policies: build/cost/cost failed");
		return EXIT_FAILED;
	}
	return judge(costs, n, out);
}
