/* SPDX-License-Identifier: MIT */
/*
 * Timelines: in a window of the trace, which vCPU ran on each pCPU, and the
 * runstates of each vCPU.  A spell is drawn at least one pixel wide, so that
 * short ones are seen; spells that would hide in a pixel already drawn in the
 * same colour are left out of the .tsv.
 */
#include "analysis/plots/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plots/figure.h"

#define PIXELS 1400 /* horizontal resolution the data is thinned to */
#define ROWS_MAX 32

static u64 spells_started(const struct spells *sp, u64 from, u64 to)
{
	u64 n = 0;

	for (size_t i = 0; i < sp->count; i++)
		n += sp->v[i].state == MODEL_RUNNING && !spells_idle(sp, &sp->v[i]) &&
		     sp->v[i].from >= from && sp->v[i].from < to;
	return n;
}

static u64 ticks_of_ns(const struct summary *s, u64 ns)
{
	return (unsigned __int128)ns * s->tsc_hz / 1000000000;
}

struct timeline_window timeline_choose(const struct spells *sp, const struct summary *s,
				       const struct plots_request *q)
{
	u64 length = ticks_of_ns(s, TIMELINE_NS), first = s->first_tsc, last = s->last_tsc;
	struct timeline_window best = { first, MIN(last, first + length) };
	u64 most = 0;

	if (q->to_ns) {
		best.from = MIN(last, first + ticks_of_ns(s, q->from_ns));
		best.to = MIN(last, first + ticks_of_ns(s, q->to_ns));
		return best;
	}
	/* Windows that follow one another; a longer trace is looked at in coarser steps. */
	for (u64 at = first; at + length <= last; at += MAX(length, (last - first) / 256)) {
		u64 n = spells_started(sp, at, at + length);

		if (n > most) {
			most = n;
			best = (struct timeline_window){ at, at + length };
		}
	}
	return best;
}

/* One row of boxes: what was drawn last, to leave out what cannot be seen. */
struct row {
	s64 pixel;
	unsigned colour;
};

static void put_box(const struct summary *s, struct timeline_window w, FILE *tsv, unsigned index,
		    struct row *row, const struct model_interval *i, unsigned colour,
		    const char *label)
{
	u64 from = MAX(i->from, w.from), to = MIN(i->to, w.to), width = w.to - w.from;
	s64 first = (from - w.from) * PIXELS / MAX(width, 1);
	s64 last = (to - w.from) * PIXELS / MAX(width, 1);
	u64 a = summary_ns(s, from - w.from), b = summary_ns(s, to - w.from);

	if (i->to <= w.from || i->from >= w.to)
		return;
	if (last <= row->pixel && row->colour == colour)
		return;
	b = MAX(b, a + summary_ns(s, width) / PIXELS);
	row->pixel = MAX(last, first);
	row->colour = colour;
	fprintf(tsv, "%" PRIu64 ".%06" PRIu64 "\t%" PRIu64 ".%06" PRIu64 "\t%u\t0x%06x\t%s\n",
		a / 1000000, a % 1000000, b / 1000000, b % 1000000, index, colour, label);
}

/* Milliseconds without decimals that say nothing. */
static const char *short_ms(u64 us, char buf[32])
{
	if (us % 1000)
		snprintf(buf, 32, "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
	else
		snprintf(buf, 32, "%" PRIu64, us / 1000);
	return buf;
}

static void timeline_title(const struct summary *s, struct timeline_window w, const char *what,
			   char *buf, size_t size)
{
	u64 at = summary_ns(s, w.from - s->first_tsc) / 1000;
	u64 len = summary_ns(s, w.to - w.from) / 1000;
	char a[32], b[32];

	snprintf(buf, size, "%s: %s ms from %s ms on", what, short_ms(len, a), short_ms(at, b));
}

static void timeline_script(const struct summary *s, struct timeline_window w, struct figure *fig,
			    unsigned rows)
{
	u64 us = summary_ns(s, w.to - w.from) / 1000;

	fprintf(fig->gp,
		"set xrange [0:%" PRIu64 ".%03" PRIu64 "]\n"
		"set yrange [%u.6:-0.6]\n"
		"set xlabel 'time in the window (ms)'\n"
		"set ytics scale 0 noenhanced\n"
		"set style fill solid 1.0 noborder\n"
		"rgb(x) = int(x)\n",
		us / 1000, us % 1000, rows - 1);
}

#define BOXES(name) \
	"'" name ".tsv' using 1:3:1:2:($3-0.36):($3+0.36):(rgb($4)) "    \
	"with boxxyerror lc rgb variable notitle"

/* Order of vCPUs in legends and rows: domain, then vCPU; idle last. */
struct lane {
	u32 vcpu; /* index into the model */
	u64 ran;  /* ticks in the window or trace */
};

static const struct model *lane_model;

static int by_name(const void *a, const void *b)
{
	const struct model_vcpu *x = &lane_model->vcpus[((const struct lane *)a)->vcpu];
	const struct model_vcpu *y = &lane_model->vcpus[((const struct lane *)b)->vcpu];

	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	return (x->vcpu > y->vcpu) - (x->vcpu < y->vcpu);
}

static int by_time(const void *a, const void *b)
{
	const struct lane *x = a, *y = b;

	if (x->ran != y->ran)
		return x->ran > y->ran ? -1 : 1;
	return by_name(a, b);
}

/* The vCPUs (idle ones not) seen in [@from, @to), the @max busiest, in the order of names. */
static unsigned choose_lanes(const struct spells *sp, u64 from, u64 to, struct lane *lanes,
			     unsigned max)
{
	struct lane *all = calloc(sp->model.vcpu_count + 1, sizeof(*all));
	bool *seen = calloc(sp->model.vcpu_count + 1, sizeof(*seen));
	unsigned n = 0;

	if (!all || !seen)
		abort();
	for (u32 i = 0; i < sp->model.vcpu_count; i++)
		all[i].vcpu = i;
	for (size_t i = 0; i < sp->count; i++) {
		const struct model_interval *v = &sp->v[i];

		if (spells_idle(sp, v) || v->to <= from || v->from >= to)
			continue;
		seen[v->vcpu] = true;
		if (v->state == MODEL_RUNNING)
			all[v->vcpu].ran += MIN(v->to, to) - MAX(v->from, from);
	}
	for (u32 i = 0; i < sp->model.vcpu_count; i++)
		if (seen[i])
			all[n++] = all[i];
	lane_model = &sp->model;
	qsort(all, n, sizeof(*all), by_time);
	n = MIN(n, max);
	qsort(all, n, sizeof(*all), by_name);
	memcpy(lanes, all, n * sizeof(*lanes));
	free(all);
	free(seen);
	return n;
}

static int lane_of(const struct lane *lanes, unsigned n, u32 vcpu)
{
	for (unsigned i = 0; i < n; i++)
		if (lanes[i].vcpu == vcpu)
			return i;
	return -1;
}

/* "plot" entries that only make the legend. */
static void put_keys(FILE *plot, const struct spells *sp, const struct lane *lanes, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++)
		fprintf(plot, ", \\\n  keyentry with boxes fs solid lc rgb '#%06x' title '%s'",
			figure_colour(i),
			model_vcpu_name(&sp->model.vcpus[lanes[i].vcpu], name, sizeof(name)));
}

int plot_timeline_pcpu(const struct spells *sp, const struct summary *s,
		       const struct plots_request *q, struct timeline_window w, char *error)
{
	unsigned rows = MIN(sp->model.cpus, ROWS_MAX), n;
	struct lane lanes[FIGURE_COLOURS];
	struct row row[ROWS_MAX] = { { 0 } };
	char what[128], *plot, name[16];
	struct figure fig;
	size_t size;
	FILE *text;
	int rc;

	timeline_title(s, w, "Who runs on each pCPU", what, sizeof(what));
	rc = figure_begin(&fig, q, "timeline-pcpu", what, 1100, 170 + 46 * rows, error);
	if (rc)
		return rc;
	n = choose_lanes(sp, w.from, w.to, lanes, FIGURE_COLOURS);
	fputs("# from ms, to ms, pCPU, colour, vCPU\n", fig.tsv);
	for (size_t i = 0; i < sp->count; i++) {
		const struct model_interval *v = &sp->v[i];
		int lane = lane_of(lanes, n, v->vcpu);

		if (v->state == MODEL_RUNNING && !spells_idle(sp, v) && v->cpu < rows)
			put_box(s, w, fig.tsv, v->cpu, &row[v->cpu], v,
				lane < 0 ? FIGURE_GREY : figure_colour(lane),
				model_vcpu_name(&sp->model.vcpus[v->vcpu], name, sizeof(name)));
	}
	timeline_script(s, w, &fig, rows);
	fputs("set ylabel 'pCPU'\nset ytics (", fig.gp);
	for (unsigned i = 0; i < rows; i++)
		fprintf(fig.gp, "%s'p%u' %u", i ? ", " : "", i, i);
	fputs(")\n", fig.gp);
	text = open_memstream(&plot, &size);
	fputs(BOXES("timeline-pcpu"), text);
	put_keys(text, sp, lanes, n);
	fputs(", \\\n  keyentry with boxes fs solid lc rgb '#ffffff' title '(white: idle)'", text);
	fclose(text);
	rc = figure_end(&fig, plot);
	free(plot);
	return rc;
}

static const unsigned state_colour[MODEL_STATES] = {
	[MODEL_RUNNING] = 0x009e73, [MODEL_RUNNABLE] = 0xd55e00,
	[MODEL_BLOCKED] = 0xdfe3e7, [MODEL_OFFLINE] = 0x9aa0a6,
};

/* Drawn one over the other, what matters most last: short spells stay visible. */
static const u8 state_layers[MODEL_STATES] = { MODEL_OFFLINE, MODEL_BLOCKED, MODEL_RUNNABLE,
					       MODEL_RUNNING };

static void put_states(const struct spells *sp, const struct summary *s, struct timeline_window w,
		       const struct lane *lanes, unsigned n, FILE *tsv)
{
	for (unsigned layer = 0; layer < MODEL_STATES; layer++) {
		struct row row[ROWS_MAX] = { { 0 } };

		for (size_t i = 0; i < sp->count; i++) {
			const struct model_interval *v = &sp->v[i];
			int lane = lane_of(lanes, n, v->vcpu);

			if (lane >= 0 && v->state == state_layers[layer])
				put_box(s, w, tsv, lane, &row[lane], v, state_colour[v->state],
					model_state_name(v->state));
		}
	}
}

int plot_timeline_vcpu(const struct spells *sp, const struct summary *s,
		       const struct plots_request *q, struct timeline_window w, char *error)
{
	struct lane lanes[ROWS_MAX];
	unsigned n = choose_lanes(sp, w.from, w.to, lanes, ROWS_MAX);
	char what[128], name[16];
	struct figure fig;
	int rc;

	if (!n)
		return 0;
	timeline_title(s, w, "Runstates of each vCPU", what, sizeof(what));
	rc = figure_begin(&fig, q, "timeline-vcpu", what, 1100, 170 + 46 * n, error);
	if (rc)
		return rc;
	fputs("# from ms, to ms, row, colour, runstate\n", fig.tsv);
	put_states(sp, s, w, lanes, n, fig.tsv);
	timeline_script(s, w, &fig, n);
	fputs("set ylabel 'vCPU'\nset ytics (", fig.gp);
	for (unsigned i = 0; i < n; i++)
		fprintf(fig.gp, "%s'%s' %u", i ? ", " : "",
			model_vcpu_name(&sp->model.vcpus[lanes[i].vcpu], name, sizeof(name)), i);
	fputs(")\n", fig.gp);
	return figure_end(
		&fig, BOXES("timeline-vcpu")
		", \\\n  keyentry with boxes fs solid lc rgb '#009e73' title 'running'"
		", \\\n  keyentry with boxes fs solid lc rgb '#d55e00' title 'runnable (waits)'"
		", \\\n  keyentry with boxes fs solid lc rgb '#dfe3e7' title 'blocked'"
		", \\\n  keyentry with boxes fs solid lc rgb '#9aa0a6' title 'offline'");
}

#define BINS 240
#define UTILISATION_LANES 8

/* Add a spell's ticks to the bins it covers. */
static void spread(u64 *bin, u64 first, u64 width, u64 from, u64 to)
{
	while (from < to) {
		u64 b = MIN((from - first) / width, BINS - 1);
		u64 end = b == BINS - 1 ? to : MIN(to, first + (b + 1) * width);

		bin[b] += end - from;
		from = end;
	}
}

static void put_bins(const struct spells *sp, const struct summary *s, const struct lane *lanes,
		     unsigned n, FILE *tsv)
{
	static u64 bin[UTILISATION_LANES + 1][BINS];
	u64 width = (s->last_tsc - s->first_tsc) / BINS + 1;

	memset(bin, 0, sizeof(bin));
	for (size_t i = 0; i < sp->count; i++) {
		const struct model_interval *v = &sp->v[i];
		int lane = lane_of(lanes, n, v->vcpu);

		if (v->state == MODEL_RUNNING && !spells_idle(sp, v))
			spread(bin[lane < 0 ? n : lane], s->first_tsc, width, v->from, v->to);
	}
	fputs("# ms, then cumulative share of the pCPUs in percent per vCPU, others last\n", tsv);
	for (unsigned b = 0; b < BINS; b++) {
		u64 us = summary_ns(s, b * width) / 1000, sum = 0;

		fprintf(tsv, "%" PRIu64 ".%03" PRIu64, us / 1000, us % 1000);
		for (unsigned i = 0; i <= n; i++) {
			u64 permyriad;

			sum += bin[i][b];
			permyriad = (unsigned __int128)sum * 10000 / width / MAX(sp->model.cpus, 1);
			fprintf(tsv, "\t%" PRIu64 ".%02" PRIu64, permyriad / 100, permyriad % 100);
		}
		fputc('\n', tsv);
	}
}

int plot_utilisation(const struct spells *sp, const struct summary *s,
		     const struct plots_request *q, char *error)
{
	struct lane lanes[UTILISATION_LANES];
	unsigned n = choose_lanes(sp, s->first_tsc, s->last_tsc, lanes, UTILISATION_LANES);
	bool others = sp->model.vcpu_count > n + sp->model.cpus;
	char *plot, name[16];
	struct figure fig;
	size_t size;
	FILE *text;
	int rc = figure_begin(&fig, q, "utilisation", "Whose the pCPUs were", 1100, 330, error);

	if (rc)
		return rc;
	put_bins(sp, s, lanes, n, fig.tsv);
	fprintf(fig.gp,
		"set xlabel 'time (ms)'\n"
		"set ylabel 'share of %u pCPU%s (%%)'\n"
		"set yrange [0:100]\n"
		"set style fill solid 1.0 noborder\n"
		"set xrange [0:%" PRIu64 "]\n",
		sp->model.cpus, sp->model.cpus == 1 ? "" : "s",
		summary_ns(s, s->last_tsc - s->first_tsc) / 1000000 + 1);
	text = open_memstream(&plot, &size);
	if (others)
		fprintf(text, "'utilisation.tsv' using 1:%u with fillsteps lc rgb '#%06x' "
			      "title 'others', \\\n  ",
			n + 2, FIGURE_GREY);
	for (unsigned i = n; i--;)
		fprintf(text, "%s'utilisation.tsv' using 1:%u with fillsteps lc rgb '#%06x' "
			      "title '%s'",
			i == n - 1 ? "" : ", \\\n  ", i + 2, figure_colour(i),
			model_vcpu_name(&sp->model.vcpus[lanes[i].vcpu], name, sizeof(name)));
	fclose(text);
	rc = figure_end(&fig, plot);
	free(plot);
	return rc;
}
