/* SPDX-License-Identifier: MIT */
/*
 * Writing the report page; see page.h.  Tables put one run a column, so that a
 * row is a comparison; figures follow in the same order.  Numbers come from the
 * summaries, in the units the rows say.
 */
#include "analysis/reports/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plots/plots.h"
#include "tracing/decode/names.h"

static const char style[] =
	"body{font:15px/1.5 system-ui,'DejaVu Sans',sans-serif;color:#1f2328;margin:2rem auto;"
	"max-width:1500px;padding:0 1.5rem}"
	"h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;"
	"border-bottom:1px solid #d0d7de;padding-bottom:.2rem}"
	"p.note{color:#57606a;max-width:62rem}"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
	"th,td{padding:.28rem .8rem;text-align:right;border-bottom:1px solid #eaeef2}"
	"th:first-child,td:first-child{text-align:left}thead th{background:#f6f8fa}"
	"td.bad{color:#b42318;font-weight:600}"
	"tr.group th{background:#fff;font-weight:600;padding-top:.8rem}"
	".runs{display:grid;gap:1.2rem;grid-template-columns:repeat(auto-fit,minmax(520px,1fr))}"
	".wide{display:grid;gap:1.2rem}"
	"figure{margin:0;border:1px solid #d0d7de;border-radius:6px;padding:.6rem;background:#fff}"
	"figure svg{width:100%;height:auto;display:block}"
	"footer{margin-top:3rem;color:#57606a;font-size:.85rem}";

static void put_html(FILE *out, const char *s)
{
	for (; s && *s; s++)
		switch (*s) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc(*s, out);
		}
}

static void put_us(FILE *out, const struct summary *s, u64 ticks)
{
	u64 ns = summary_ns(s, ticks);

	fprintf(out, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
}

static void put_ms(FILE *out, const struct summary *s, u64 ticks)
{
	u64 us = summary_ns(s, ticks) / 1000;

	fprintf(out, "%" PRIu64 ".%01" PRIu64, us / 1000, us % 1000 / 100);
}

static void head_row(FILE *out, const char *what, struct page_run *runs, unsigned count)
{
	fprintf(out, "<thead><tr><th>%s</th>", what);
	for (unsigned i = 0; i < count; i++) {
		const struct summary_title *t = &runs[i].opened.title;

		fputs("<th>", out);
		put_html(out, t->policy ? t->policy : t->run);
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n", out);
}

/* One row: a label, then for each run what @put writes. */
static void row(FILE *out, const char *label, struct page_run *runs, unsigned count,
		void (*put)(FILE *, struct opened_run *))
{
	fprintf(out, "<tr><td>%s</td>", label);
	for (unsigned i = 0; i < count; i++) {
		fputs("<td>", out);
		put(out, &runs[i].opened);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void cell_run(FILE *out, struct opened_run *r)
{
	put_html(out, r->run.name);
}

static void cell_frames(FILE *out, struct opened_run *r)
{
	put_html(out, r->title.frames ? r->title.frames : "not told");
}

static void cell_time(FILE *out, struct opened_run *r)
{
	put_ms(out, &r->summary, r->summary.last_tsc - r->summary.first_tsc);
}

static void cell_records(FILE *out, struct opened_run *r)
{
	fprintf(out, "%" PRIu64, r->summary.records);
}

static void cell_lost(FILE *out, struct opened_run *r)
{
	u64 lost = r->summary.lost;

	for (unsigned i = 0; r->run.books && i < r->run.book_count; i++)
		lost = i ? lost + r->run.books[i].lost : r->run.books[i].lost;
	fprintf(out, "%s%" PRIu64 "%s", lost ? "<b style=\"color:#b42318\">" : "", lost,
		lost ? "</b>" : "");
}

static void cell_busy(FILE *out, struct opened_run *r)
{
	u64 busy = 0, all = 0, tenths;

	for (u32 i = 0; i < r->summary.cpu_count; i++) {
		busy += r->summary.cpus[i].busy;
		all += r->summary.cpus[i].busy + r->summary.cpus[i].idle;
	}
	tenths = all ? (u64)((unsigned __int128)busy * 1000 / all) : 0;
	fprintf(out, "%" PRIu64 ".%" PRIu64 " %%", tenths / 10, tenths % 10);
}

static void cell_idle_waiting(FILE *out, struct opened_run *r)
{
	put_ms(out, &r->summary, r->summary.idle_waiting);
}

static void cell_spells(FILE *out, struct opened_run *r)
{
	u64 n = 0;

	for (u32 i = 0; i < r->summary.cpu_count; i++)
		n += r->summary.cpus[i].switches;
	fprintf(out, "%" PRIu64, n);
}

static void cell_calls(FILE *out, struct opened_run *r)
{
	u64 n = 0;

	for (u32 i = 0; i < r->summary.call_count; i++)
		n += r->summary.calls[i].count;
	fprintf(out, "%" PRIu64, n);
}

static void wake_cell(FILE *out, struct opened_run *r, unsigned permille)
{
	struct samples all = summary_wakes(&r->summary, -1);

	if (all.count)
		put_us(out, &r->summary, samples_percentile(&all, permille));
	samples_free(&all);
}

static void cell_wakes(FILE *out, struct opened_run *r)
{
	struct samples all = summary_wakes(&r->summary, -1);

	fprintf(out, "%zu", all.count);
	samples_free(&all);
}

static void cell_p50(FILE *out, struct opened_run *r)
{
	wake_cell(out, r, 500);
}
static void cell_p90(FILE *out, struct opened_run *r)
{
	wake_cell(out, r, 900);
}
static void cell_p99(FILE *out, struct opened_run *r)
{
	wake_cell(out, r, 990);
}
static void cell_max(FILE *out, struct opened_run *r)
{
	wake_cell(out, r, 1000);
}

static void overview(FILE *out, struct page_run *runs, unsigned count)
{
	fputs("<h2>At a glance</h2>\n<table>", out);
	head_row(out, "policy", runs, count);
	row(out, "run", runs, count, cell_run);
	row(out, "frame allocator", runs, count, cell_frames);
	row(out, "traced time, ms", runs, count, cell_time);
	row(out, "trace records", runs, count, cell_records);
	row(out, "records lost", runs, count, cell_lost);
	row(out, "pCPUs busy", runs, count, cell_busy);
	row(out, "a pCPU idle while a vCPU waited, ms", runs, count, cell_idle_waiting);
	row(out, "times a vCPU was switched in", runs, count, cell_spells);
	row(out, "hypercalls", runs, count, cell_calls);
	row(out, "wake-ups", runs, count, cell_wakes);
	row(out, "wake-to-run p50, µs", runs, count, cell_p50);
	row(out, "wake-to-run p90, µs", runs, count, cell_p90);
	row(out, "wake-to-run p99, µs", runs, count, cell_p99);
	row(out, "wake-to-run longest, µs", runs, count, cell_max);
	fputs("</table>\n", out);
}

/* A vCPU of a run by number, or NULL. */
static const struct summary_vcpu *vcpu_in(const struct summary *s, u16 domid, u16 vcpu)
{
	for (u32 i = 0; i < s->model.vcpu_count; i++)
		if (s->model.vcpus[i].domid == domid && s->model.vcpus[i].vcpu == vcpu)
			return &s->vcpus[i];
	return NULL;
}

static void runstate_rows(FILE *out, struct page_run *runs, unsigned count, u16 domid, u16 vcpu)
{
	struct model_vcpu name = { .domid = domid, .vcpu = vcpu };
	char text[16];

	fprintf(out, "<tr class=\"group\"><th colspan=\"%u\">%s</th></tr>\n", count + 1,
		model_vcpu_name(&name, text, sizeof(text)));
	for (unsigned st = 0; st < MODEL_STATES; st++) {
		fprintf(out, "<tr><td>%s, ms</td>", model_state_name(st));
		for (unsigned i = 0; i < count; i++) {
			const struct summary *s = &runs[i].opened.summary;
			const struct summary_vcpu *v = vcpu_in(s, domid, vcpu);

			fputs("<td>", out);
			if (v)
				put_ms(out, s, v->total[st]);
			fputs("</td>", out);
		}
		fputs("</tr>\n", out);
	}
}

/* Was this vCPU already seen in a run before @run, or is it idle? */
static bool told(struct page_run *runs, unsigned run, const struct model_vcpu *v)
{
	for (unsigned i = 0; i < run; i++)
		if (vcpu_in(&runs[i].opened.summary, v->domid, v->vcpu))
			return true;
	return v->domid == MODEL_IDLE_DOMID;
}

static void runstates(FILE *out, struct page_run *runs, unsigned count)
{
	fputs("<h2>Runstates</h2>\n<table>", out);
	head_row(out, "time in each runstate", runs, count);
	for (unsigned i = 0; i < count; i++) {
		const struct model *m = &runs[i].opened.summary.model;

		for (u32 k = 0; k < m->vcpu_count; k++)
			if (!told(runs, i, &m->vcpus[k]))
				runstate_rows(out, runs, count, m->vcpus[k].domid,
					      m->vcpus[k].vcpu);
	}
	fputs("</table>\n", out);
}

struct call_row {
	u16 op;
	s32 sub;
	u64 most;
};

static int most_first(const void *a, const void *b)
{
	const struct call_row *x = a, *y = b;

	if (x->most != y->most)
		return x->most > y->most ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return (x->sub > y->sub) - (x->sub < y->sub);
}

static u64 calls_of(const struct summary *s, u16 op, s32 sub)
{
	u64 n = 0;

	for (u32 i = 0; i < s->call_count; i++)
		if (s->calls[i].op == op && s->calls[i].sub == sub)
			n += s->calls[i].count;
	return n;
}

/* The shortest time to the next entry over all of these calls; 0 if there is none. */
static u64 shortest_of(const struct summary *s, u16 op, s32 sub)
{
	u64 best = 0;

	for (u32 i = 0; i < s->call_count; i++) {
		struct summary_call *c = &s->calls[i];
		u64 v = samples_percentile(&c->until_entry, 0);

		if (c->op == op && c->sub == sub && v && (!best || v < best))
			best = v;
	}
	return best;
}

static unsigned gather_calls(struct page_run *runs, unsigned count, struct call_row **out)
{
	struct call_row *rows = NULL;
	unsigned n = 0;

	for (unsigned r = 0; r < count; r++)
		for (u32 i = 0; i < runs[r].opened.summary.call_count; i++) {
			const struct summary_call *c = &runs[r].opened.summary.calls[i];
			u64 total = calls_of(&runs[r].opened.summary, c->op, c->sub);
			unsigned k = 0;

			while (k < n && (rows[k].op != c->op || rows[k].sub != c->sub))
				k++;
			if (k == n) {
				rows = reallocarray(rows, ++n, sizeof(*rows));
				if (!rows)
					abort();
				rows[k] = (struct call_row){ .op = c->op, .sub = c->sub };
			}
			rows[k].most = MAX(rows[k].most, total);
		}
	if (n)
		qsort(rows, n, sizeof(*rows), most_first);
	*out = rows;
	return n;
}

static void call_label(FILE *out, const struct call_row *c)
{
	const char *name = hypercall_name(c->op);
	const char *sub = c->sub < 0 ? NULL : hypercall_sub_name(c->op, c->sub);

	if (name)
		put_html(out, name);
	else
		fprintf(out, "hypercall %u", c->op);
	if (sub)
		fprintf(out, ": %s", sub);
	else if (c->sub >= 0)
		fprintf(out, ": %d", c->sub);
}

static void hypercalls(FILE *out, struct page_run *runs, unsigned count)
{
	struct call_row *rows;
	unsigned n = gather_calls(runs, count, &rows);

	fputs("<h2>Hypercalls</h2>\n"
	      "<p class=\"note\">Calls, and in brackets the fewest TSC ticks from a call to the "
	      "same "
	      "vCPU's next entry into the hypervisor: an upper bound of the call's own path, since "
	      "it "
	      "holds what the guest did in between. In instruction-count mode a tick is an "
	      "executed "
	      "instruction.</p>\n<table>",
	      out);
	head_row(out, "hypercall", runs, count);
	for (unsigned i = 0; i < n; i++) {
		fputs("<tr><td>", out);
		call_label(out, &rows[i]);
		fputs("</td>", out);
		for (unsigned r = 0; r < count; r++) {
			const struct summary *s = &runs[r].opened.summary;
			u64 best = shortest_of(s, rows[i].op, rows[i].sub);

			fprintf(out, "<td>%" PRIu64, calls_of(s, rows[i].op, rows[i].sub));
			if (best)
				fprintf(out, " (%" PRIu64 ")", best);
			fputs("</td>", out);
		}
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
	free(rows);
}

/* The drawing itself: from the <svg> tag on, ids made unique, so that figures do not share
 * the clip paths and patterns of one another. */
static void put_svg(FILE *out, const char *path, unsigned nr)
{
	FILE *f = fopen(path, "r");
	bool started = false;
	char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		const char *p = line;

		if (!started)
			p = strstr(line, "<svg");
		started |= p != NULL;
		while (p && *p) {
			static const char *const marks[] = { "id=\"", "id='", "url(#", "href=\"#",
							     "href='#" };
			size_t skip = 0;

			for (size_t i = 0; i < ARRAY_SIZE(marks) && !skip; i++)
				if (!strncmp(p, marks[i], strlen(marks[i])))
					skip = strlen(marks[i]);
			if (skip) {
				fwrite(p, skip, 1, out);
				fprintf(out, "f%u-", nr);
				p += skip;
			} else {
				fputc(*p++, out);
			}
		}
	}
	free(line);
	if (f)
		fclose(f);
}

static void figures(FILE *out, struct page_run *runs, unsigned count)
{
	unsigned nr = 0;

	for (unsigned fig = 0; fig < PLOTS_FIGURES; fig++) {
		bool any = false;

		for (unsigned i = 0; i < count; i++)
			any |= runs[i].figures >> fig & 1;
		if (!any)
			continue;
		fprintf(out, "<h2>%s</h2>\n<div class=\"%s\">\n", plots_figures[fig].caption,
			plots_figures[fig].wide ? "wide" : "runs");
		for (unsigned i = 0; i < count; i++) {
			char *path;

			if (!(runs[i].figures >> fig & 1) ||
			    asprintf(&path, "%s/%s.svg", runs[i].figures_dir,
				     plots_figures[fig].name) < 0)
				continue;
			fputs("<figure>\n", out);
			put_svg(out, path, nr++);
			fputs("</figure>\n", out);
			free(path);
		}
		fputs("</div>\n", out);
	}
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "not told";
}

static void provenance(FILE *out, struct page_run *runs, unsigned count)
{
	fputs("<h2>How these runs were made</h2>\n<table>"
	      "<thead><tr><th>run</th><th>hypervisor</th><th>commit</th><th>mode</th>"
	      "<th>pCPUs</th><th>trace sha256</th></tr></thead>\n",
	      out);
	for (unsigned i = 0; i < count; i++) {
		const json_t *m = runs[i].opened.run.manifest;
		const json_t *p = json_object_get(m, "parameters");

		fputs("<tr><td>", out);
		put_html(out, runs[i].opened.run.name);
		fputs("</td><td>", out);
		put_html(out, text_of(m, "hypervisor"));
		fputs("</td><td>", out);
		put_html(out, text_of(m, "commit"));
		fputs("</td><td>", out);
		put_html(out, text_of(p, "mode"));
		fprintf(out, "</td><td>%u</td><td><code>%.16s</code></td></tr>\n",
			runs[i].opened.summary.cpu_count, text_of(m, "trace_sha256"));
	}
	fputs("</table>\n", out);
}

void page_write(FILE *out, const char *title, struct page_run *runs, unsigned count)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
	      out);
	put_html(out, title);
	fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", style);
	put_html(out, title);
	fputs("</h1>\n<p class=\"note\">Everything below comes from the hypervisor's trace. In "
	      "instruction-count mode time is a count of executed instructions, one a nanosecond: "
	      "the figures show path lengths and order, and what hardware adds (caches, TLBs, "
	      "world "
	      "switches) is not in them.</p>\n",
	      out);
	overview(out, runs, count);
	figures(out, runs, count);
	runstates(out, runs, count);
	hypercalls(out, runs, count);
	provenance(out, runs, count);
	fputs("<footer>Made by <code>orrery report</code>. The data of every figure is in its "
	      ".tsv, "
	      "the script in its .gp, beside the run.</footer>\n</body>\n</html>\n",
	      out);
}
