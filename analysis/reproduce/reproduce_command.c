/* SPDX-License-Identifier: MIT */
/*
 * `orrery reproduce NAME`: runs a published result's experiment on the simulator
 * and says, claim by claim, whether it holds here.  The folder
 * analysis/reproduce/NAME holds the description, scenarios and claims; the
 * output directory gets the numbers, the figures and a results.json.
 */
#include "bench/runner/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/plots/figure.h"
#include "analysis/reproduce/claims.h"
#include "bench/runner/checkout.h"
#include "bench/runner/run_dir.h"

static const char *const kinds[] = { "expect", "control", "differs", "report" };

static void usage(void)
{
	puts("Usage: orrery reproduce NAME [--smoke] [-o DIR] [--force]\n\n"
	     "Runs the experiment of analysis/reproduce/NAME (R1, R2, ...) on the simulator and\n"
	     "judges each claim.  --smoke: one seed, a sixth of the time.\n\n"
	     "Exit status: 0 all claims hold, 1 one does not.");
}

/* Every metric of every cell and seed. */
static void write_numbers(const struct claims *c, const struct run_dir *dir)
{
	char path[4096];
	const char *name;
	FILE *f;

	snprintf(path, sizeof(path), "%s/numbers.tsv", dir->path);
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "cell\tsched\tseed\tvm");
	for (u32 i = 0; (name = scenario_metric_name(i)); i++)
		fprintf(f, "\t%s", name);
	fputs("\tswitches\n", f);
	for (u32 i = 0; i < c->nr_cells; i++)
		for (u32 s = 0; s < c->cell[i].nr_seeds; s++) {
			const struct scenario_result *r = &c->cell[i].result[s];

			for (u32 g = 0; g < r->nr_groups; g++) {
				double v;

				fprintf(f, "%s\t%s\t%llu\t%s", c->cell[i].name, r->sched,
					(unsigned long long)r->seed, r->group[g].name);
				for (u32 m = 0; (name = scenario_metric_name(m)); m++)
					if (scenario_metric(&r->group[g], name, &v))
						fprintf(f, "\t%.9g", v);
				fprintf(f, "\t%.9g\n", r->switches);
			}
		}
	fclose(f);
}

/* One bar a cell, whiskers over the seeds. */
static void draw(const struct claims *c, u32 plot, const char *name, const struct run_dir *dir)
{
	struct plots_request q = { .dir = dir->path };
	char error[PLOTS_ERROR_MAX], file[32], title[160];
	const char *what = c->plot[plot][0];
	struct figure fig;
	double mean, low, high;
	bool time = strstr(what, "wait") || strstr(what, "response");

	q.title.run = name;
	q.title.policy = "simulator";
	snprintf(file, sizeof(file), "figure-%u", plot + 1);
	snprintf(title, sizeof(title), "%s: %s", c->title, c->plot[plot][1]);
	if (figure_begin(&fig, &q, file, title, 900, 480, error)) {
		complain("%s", error);
		return;
	}
	for (u32 i = 0; i < c->nr_cells; i++)
		if (claims_value(&c->cell[i], what, &mean, &low, &high))
			fprintf(fig.tsv, "%s\t%.9g\t%.9g\t%.9g\n", c->cell[i].name,
				mean / (time ? 1e6 : 1), low / (time ? 1e6 : 1),
				high / (time ? 1e6 : 1));
	fprintf(fig.gp, "set datafile separator '\\t'\nset style fill solid 0.7\nset boxwidth 0.6\n"
			"set xtics rotate by -45\nset ylabel '%s'\nset yrange [0:*]\nunset key\n",
		time ? "ms" : what);
	snprintf(title, sizeof(title),
		 "'%s.tsv' using 0:2:xtic(1) with boxes, '' using 0:2:3:4 with yerrorbars lc 'black'",
		 file);
	if (figure_end(&fig, title))
		complain("%s", error);
}

static json_t *results_of(const struct claims *c, bool smoke, unsigned failed)
{
	json_t *list = json_array();

	for (u32 i = 0; i < c->nr_claims; i++) {
		const struct claims_claim *k = &c->claim[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f, s:f, s:b}", "kind",
						      kinds[k->kind], "claim", k->text, "value",
						      k->value, "low", k->low, "high", k->high,
						      "met", k->met));
	}
	return json_pack("{s:i, s:s, s:s, s:b, s:i, s:o}", "schema_version", 1, "title", c->title,
			 "verdict", failed ? "fail" : "pass", "smoke", smoke, "seeds",
			 smoke ? 1 : c->nr_seeds, "claims", list);
}

static unsigned print(const struct claims *c)
{
	unsigned failed = 0;

	for (u32 i = 0; i < c->nr_claims; i++) {
		const struct claims_claim *k = &c->claim[i];
		const char *metric = k->term[0].metric;
		bool time = !k->is_ratio && (!strncmp(metric, "wait", 4) ||
					     !strncmp(metric, "response", 8));
		double unit = time ? 1e6 : 1;

		failed += !k->met;
		printf("%-4s %-7s %-56s %10.4g", k->kind == CLAIM_REPORT ? "" :
		       k->met ? "ok" : "FAIL", kinds[k->kind], k->text, k->value / unit);
		if (k->low != k->high)
			printf(" [%.4g, %.4g]", k->low / unit, k->high / unit);
		puts(time ? " ms" : "");
	}
	return failed;
}

static int judge(const char *name, const char *out, bool force, bool smoke)
{
	struct claims *c = malloc(sizeof(*c));
	char relative[160], error[SCENARIO_ERROR_MAX], *from;
	struct run_dir dir;
	json_t *json;
	unsigned failed;
	int status = EXIT_USAGE;
	bool dirty;

	snprintf(relative, sizeof(relative), "analysis/reproduce/%s", name);
	from = checkout_path(relative);
	if (access(from, R_OK)) {
		complain("no experiment '%s'; known are the folders of analysis/reproduce", name);
	} else if (claims_run(c, from, smoke, error)) {
		complain("%s", error);
		claims_free(c);
	} else if (!(status = run_dir_open(&dir, out, force, name))) {
		printf("%s: %s\n", name, c->title);
		failed = print(c);
		status = failed ? EXIT_FAILED : EXIT_OK;
		write_numbers(c, &dir);
		for (u32 i = 0; i < c->nr_plots; i++)
			draw(c, i, name, &dir);
		json = results_of(c, smoke, failed);
		run_dir_write_json(&dir, RUN_RESULTS, json);
		json_decref(json);
		json = json_pack("{s:i, s:s, s:b, s:s, s:s, s:b}", "schema_version", 1, "command",
				 "reproduce", "complete", 1, "experiment", name, "commit",
				 checkout_commit(&dirty), "smoke", smoke);
		run_dir_write_json(&dir, RUN_MANIFEST, json);
		json_decref(json);
		printf("%u of %u claims fail; run directory: %s\n", failed, c->nr_claims, dir.path);
		run_dir_close(&dir);
		claims_free(c);
	}
	free(from);
	free(c);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option known[] = {
		{ "smoke", 0, NULL, 's' }, { "force", 0, NULL, 'f' }, { "help", 0, NULL, 'h' }, { 0 },
	};
	bool smoke = false, force = false;
	const char *out = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "o:h", known, NULL)) != -1) {
		if (c == 's') {
			smoke = true;
		} else if (c == 'f') {
			force = true;
		} else if (c == 'o') {
			out = optarg;
		} else if (c == 'h') {
			usage();
			return EXIT_OK;
		} else {
			return EXIT_USAGE;
		}
	}
	if (optind == argc - 1 && !strchr(argv[optind], '/'))
		return judge(argv[optind], out, force, smoke);
	complain("reproduce takes one experiment; `orrery reproduce --help` explains");
	return EXIT_USAGE;
}

const struct command command_reproduce = {
	.name = "reproduce",
	.summary = "run a published result's experiment and judge its claims",
	.run = run,
};
