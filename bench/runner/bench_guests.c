/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench guests`: boots Dom0 with the scenario guest-bench on our hypervisor and on the peer,
 * one pCPU, instruction-count mode, prints both columns and holds ours against the peer's and the
 * committed baseline.  A row fails when ours is worse than the peer, or worse than recorded by more
 * than TOLERANCE_PERCENT; all of it does unless most rows are better than the peer by a fifth.  The
 * same inputs give exactly the same figures, but any change of either side moves timer ticks against
 * TCP's windows: streams scatter by a tenth from build to build, so theirs have to be worse by more
 * than SCATTER_PERCENT to fail.
 */
#include "bench/runner/bench_guests.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"

#define TOLERANCE_PERCENT 5
#define SCATTER_PERCENT 15
#define BETTER_PERCENT 20 /* what most rows have to be better by */

struct row {
	const char *key, *label, *unit;
	double scale; /* shown = raw times this */
	bool higher;  /* more is better */
};

/* Raw figures are virtual nanoseconds, streams bytes a virtual second. */
static const struct row rows[] = {
	{ "create-tiny", "xl create, our own small kernel", "ms", 1e-6, false },
	{ "destroy-tiny", "xl destroy of it", "ms", 1e-6, false },
	{ "create", "xl create, Debian's kernel", "ms", 1e-6, false },
	{ "create-devices", "the same with disk and network", "ms", 1e-6, false },
	{ "boot", "xl unpause to the guest's /init", "ms", 1e-6, false },
	{ "reboot", "xl reboot to the next /init", "ms", 1e-6, false },
	{ "destroy", "xl destroy of it, 128 MiB", "ms", 1e-6, false },
	{ "destroy-devices", "the same with disk and network", "ms", 1e-6, false },
	{ "disk-read", "disk read, 8 MiB", "ms", 1e-6, false },
	{ "disk-write", "disk write and fsync, 8 MiB", "ms", 1e-6, false },
	{ "ping-100", "ping, round trip", "us", 1e-5, false },
	{ "tcp-to-dom0", "iperf3 guest to Dom0", "B/Minstr", 1e-3, true },
	{ "tcp-from-dom0", "iperf3 Dom0 to guest", "B/Minstr", 1e-3, true },
	{ "tcp-to-guest", "iperf3 guest to guest", "B/Minstr", 1e-3, true },
	{ "tcp-from-guest", "iperf3 the other way", "B/Minstr", 1e-3, true },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int by_value(const void *a, const void *b)
{
	json_int_t x = *(const json_int_t *)a, y = *(const json_int_t *)b;

	return x < y ? -1 : x > y;
}

/* A figure, or the median of those measured several times; -1 if there is none. */
static json_int_t figure(const json_t *value)
{
	json_int_t all[16];
	size_t n = json_array_size(value);

	if (json_is_integer(value))
		return json_integer_value(value);
	if (!n || n > 16)
		return -1;
	for (size_t i = 0; i < n; i++)
		all[i] = json_integer_value(json_array_get(value, i));
	qsort(all, n, sizeof(all[0]), by_value);
	return all[n / 2];
}

static char *prepare(struct boot_options *o)
{
	char *config = checkout_path("dom0/guests/configs/debian.cfg");

	o->sched = "credit2"; /* the peer's default: the same policy on both */
	o->run = "guest-bench";
	o->guests[o->nr_guests++] = config;
	o->timeout_s = 300;
	return config;
}

static json_t *figures_of(const char *dir)
{
	json_t *results, *values;
	char *path;

	if (asprintf(&path, "%s/results.json", dir) < 0)
		abort();
	results = json_load_file(path, 0, NULL);
	values = json_incref(json_object_get(results, "values"));
	json_decref(results);
	free(path);
	return values;
}

static json_int_t value_of(const json_t *values, const struct row *row)
{
	char key[64];

	snprintf(key, sizeof(key), "bench.%s", row->key);
	return figure(json_object_get(values, key));
}

static json_int_t recorded(const json_t *base, const struct row *row, const char *who)
{
	const json_t *v = json_object_get(json_object_get(base, row->key), who);

	return v ? json_integer_value(v) : -1;
}

/* Percent by which @ours is better than @other; negative if worse. */
static double advantage(const struct row *row, json_int_t ours, json_int_t other)
{
	return row->higher ? 100.0 * ours / other - 100 : 100 - 100.0 * ours / other;
}

static void print_cell(const struct row *row, json_int_t raw)
{
	if (raw < 0)
		printf(" %10s", "-");
	else
		printf(" %10.2f", raw * row->scale);
}

/* One line; true if it is as good as it has to be. */
static bool judge_row(const struct row *row, json_int_t ours, json_int_t xen, json_int_t before)
{
	double scatter = row->higher ? SCATTER_PERCENT : 0;
	const char *verdict = "";

	if (ours < 0)
		verdict = "NOT MEASURED";
	else if (xen > 0 && advantage(row, ours, xen) < -scatter)
		verdict = "WORSE THAN THE PEER";
	else if (before > 0 && advantage(row, ours, before) < -(scatter + TOLERANCE_PERCENT))
		verdict = "WORSE THAN RECORDED";
	printf("%-33s %-9s", row->label, row->unit);
	print_cell(row, ours);
	print_cell(row, xen);
	print_cell(row, before);
	if (ours > 0 && xen > 0)
		printf(" %+7.1f%%", advantage(row, ours, xen));
	printf("  %s\n", verdict);
	return !*verdict;
}

static json_t *pack(json_t *rows)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:O}", "schema_version", 1, "suite", "guests", "peer",
			 "Debian Xen 4.17", "unit",
			 "virtual ns, or bytes a virtual second for tcp-*; one pCPU, instruction-count mode",
			 "rows", rows);
}

/* Print the table; @figures gets what a new baseline holds. */
static int judge(json_t *ours, json_t *xen, json_t *base, json_t *figures)
{
	int status = EXIT_OK, better = 0, known = 0;

	printf("%-33s %-9s %10s %10s %10s %8s\n", "one pCPU, instruction-count mode", "", "Orrery",
	       "Xen 4.17", "recorded", "better");
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		json_int_t mine = value_of(ours, row);
		json_int_t peer = xen ? value_of(xen, row) : recorded(base, row, "xen");

		if (!judge_row(row, mine, peer, recorded(base, row, "orrery")))
			status = EXIT_FAILED;
		known += mine > 0 && peer > 0;
		better += mine > 0 && peer > 0 && advantage(row, mine, peer) >= BETTER_PERCENT;
		json_object_set_new(figures, row->key,
				    json_pack("{s:I, s:I}", "orrery", mine, "xen", peer));
	}
	printf("better by a fifth in %d of %d rows%s\n", better, known,
	       2 * better > known ? "" : ": FEWER THAN MOST");
	return 2 * better > known ? status : EXIT_FAILED;
}

int bench_guests(const struct bench_pair_options *o)
{
	static const struct bench_pair suite = { "guests", "bench/baselines/guests.json", "rows", prepare,
						 figures_of, judge, pack };

	return bench_pair(&suite, o);
}
