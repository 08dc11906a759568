/* SPDX-License-Identifier: MIT */
/*
 * `orrery trace`: everything done with a recorded trace on the host.  Each
 * verb is a row of a table; this file parses their command lines and opens
 * runs, the work is done in tracing/ and analysis/.
 */
#include "analysis/reports/trace_command.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/plots/plots.h"
#include "analysis/reports/order_report.h"
#include "analysis/reports/verify.h"
#include "bench/runner/boot.h"
#include "bench/runner/command.h"
#include "tracing/decode/document.h"
#include "tracing/export/export.h"
#include "tracing/export/text.h"

bool trace_opened(struct opened_run *r, const char *path, u64 tsc_hz)
{
	char error[RUN_ERROR_MAX];

	if (run_open(&r->run, path, error)) {
		complain("%s", error);
		return false;
	}
	if (trace_file_open(&r->file, r->run.trace_path)) {
		complain("%s: %s", r->run.trace_path, r->file.error);
		trace_file_close(&r->file);
		run_close(&r->run);
		return false;
	}
	summary_of_file(&r->summary, &r->file, tsc_hz ? tsc_hz : r->run.tsc_hz);
	r->title = run_title(&r->run, &r->summary);
	return true;
}

void trace_closed(struct opened_run *r)
{
	summary_free(&r->summary);
	trace_file_close(&r->file);
	run_close(&r->run);
}

/* A damaged trace has been used as far as it goes; say so and fail. */
static int status_of(const struct opened_run *r)
{
	if (!r->summary.damage[0])
		return EXIT_OK;
	complain("%s: %s; what lies before it was used", r->run.trace_path, r->summary.damage);
	return EXIT_FAILED;
}

/* What the verbs' options say. */
struct trace_options {
	const char *run, *other, *out, *to, *table, *event;
	bool json, xenalyze;
	u64 tsc_hz, limit;
	u64 from_ns, to_ns;
};

static FILE *output(const struct trace_options *o)
{
	FILE *f;

	if (!o->out || !strcmp(o->out, "-"))
		return stdout;
	f = fopen(o->out, "w");
	if (!f)
		complain("%s: %s", o->out, strerror(errno));
	return f;
}

static int output_done(const struct trace_options *o, FILE *f)
{
	bool bad = ferror(f) != 0;

	bad |= f == stdout ? fflush(f) != 0 : fclose(f) != 0;
	if (bad)
		complain("%s: %s", o->out ? o->out : "standard output", strerror(errno));
	return bad ? EXIT_FAILED : EXIT_OK;
}

static void write_summary(const struct trace_options *o, struct opened_run *r, FILE *f)
{
	if (o->json) {
		json_t *j = summary_json(&r->summary, &r->title);

		json_dumpf(j, f, JSON_INDENT(2));
		fputc('\n', f);
		json_decref(j);
	} else if (o->table) {
		summary_tsv(&r->summary, o->table, f);
	} else {
		summary_text(&r->summary, &r->title, f);
	}
}

static int verb_summary(const struct trace_options *o)
{
	struct opened_run r;
	FILE *f = output(o);
	int status;

	if (!f || !trace_opened(&r, o->run, o->tsc_hz))
		return f ? EXIT_FAILED : EXIT_USAGE;
	write_summary(o, &r, f);
	status = output_done(o, f) | status_of(&r);
	trace_closed(&r);
	return status;
}

static int verb_dump(const struct trace_options *o)
{
	int event = o->event ? trace_event_by_name(o->event) : -1, status;
	struct opened_run r;
	FILE *f;

	if (o->event && event < 0) {
		complain("--event %s: no such event; `orrery list events` names them", o->event);
		return EXIT_USAGE;
	}
	f = output(o);
	if (!f || !trace_opened(&r, o->run, o->tsc_hz))
		return f ? EXIT_FAILED : EXIT_USAGE;
	trace_dump(&r.file, r.summary.tsc_hz, event, o->limit, f);
	status = output_done(o, f) | status_of(&r);
	trace_closed(&r);
	return status;
}

static bool make_dir(const char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return true;
	complain("%s: %s", path, strerror(errno));
	return false;
}

static int verb_plot(const struct trace_options *o)
{
	const char *dir = o->out ? o->out : "plots";
	char error[PLOTS_ERROR_MAX], *inside = NULL;
	struct plots_request q = { .from_ns = o->from_ns, .to_ns = o->to_ns };
	struct opened_run r;
	unsigned made;
	int rc, status;

	if (!trace_opened(&r, o->run, o->tsc_hz))
		return EXIT_FAILED;
	/* A run directory keeps its figures. */
	if (!o->out && r.run.manifest && asprintf(&inside, "%s/plots", o->run) > 0)
		dir = inside;
	q.dir = dir;
	q.title = r.title;
	status = make_dir(dir) ? status_of(&r) : EXIT_FAILED;
	rc = status == EXIT_FAILED && !r.summary.damage[0]
		     ? -EIO
		     : plots_make(&r.file, &r.summary, &q, &made, error);
	if (rc && r.summary.records && error[0])
		complain("%s", error);
	for (unsigned i = 0; !rc && i < PLOTS_FIGURES; i++)
		if (made & 1U << i)
			printf("%s/%s.svg\n", dir, plots_figures[i].name);
	free(inside);
	trace_closed(&r);
	return rc ? EXIT_FAILED : status;
}

static int verb_export(const struct trace_options *o)
{
	const struct trace_export *e = o->to ? trace_export_find(o->to) : NULL;
	char error[TRACE_EXPORT_ERROR_MAX] = "";
	struct opened_run r;
	int rc, status;

	if (!e) {
		complain("--to %s: there are ctf, perfetto, xentrace and csv", o->to ? o->to : "?");
		return EXIT_USAGE;
	}
	if (!o->out) {
		complain("export: say with -o where to write");
		return EXIT_USAGE;
	}
	if (!trace_opened(&r, o->run, o->tsc_hz))
		return EXIT_FAILED;
	rc = e->write(&r.file, r.summary.tsc_hz, r.title.policy, o->out, error);
	if (rc)
		complain("%s", error);
	status = rc ? EXIT_FAILED : status_of(&r);
	trace_closed(&r);
	return status;
}

static int verb_verify(const struct trace_options *o)
{
	struct opened_run r;
	int status;

	if (!trace_opened(&r, o->run, o->tsc_hz))
		return EXIT_FAILED;
	status = status_of(&r);
	if (verify_books(&r.run, &r.summary, stdout))
		status = EXIT_FAILED;
	if (o->xenalyze && verify_xenalyze(&r.run, &r.file, &r.summary, stdout))
		status = EXIT_FAILED;
	trace_closed(&r);
	return status;
}

static int verb_order(const struct trace_options *o)
{
	struct opened_run a, b;
	int status;

	if (!trace_opened(&a, o->run, o->tsc_hz))
		return EXIT_FAILED;
	if (!trace_opened(&b, o->other, o->tsc_hz)) {
		trace_closed(&a);
		return EXIT_FAILED;
	}
	status = order_report(&a, &b, o->to_ns, stdout) ? EXIT_FAILED : EXIT_OK;
	status |= status_of(&a) | status_of(&b);
	trace_closed(&b);
	trace_closed(&a);
	return status;
}

static int record(int argc, char **argv)
{
	struct boot_options o;
	int status;

	boot_defaults(&o);
	o.trace = true;
	if (!boot_parse(&o, argc, argv, &status))
		return status;
	return boot_machine(&o);
}

enum {
	WITH_OUT = 1,
	WITH_FORM = 2,
	WITH_EVENT = 4,
	WITH_TO = 8,
	WITH_WINDOW = 16,
	WITH_STOCK = 32,
	WITH_OTHER = 64
};

static const struct verb {
	const char *name, *summary;
	unsigned takes;
	int (*run)(const struct trace_options *o);
} verbs[] = {
	{ "record", "boot with tracing on; options as `orrery boot`", 0, NULL },
	{ "summary", "counts, runstates, latencies, hypercalls", WITH_OUT | WITH_FORM,
	  verb_summary },
	{ "dump", "the records as text, in the order of time", WITH_OUT | WITH_EVENT, verb_dump },
	{ "plot", "figures as SVG and PNG, with their .gp and .tsv", WITH_OUT | WITH_WINDOW,
	  verb_plot },
	{ "export", "write it for other tools", WITH_OUT | WITH_TO, verb_export },
	{ "order", "do vCPUs come to run in the same order in RUN and in OTHER?", WITH_OTHER, verb_order },
	{ "verify", "check that no record is missing", WITH_STOCK, verb_verify },
	{ "events", "the document of all events (takes no RUN)", 0, NULL },
};

static const struct {
	unsigned bit;
	const char *text;
} option_help[] = {
	{ WITH_OUT,
	  "  -o PATH          where to write (default: standard output; plot: RUN/plots)\n" },
	{ WITH_FORM,
	  "  --json           as JSON\n"
	  "  --tsv TABLE      one table: runstates, wakes, hypercalls, events or pcpus\n" },
	{ WITH_EVENT, "  --event NAME     only this event\n"
		      "  --limit N        at most so many records\n" },
	{ WITH_TO, "  --to FORMAT      ctf (a directory), perfetto, xentrace or csv\n" },
	{ WITH_WINDOW,
	  "  --from MS, --until MS   window of the timelines (default: the busiest 100 ms)\n" },
	{ WITH_OTHER, "  --until MS       compare so much from the first dispatch on\n" },
	{ WITH_STOCK, "  --xenalyze       also compare with what stock xenalyze counts\n" },
};

static void help(const struct verb *v, FILE *to)
{
	if (!v) {
		fputs("Usage: orrery trace VERB [OPTION]... RUN\n\n"
		      "RUN is a run directory or a trace file.  Verbs:\n",
		      to);
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			fprintf(to, "  %-9s %s\n", verbs[i].name, verbs[i].summary);
		fputs("\n`orrery trace VERB --help` explains a verb.\n", to);
		return;
	}
	fprintf(to, "Usage: orrery trace %s [OPTION]... RUN%s\n\n%s.\n\n"
		    "  --tsc-hz N       ticks of the TSC per second, if the trace does not say\n",
		v->name, v->takes & WITH_OTHER ? " OTHER" : "", v->summary);
	for (size_t i = 0; i < ARRAY_SIZE(option_help); i++)
		if (v->takes & option_help[i].bit)
			fputs(option_help[i].text, to);
}

static bool number(const char *name, const char *text, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (!errno && end != text && !*end && *text != '-')
		return true;
	complain("--%s %s: not a number", name, text);
	return false;
}

enum {
	OPT_JSON = 256,
	OPT_TSV,
	OPT_EVENT,
	OPT_LIMIT,
	OPT_TO,
	OPT_FROM,
	OPT_TO_MS,
	OPT_HZ,
	OPT_STOCK
};

static const struct option longs[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "tsv", required_argument, NULL, OPT_TSV },
	{ "event", required_argument, NULL, OPT_EVENT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "to", required_argument, NULL, OPT_TO },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "until", required_argument, NULL, OPT_TO_MS },
	{ "tsc-hz", required_argument, NULL, OPT_HZ },
	{ "xenalyze", no_argument, NULL, OPT_STOCK },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Which verbs take an option; 0: all. */
static unsigned belongs_to(int c)
{
	switch (c) {
	case 'o': return WITH_OUT;
	case OPT_JSON: case OPT_TSV: return WITH_FORM;
	case OPT_EVENT: case OPT_LIMIT: return WITH_EVENT;
	case OPT_TO: return WITH_TO;
	case OPT_FROM: return WITH_WINDOW;
	case OPT_TO_MS: return WITH_WINDOW | WITH_OTHER;
	case OPT_STOCK: return WITH_STOCK;
	default: return 0;
	}
}

static bool take_option(struct trace_options *o, int c)
{
	bool ok = true;

	switch (c) {
	case 'o': o->out = optarg; break;
	case OPT_JSON: o->json = true; break;
	case OPT_TSV: o->table = optarg; break;
	case OPT_EVENT: o->event = optarg; break;
	case OPT_LIMIT: ok = number("limit", optarg, &o->limit); break;
	case OPT_TO: o->to = optarg; break;
	case OPT_FROM: ok = number("from", optarg, &o->from_ns); o->from_ns *= 1000000; break;
	case OPT_TO_MS: ok = number("until", optarg, &o->to_ns); o->to_ns *= 1000000; break;
	case OPT_HZ: ok = number("tsc-hz", optarg, &o->tsc_hz); break;
	case OPT_STOCK: o->xenalyze = true; break;
	}
	return ok;
}

static bool table_known(const char *table)
{
	static const char *const known[] = { "runstates", "wakes", "hypercalls", "events",
					     "pcpus" };

	for (size_t i = 0; table && i < ARRAY_SIZE(known); i++)
		if (!strcmp(table, known[i]))
			return true;
	if (table)
		complain("--tsv %s: there are runstates, wakes, hypercalls, events and pcpus",
			 table);
	return !table;
}

/* -1: go on; else the exit status. */
static int parse(const struct verb *v, struct trace_options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1) {
		if (c == 'h') {
			help(v, stdout);
			return EXIT_OK;
		}
		if (c == '?') {
			help(v, stderr);
			return EXIT_USAGE;
		}
		if (belongs_to(c) && !(belongs_to(c) & v->takes)) {
			complain("trace %s has no such option; `orrery trace %s --help`", v->name,
				 v->name);
			return EXIT_USAGE;
		}
		if (!take_option(o, c))
			return EXIT_USAGE;
	}
	if (argc - optind != 1 + !!(v->takes & WITH_OTHER)) {
		complain("trace %s: name %s", v->name, v->takes & WITH_OTHER ?
			 "two run directories or trace files" : "one run directory or trace file");
		return EXIT_USAGE;
	}
	o->run = argv[optind];
	o->other = argv[argc - 1];
	return table_known(o->table) ? -1 : EXIT_USAGE;
}

static int events(void)
{
	trace_document(stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

static int command_run(int argc, char **argv)
{
	struct trace_options o = { 0 };
	int status;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help(NULL, argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name))
			continue;
		if (!verbs[i].run)
			return !strcmp(verbs[i].name, "events") ? events()
								: record(argc - 1, argv + 1);
		status = parse(&verbs[i], &o, argc - 1, argv + 1);
		return status >= 0 ? status : verbs[i].run(&o);
	}
	complain("trace %s: no such verb; `orrery trace --help` lists them", argv[1]);
	return EXIT_USAGE;
}

const struct command command_trace = {
	.name = "trace",
	.summary = "record, summarise, plot, export and verify traces",
	.run = command_run,
};
