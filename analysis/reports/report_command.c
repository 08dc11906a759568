/* SPDX-License-Identifier: MIT */
/*
 * `orrery report`: runs side by side on one HTML page.  Draws each run's
 * figures into RUN/plots (or beside the page, for bare trace files) and inlines
 * them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/plots/plots.h"
#include "analysis/reports/page.h"
#include "bench/runner/command.h"

#define RUNS_MAX 8

static void help(FILE *to)
{
	fputs("Usage: orrery report [-o FILE] [--title TEXT] RUN...\n\n"
	      "Puts runs (run directories or trace files, at most 8) side by side on one\n"
	      "self-contained HTML page with figures and tables.\n\n"
	      "  -o FILE          the page (default: report.html)\n"
	      "  --title TEXT     its heading\n"
	      "  --from MS, --until MS   window of the timelines (default: the busiest 100 ms of "
	      "each)\n",
	      to);
}

struct report_options {
	const char *out, *title;
	unsigned long from_ms, to_ms;
};

/* RUN/plots for a run directory; else a folder beside the page, named after the trace. */
static char *figures_dir(const struct report_options *o, const struct page_run *r, const char *path)
{
	const char *slash = strrchr(o->out, '/');
	char *dir;
	int n;

	if (r->opened.run.manifest)
		n = asprintf(&dir, "%s/plots", path);
	else
		n = asprintf(&dir, "%.*s%s-plots", slash ? (int)(slash - o->out + 1) : 0, o->out,
			     r->opened.run.name);
	if (n < 0)
		abort();
	return dir;
}

static bool draw(const struct report_options *o, struct page_run *r, const char *path)
{
	struct plots_request q = {
		.title = r->opened.title,
		.from_ns = o->from_ms * 1000000ull,
		.to_ns = o->to_ms * 1000000ull,
	};
	char error[PLOTS_ERROR_MAX];

	r->figures_dir = q.dir = figures_dir(o, r, path);
	if (mkdir(q.dir, 0777) && errno != EEXIST) {
		complain("%s: %s", q.dir, strerror(errno));
		return false;
	}
	if (!plots_make(&r->opened.file, &r->opened.summary, &q, &r->figures, error))
		return true;
	complain("%s", error);
	return false;
}

static int write_page(const struct report_options *o, struct page_run *runs, unsigned count)
{
	FILE *out = fopen(o->out, "w");
	bool bad;

	if (!out) {
		complain("%s: %s", o->out, strerror(errno));
		return EXIT_FAILED;
	}
	page_write(out, o->title, runs, count);
	bad = ferror(out) != 0;
	if (fclose(out) || bad) {
		complain("%s: %s", o->out, strerror(errno));
		return EXIT_FAILED;
	}
	printf("%s\n", o->out);
	return EXIT_OK;
}

static int report(const struct report_options *o, char **paths, unsigned count)
{
	static struct page_run runs[RUNS_MAX];
	int status = EXIT_OK;
	unsigned open = 0;

	for (; open < count && !status; open++) {
		if (!trace_opened(&runs[open].opened, paths[open], 0)) {
			status = EXIT_FAILED;
			break;
		}
		if (runs[open].opened.summary.damage[0]) {
			complain("%s: %s", paths[open], runs[open].opened.summary.damage);
			status = EXIT_FAILED;
		} else if (!draw(o, &runs[open], paths[open])) {
			status = EXIT_FAILED;
		}
	}
	if (!status)
		status = write_page(o, runs, count);
	while (open--) {
		trace_closed(&runs[open].opened);
		free((char *)runs[open].figures_dir);
	}
	return status;
}

static bool milliseconds(const char *name, const char *text, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	if (end != text && !*end && *text != '-')
		return true;
	complain("--%s %s: not a number", name, text);
	return false;
}

static int command_run(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "title", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "until", required_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct report_options o = { .out = "report.html", .title = "Runs compared" };
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
		switch (c) {
		case 'o': o.out = optarg; break;
		case 't': o.title = optarg; break;
		case 'f': ok = milliseconds("from", optarg, &o.from_ms); break;
		case 'T': ok = milliseconds("until", optarg, &o.to_ms); break;
		case 'h': help(stdout); return EXIT_OK;
		default: help(stderr); return EXIT_USAGE;
		}
	}
	if (!ok)
		return EXIT_USAGE;
	if (optind == argc || argc - optind > RUNS_MAX) {
		complain("report: name one to %d runs", RUNS_MAX);
		return EXIT_USAGE;
	}
	return report(&o, argv + optind, argc - optind);
}

const struct command command_report = {
	.name = "report",
	.summary = "runs side by side on one HTML page with figures",
	.run = command_run,
};
