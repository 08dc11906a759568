/* SPDX-License-Identifier: MIT */
/*
 * Comparing the dispatch orders of two runs and saying what was found.
 */
#include "analysis/reports/order_report.h"

#include "analysis/metrics/order.h"

#define SLACK_NS 1000000 /* a dispatch so close to the end may be in one trace only */
#define BEFORE 4         /* dispatches shown before the first difference */
#define AFTER 3

static void print_entry(const struct order *o, size_t i, FILE *out)
{
	if (i < o->nr)
		fprintf(out, "  d%uv%-3u %13.6f ms", o->entry[i].domid, o->entry[i].vcpu,
			o->entry[i].ns / 1e6);
	else
		fprintf(out, "  %-20s", "(no more)");
}

static void print_difference(const struct order *a, const struct order *b, size_t at, FILE *out)
{
	for (size_t i = at > BEFORE ? at - BEFORE : 0; i < at + AFTER; i++) {
		fprintf(out, "%c %7zu", i == at ? '>' : ' ', i);
		print_entry(a, i, out);
		print_entry(b, i, out);
		fputc('\n', out);
	}
}

int order_report(struct opened_run *a, struct opened_run *b, u64 until_ns, FILE *out)
{
	struct order_verdict v;
	struct order x, y;

	order_of_trace(&x, &a->file, ORDER_ANY_CPU, a->summary.tsc_hz);
	order_of_trace(&y, &b->file, ORDER_ANY_CPU, b->summary.tsc_hz);
	v = order_compare(&x, &y, until_ns ? until_ns : UINT64_MAX, SLACK_NS);
	if (!x.nr || !y.nr)
		fprintf(out, "no guest runs in %s\n", (x.nr ? b : a)->run.name);
	else if (v.differs)
		fprintf(out, "the order differs after %zu dispatches (A on pCPU %u, B on pCPU %u):\n",
			v.same, x.cpu, y.cpu);
	else
		fprintf(out, "the same order: %zu dispatches in %.3f s; the largest shift %.3f us, at "
			     "%.3f s\n", v.same, x.entry[v.same ? v.same - 1 : 0].ns / 1e9,
			v.shift_ns / 1e3, v.shift_at_ns / 1e9);
	if (v.differs)
		print_difference(&x, &y, v.same, out);
	order_free(&x);
	order_free(&y);
	return v.differs || !v.same;
}
