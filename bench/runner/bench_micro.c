/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench micro`: boots the micro-benchmark guest on our hypervisor and on
 * the peer, prints both columns, and holds ours against the committed baseline:
 * a figure above its limit, or above what was recorded before, fails the run.
 * In instruction-count mode the figures are exact, so "above" needs no margin.
 */
#include "bench/runner/bench_micro.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"
#include "bench/runner/console_log.h"
#include "bench/runner/file_text.h"

#define PREFIX "bench."

/* Medians by operation, in the guest's order. */
static json_t *medians(const struct console_log *log)
{
	json_t *out = json_object();

	for (size_t i = 0; i < log->nr_values; i++)
		if (!strncmp(log->values[i].key, PREFIX, strlen(PREFIX)))
			json_object_set_new(out, log->values[i].key + strlen(PREFIX),
					    json_integer(strtoll(log->values[i].value, NULL, 10)));
	return out;
}

static char *prepare(struct boot_options *o)
{
	char *kernel = checkout_path("build/guests/micro-pv");

	o->kernel = kernel;
	o->initrd = kernel; /* a guest has no use for one, but the runner wants a file */
	o->dom0_mem_mib = 512;
	o->reset_ends = true;
	o->disk = DISK_NONE;
	o->sched = o->xen ? NULL : "null";
	return kernel;
}

static json_t *figures_of(const char *dir)
{
	struct console_log log;
	json_t *result = NULL;
	char *path, *text;
	size_t len;

	if (asprintf(&path, "%s/console.log", dir) < 0)
		abort();
	text = file_text(path, CONSOLE_LOG_MAX_BYTES, &len);
	if (text) {
		console_log_parse(&log, text, len);
		result = medians(&log);
		console_log_free(&log);
	}
	free(text);
	free(path);
	return result;
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return v ? json_integer_value(v) : -1;
}

static void print_cell(json_int_t v)
{
	if (v < 0)
		printf(" %9s", "-");
	else
		printf(" %9lld", (long long)v);
}

/* One line; true if ours is within its limit and not above the record. */
static bool print_row(const char *name, json_int_t ours, json_int_t xen, const json_t *base)
{
	json_int_t limit = number(base, "limit"), before = number(base, "orrery");
	const char *verdict = limit >= 0 && ours > limit ? "ABOVE ITS LIMIT" :
			      before >= 0 && ours > before ? "WORSE THAN RECORDED" : "";

	printf("%-32s", name);
	print_cell(ours);
	print_cell(xen);
	print_cell(limit);
	print_cell(before);
	printf("  %s\n", verdict);
	return !*verdict;
}

static json_t *updated_row(json_int_t ours, json_int_t xen, const json_t *base)
{
	json_t *row = json_object();

	json_object_set_new(row, "orrery", json_integer(ours));
	if (xen >= 0)
		json_object_set_new(row, "xen", json_integer(xen));
	else if (number(base, "xen") >= 0)
		json_object_set_new(row, "xen", json_integer(number(base, "xen")));
	if (number(base, "limit") >= 0)
		json_object_set_new(row, "limit", json_integer(number(base, "limit")));
	return row;
}

static json_t *pack(json_t *operations)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:O}", "schema_version", 1, "suite", "micro-pv",
			 "unit", "instructions", "direction", "lower", "peer", "Debian Xen 4.17",
			 "operations", operations);
}

static int judge(json_t *ours, json_t *xen, json_t *base, json_t *rows)
{
	int status = EXIT_OK;
	const char *name;
	json_t *v;

	printf("%-32s %9s %9s %9s %9s\n", "instructions per operation", "Orrery", "Xen 4.17", "limit",
	       "recorded");
	json_object_foreach(ours, name, v) {
		const json_t *row = json_object_get(base, name);
		json_int_t peer = xen ? number(xen, name) : number(row, "xen");

		if (!print_row(name, json_integer_value(v), peer, row))
			status = EXIT_FAILED;
		json_object_set_new(rows, name, updated_row(json_integer_value(v), peer, row));
	}
	json_object_foreach(base, name, v)
		if (!json_object_get(ours, name)) {
			printf("%-32s %9s  NOT MEASURED\n", name, "-");
			status = EXIT_FAILED;
		}
	return status;
}

int bench_micro(const struct bench_pair_options *o)
{
	static const struct bench_pair suite = { "micro", "bench/baselines/micro-pv.json", "operations",
						 prepare, figures_of, judge, pack };

	return bench_pair(&suite, o);
}
