/* SPDX-License-Identifier: MIT */
/*
 * Figures of counts and distributions: hypercalls, and the wake-to-run latency.
 */
#include "analysis/plots/counts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plots/figure.h"
#include "tracing/decode/names.h"

#define BARS_MAX 24

struct bar {
	char label[64];
	u64 count;
};

static void label_of(const struct summary_call *c, char label[64])
{
	const char *name = hypercall_name(c->op);
	const char *sub = c->sub < 0 ? NULL : hypercall_sub_name(c->op, c->sub);
	char number[16];

	snprintf(number, sizeof(number), "nr %u", c->op);
	if (sub)
		snprintf(label, 64, "%.30s: %.30s", name ? name : number, sub);
	else if (c->sub >= 0)
		snprintf(label, 64, "%.30s: %d", name ? name : number, c->sub);
	else
		snprintf(label, 64, "%.30s", name ? name : number);
}

static int most_first(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->label, y->label);
}

/* Calls of all domains, direct and within multicalls, by name. */
static size_t gather_bars(const struct summary *s, struct bar **out)
{
	struct bar *bars = calloc(s->call_count + 1, sizeof(*bars));
	size_t n = 0;

	if (!bars)
		abort();
	for (u32 i = 0; i < s->call_count; i++) {
		char label[64];
		size_t k = 0;

		label_of(&s->calls[i], label);
		while (k < n && strcmp(bars[k].label, label))
			k++;
		if (k == n)
			strcpy(bars[n++].label, label);
		bars[k].count += s->calls[i].count;
	}
	qsort(bars, n, sizeof(*bars), most_first);
	*out = bars;
	return n;
}

int plot_hypercalls(const struct summary *s, const struct plots_request *q, char *error)
{
	struct figure fig;
	struct bar *bars;
	size_t n = gather_bars(s, &bars), shown = MIN(n, BARS_MAX);
	char what[96];
	u64 total = 0;
	int rc;

	for (size_t i = 0; i < n; i++)
		total += bars[i].count;
	snprintf(what, sizeof(what), "Hypercalls: %" PRIu64 " calls%s", total,
		 n > shown ? ", the most frequent kinds" : "");
	rc = figure_begin(&fig, q, "hypercalls", what, 860, 130 + 22 * shown, error);
	if (!rc) {
		fputs("hypercall\tcount\n", fig.tsv);
		for (size_t i = 0; i < n; i++)
			fprintf(fig.tsv, "%s\t%" PRIu64 "\n", bars[i].label, bars[i].count);
		fprintf(fig.gp,
			"unset key\n"
			"set logscale x\n"
			"set xrange [0.7:%" PRIu64 "]\n"
			"set yrange [%zu.5:-0.5] \n"
			"set format x '%%.0f'\n"
			"set xlabel 'number of calls (logarithmic)'\n"
			"set ytics noenhanced scale 0\n"
			"set style fill solid 1.0 noborder\n",
			bars[0].count * 4, shown - 1);
		rc = figure_end(&fig,
				"'hypercalls.tsv' every ::1 using (0.7):0:(0.7):2:"
				"($0-0.36):($0+0.36):ytic(1) with boxxyerror lc rgb '#0072b2', \\\n"
				"  '' every ::1 using 2:0:(sprintf('  %d', $2)) with labels left "
				"font ',10' textcolor rgb '#303438'");
	}
	free(bars);
	return rc;
}

#define CURVE_POINTS 500

/* The cumulative curve of one bag: at most CURVE_POINTS points, ends included. */
static void put_curve(const struct summary *s, const char *name, struct samples *v, FILE *tsv)
{
	const u64 *sorted = samples_sorted(v);
	size_t step = v->count / CURVE_POINTS + 1;

	for (size_t i = 0; i < v->count; i += step)
		fprintf(tsv, "%s\t%" PRIu64 "\t%.4f\n", name, MAX(summary_ns(s, sorted[i]), 1),
			100.0 * (i + 1) / v->count);
	fprintf(tsv, "%s\t%" PRIu64 "\t100\n\n\n", name,
		MAX(summary_ns(s, sorted[v->count - 1]), 1));
}

struct curves {
	char *plot; /* the plot command, growing */
	size_t size;
	FILE *text;
	unsigned n;
};

static void add_curve(const struct summary *s, struct curves *c, const char *name,
		      struct samples *v, unsigned colour, double width, FILE *tsv)
{
	char p50[24], p99[24];
	u64 a = summary_ns(s, samples_percentile(v, 500));
	u64 b = summary_ns(s, samples_percentile(v, 990));

	put_curve(s, name, v, tsv);
	snprintf(p50, sizeof(p50), "%" PRIu64 ".%03" PRIu64, a / 1000, a % 1000);
	snprintf(p99, sizeof(p99), "%" PRIu64 ".%03" PRIu64, b / 1000, b % 1000);
	fprintf(c->text,
		"%s'wakes.tsv' index %u using ($2/1000.0):3 with steps lw %.1f lc rgb '#%06x' "
		"title '%s: n %zu, p50 %s, p99 %s µs'",
		c->n ? ", \\\n  " : "", c->n, width, colour, name, v->count, p50, p99);
	c->n++;
}

static unsigned waking_vcpus(const struct summary *s)
{
	unsigned n = 0;

	for (u32 i = 0; i < s->model.vcpu_count; i++)
		n += s->model.vcpus[i].domid != MODEL_IDLE_DOMID && s->vcpus[i].wake.count;
	return n;
}

int plot_wakes(struct summary *s, const struct plots_request *q, char *error)
{
	struct samples all = summary_wakes(s, -1);
	struct curves c = { 0 };
	struct figure fig;
	unsigned shown = 0;
	int rc = figure_begin(&fig, q, "wakes", "Wake-to-run latency", 860, 440, error);

	if (rc) {
		samples_free(&all);
		return rc;
	}
	c.text = open_memstream(&c.plot, &c.size);
	fputs("# curve, latency ns, percent of wake-ups at most that\n", fig.tsv);
	if (waking_vcpus(s) > 1)
		add_curve(s, &c, "all", &all, 0x303438, 3, fig.tsv);
	for (u32 i = 0; i < s->model.vcpu_count && shown < FIGURE_COLOURS; i++) {
		char name[16];

		if (s->model.vcpus[i].domid == MODEL_IDLE_DOMID || !s->vcpus[i].wake.count)
			continue;
		model_vcpu_name(&s->model.vcpus[i], name, sizeof(name));
		add_curve(s, &c, name, &s->vcpus[i].wake, figure_colour(shown++), 1.6, fig.tsv);
	}
	fclose(c.text);
	fputs("set logscale x\n"
	      "set xlabel 'from woken to running (µs, logarithmic)'\n"
	      "set ylabel 'wake-ups at most that long (%)'\n"
	      "set yrange [0:102]\n"
	      "set grid ytics lt 1 lw 0.5 lc rgb '#dfe3e7'\n",
	      fig.gp);
	rc = figure_end(&fig, c.plot);
	free(c.plot);
	samples_free(&all);
	return rc;
}
