/* SPDX-License-Identifier: MIT */
/*
 * `orrery reproduce NAME...`: runs published results' experiments on the simulator
 * and says, claim by claim, whether they hold here.  The folder
 * analysis/reproduce/NAME holds the description, scenarios and claims; the
 * output directory gets the numbers, the figures, results.json and report.html.
 */
#include "bench/runner/command.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/plots/figure.h"
#include "analysis/reproduce/claims_page.h"
#include "bench/runner/checkout.h"
#include "bench/runner/file_text.h"
#include "bench/runner/run_dir.h"
#include "bench/runner/sha256.h"

static const char *const kinds[] = { "expect", "control", "differs", "report" };

static void usage(void)
{
	puts("Usage: orrery reproduce [NAME...] [--smoke] [-o DIR] [--force]\n\n"
	     "Runs experiments of analysis/reproduce (R1, R2, ...; default: all) on the simulator and\n"
	     "judges each claim.  report.html in the run directory shows published against measured.\n\n"
	     "  --smoke    one seed and a part of the time\n"
	     "  -o DIR     run directory; with several experiments each gets a folder in it\n"
	     "  --force    replace an earlier run there\n\n"
	     "Exit status: 0 all claims hold, 1 one does not, 2 wrong use.");
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
	fputs("\tswitches\toverhead\n", f);
	for (u32 i = 0; i < c->nr_cells; i++)
		for (u32 s = 0; s < c->cell[i].nr_seeds; s++) {
			const struct scenario_result *r = &c->cell[i].result[s];

			for (u32 g = 0; g < r->nr_groups; g++) {
				double v;

				fprintf(f, "%s\t%s\t%llu\t%s", c->cell[i].name, r->sched,
					(unsigned long long)r->seed, r->group[g].name);
				for (u32 m = 0; (name = scenario_metric_name(m)); m++)
					if (scenario_metric(r, g, name, &v))
						fprintf(f, "\t%.9g", v);
				fprintf(f, "\t%.9g\t%.9g\n", r->switches, r->overhead);
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

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:b}", "kind",
						      kinds[k->kind], "claim", k->text, "published",
						      k->paper, "value", k->value, "low", k->low,
						      "high", k->high, "met", k->met));
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
		char value[32], low[32], high[32];

		claims_number(k, k->value, value, sizeof(value));
		claims_number(k, k->low, low, sizeof(low));
		claims_number(k, k->high, high, sizeof(high));
		failed += !k->met;
		printf("%-4s %-7s %-60s %12s", k->kind == CLAIM_REPORT ? "" :
		       k->met ? "ok" : "FAIL", kinds[k->kind], k->text, value);
		if (k->low != k->high)
			printf(" [%s, %s]", low, high);
		puts("");
	}
	return failed;
}

/* --- what it takes to repeat it ----------------------------------------------------- */

static void hash_file(json_t *hashes, const char *dir, const char *name)
{
	char path[400], hex[SHA256_HEX_SIZE], *text;
	struct sha256 hash;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	text = file_text(path, FILE_TEXT_USUAL, NULL);
	if (!text)
		return;
	sha256_init(&hash);
	sha256_update(&hash, text, strlen(text));
	sha256_hex(&hash, hex);
	json_object_set_new(hashes, name, json_string(hex));
	free(text);
}

/* Of the description and the scenarios, and of all that was measured. */
static json_t *hashes_of(const struct claims *c, const struct run_dir *dir)
{
	json_t *hashes = json_object();
	char name[64];

	hash_file(hashes, c->dir, "claims.txt");
	for (u32 i = 0; i < c->nr_cells; i++) {
		snprintf(name, sizeof(name), "%s.sim", c->cell[i].scenario);
		if (!json_object_get(hashes, name))
			hash_file(hashes, c->dir, name);
	}
	hash_file(hashes, dir->path, "numbers.tsv");
	return hashes;
}

static json_t *manifest_of(const struct claims *c, const char *name, bool smoke,
			   const struct run_dir *dir)
{
	double simulated = 0;
	bool dirty;
	char *commit = checkout_commit(&dirty);
	json_t *m;

	for (u32 i = 0; i < c->nr_cells; i++)
		simulated += c->cell[i].nr_seeds * claims_length(c, &c->cell[i], smoke) / 1e9;
	m = json_pack("{s:i, s:s, s:b, s:s, s:s, s:b, s:s, s:b, s:{s:i, s:i}, s:i, s:f, s:o, s:b}",
		      "schema_version", 1, "command", "reproduce", "complete", 1, "experiment", name,
		      "commit", commit, "dirty", dirty, "compiler", __VERSION__, "smoke", smoke,
		      "seeds", "first", 1, "count", smoke ? 1 : c->nr_seeds, "cells", c->nr_cells,
		      "simulated_seconds", simulated, "sha256", hashes_of(c, dir), "deterministic", 1);
	free(commit);
	return m;
}

static int write_all(const struct claims *c, const char *name, bool smoke, unsigned failed,
		     const struct run_dir *dir)
{
	json_t *results = results_of(c, smoke, failed), *manifest;
	int bad;

	write_numbers(c, dir);
	for (u32 i = 0; i < c->nr_plots; i++)
		draw(c, i, name, dir);
	manifest = manifest_of(c, name, smoke, dir);
	bad = run_dir_write_json(dir, RUN_RESULTS, results) |
	      run_dir_write_json(dir, RUN_MANIFEST, manifest) |
	      claims_page(c, name, manifest, dir->path);
	json_decref(results);
	json_decref(manifest);
	if (bad)
		complain("%s: not everything could be written", dir->path);
	return bad ? EXIT_FAILED : EXIT_OK;
}

/* --- the command ---------------------------------------------------------------------- */

static int judge(const char *name, const char *out, bool force, bool smoke)
{
	struct claims *c = malloc(sizeof(*c));
	char relative[160], error[SCENARIO_ERROR_MAX], *from;
	struct run_dir dir;
	unsigned failed;
	int status = EXIT_USAGE;

	snprintf(relative, sizeof(relative), "analysis/reproduce/%s", name);
	from = checkout_path(relative);
	if (claims_run(c, from, smoke, error)) {
		complain("%s", error);
	} else if (!(status = run_dir_open(&dir, out, force, name))) {
		printf("%s: %s\n", name, c->title);
		failed = print(c);
		status = write_all(c, name, smoke, failed, &dir);
		printf("%u of %u claims fail; run directory: %s\n", failed, c->nr_claims, dir.path);
		run_dir_close(&dir);
		if (failed)
			status = EXIT_FAILED;
	}
	claims_free(c);
	free(from);
	free(c);
	return status;
}

static int is_experiment(const struct dirent *e)
{
	char relative[300], *path;
	bool is;

	snprintf(relative, sizeof(relative), "analysis/reproduce/%s/claims.txt", e->d_name);
	path = checkout_path(relative);
	is = e->d_name[0] != '.' && !access(path, R_OK);
	free(path);
	return is;
}

/* All there are, by name; free each and the list. */
static int find_experiments(struct dirent ***list)
{
	char *dir = checkout_path("analysis/reproduce");
	int n = scandir(dir, list, is_experiment, alphasort);

	free(dir);
	return MAX(n, 0);
}

static bool known(const char *name, struct dirent **list, int n)
{
	char names[400] = "";

	for (int i = 0; i < n; i++) {
		if (!strcmp(list[i]->d_name, name))
			return true;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "",
			 list[i]->d_name);
	}
	complain("no experiment '%s'; known: %s", name, names);
	return false;
}

/* One into @out itself, several into folders of it. */
static int judge_each(char **names, int nr, const char *out, bool force, bool smoke)
{
	int status = EXIT_OK;

	if (out && nr > 1 && mkdir(out, 0777) && errno != EEXIST) {
		complain("%s: %s", out, strerror(errno));
		return EXIT_FAILED;
	}
	for (int i = 0; i < nr; i++) {
		char dir[4096];
		int rc;

		snprintf(dir, sizeof(dir), nr > 1 ? "%s/%s" : "%s", out ? out : "", names[i]);
		rc = judge(names[i], out ? dir : NULL, force, smoke);
		status = MAX(status, rc);
	}
	return status;
}

static int choose(char **argv, int argc, const char *out, bool force, bool smoke)
{
	struct dirent **list;
	int n = find_experiments(&list), status = EXIT_OK;
	char *all[64];

	for (int i = 0; i < argc && !status; i++)
		status = known(argv[i], list, n) ? EXIT_OK : EXIT_USAGE;
	for (int i = 0; i < n && i < (int)ARRAY_SIZE(all); i++)
		all[i] = list[i]->d_name;
	if (!status)
		status = judge_each(argc ? argv : all, argc ? argc : n, out, force, smoke);
	while (n-- > 0)
		free(list[n]);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "smoke", 0, NULL, 's' }, { "force", 0, NULL, 'f' }, { "help", 0, NULL, 'h' }, { 0 },
	};
	bool smoke = false, force = false;
	const char *out = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
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
	return choose(argv + optind, argc - optind, out, force, smoke);
}

const struct command command_reproduce = {
	.name = "reproduce",
	.summary = "run published results' experiments and judge their claims",
	.run = run,
};
