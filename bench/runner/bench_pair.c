/* SPDX-License-Identifier: MIT */
/*
 * What the suites micro and guests have in common: boot, boot the peer, judge, record.  What is
 * booted, what is a figure and what is good enough is the suite's.
 */
#include "bench/runner/bench_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"

/* Boot once; the figures, or NULL after a complaint. */
static json_t *run_on(const struct bench_pair *suite, bool xen, const char *dir)
{
	struct boot_options o;
	json_t *figures = NULL;
	char *path, *out;

	if (asprintf(&out, "%s/%s", dir, xen ? "xen" : "orrery") < 0)
		abort();
	boot_defaults(&o);
	o.xen = xen;
	o.force = true;
	o.out = out;
	path = suite->prepare(&o);
	if (!boot_machine(&o))
		figures = suite->figures(out);
	if (!figures)
		complain("%s did not finish: see %s/console.log", suite->name, out);
	free(path);
	free(out);
	return figures;
}

static int save(const struct bench_pair *suite, const char *path, json_t *rows)
{
	json_t *file = suite->pack(rows);
	int failed = json_dump_file(file, path, JSON_INDENT(2));

	if (failed)
		complain("%s cannot be written", path);
	json_decref(file);
	return failed ? EXIT_FAILED : EXIT_OK;
}

/* Where the run directories go; to be freed. */
static char *folder(const struct bench_pair *suite, const struct bench_pair_options *o)
{
	char *inside, *path;

	if (o->out)
		return strdup(o->out);
	if (asprintf(&inside, "out/bench/%s", suite->name) < 0)
		abort();
	path = checkout_path(inside);
	free(inside);
	return path;
}

int bench_pair(const struct bench_pair *suite, const struct bench_pair_options *o)
{
	char *path = checkout_path(suite->baseline), *dir = folder(suite, o);
	json_t *base = json_load_file(path, 0, NULL), *rows = json_object(), *ours, *xen = NULL;
	int status = EXIT_FAILED;

	ours = run_on(suite, false, dir);
	if (ours && o->peer)
		xen = run_on(suite, true, dir);
	if (ours && (xen || !o->peer)) {
		status = suite->judge(ours, xen, json_object_get(base, suite->rows), rows);
		if (o->update)
			status = save(suite, path, rows);
	}
	json_decref(rows);
	json_decref(ours);
	json_decref(xen);
	json_decref(base);
	free(dir);
	free(path);
	return status;
}
