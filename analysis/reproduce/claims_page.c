/* SPDX-License-Identifier: MIT */
/*
 * Writing the report page; contract in claims_page.h.  The text of the
 * experiment's README.md is shown as it is.
 */
#include "analysis/reproduce/claims_page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/file_text.h"

static const char head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s: %s</title>\n"
	"<style>\nbody{font:15px/1.5 'DejaVu Sans',sans-serif;color:#202428;max-width:1000px;"
	"margin:2em auto;padding:0 1em}\ntable{border-collapse:collapse;width:100%%;margin:1em 0}\n"
	"td,th{border-bottom:1px solid #dfe3e7;padding:.25em .6em;text-align:left;"
	"vertical-align:top}\ntd.n{text-align:right;white-space:nowrap}\n"
	".ok{color:#1a7f37}.bad{color:#b42318;font-weight:bold}.dim{color:#606468}\n"
	"pre{background:#f5f7f9;padding:1em;white-space:pre-wrap}\nsvg{max-width:100%%;height:auto}\n"
	"</style></head><body>\n";

static void escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else
			fputc(*text, f);
	}
}

static bool is_part(const char *metric)
{
	static const char *const parts[] = { "share", "error", "window", "miss", "spin", "overhead" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strncmp(metric, parts[i], strlen(parts[i])))
			return true;
	return false;
}

void claims_number(const struct claims_claim *k, double value, char *buf, size_t size)
{
	const char *metric = k->term[0].metric;

	if (k->shape != CLAIM_VALUE)
		snprintf(buf, size, "%.4g", value);
	else if (!strncmp(metric, "wait", 4) || !strncmp(metric, "response", 8) ||
		 !strncmp(metric, "deviation", 9))
		snprintf(buf, size, "%.4g ms", value / 1e6);
	else if (is_part(metric))
		snprintf(buf, size, "%.4g%%", value * 100);
	else
		snprintf(buf, size, "%.4g", value);
}

static void claim_row(FILE *f, const struct claims_claim *k)
{
	static const char *const kinds[] = { "claim", "control", "known difference", "reported" };
	char value[32], low[32], high[32];

	claims_number(k, k->value, value, sizeof(value));
	claims_number(k, k->low, low, sizeof(low));
	claims_number(k, k->high, high, sizeof(high));
	fprintf(f, "<tr><td class=\"%s\">%s</td><td>%s</td><td>", k->met ? "ok" : "bad",
		k->kind == CLAIM_REPORT ? "" : k->met ? "holds" : "fails", kinds[k->kind]);
	escaped(f, k->paper);
	fputs("</td><td>", f);
	escaped(f, k->text);
	fprintf(f, "</td><td class=\"n\">%s", value);
	if (k->low != k->high)
		fprintf(f, "<br><span class=\"dim\">%s to %s</span>", low, high);
	fputs("</td></tr>\n", f);
}

static void figure(FILE *f, const char *dir, u32 plot)
{
	char path[4096], *svg, *from;

	snprintf(path, sizeof(path), "%s/figure-%u.svg", dir, plot + 1);
	svg = file_text(path, FILE_TEXT_USUAL, NULL);
	from = svg ? strstr(svg, "<svg") : NULL;
	if (from)
		fputs(from, f);
	free(svg);
}

static void description(FILE *f, const struct claims *c)
{
	char path[300], *text;

	snprintf(path, sizeof(path), "%s/README.md", c->dir);
	text = file_text(path, FILE_TEXT_USUAL, NULL);
	if (text) {
		fputs("<pre>", f);
		escaped(f, text);
		fputs("</pre>\n", f);
	}
	free(text);
}

int claims_page(const struct claims *c, const char *name, const json_t *manifest, const char *dir)
{
	char path[4096], *text = json_dumps(manifest, JSON_INDENT(2) | JSON_SORT_KEYS);
	bool bad;
	FILE *f;

	snprintf(path, sizeof(path), "%s/report.html", dir);
	f = fopen(path, "w");
	if (!f) {
		free(text);
		return -errno;
	}
	fprintf(f, head, name, c->title);
	fprintf(f, "<h1>%s: %s</h1>\n", name, c->title);
	description(f, c);
	fputs("<h2>Published against measured</h2>\n<table><tr><th></th><th></th><th>published</th>"
	      "<th>bar</th><th>measured</th></tr>\n", f);
	for (u32 i = 0; i < c->nr_claims; i++)
		claim_row(f, &c->claim[i]);
	fputs("</table>\n<p class=\"dim\">Measured on the simulator: the median over the seeds and their "
	      "extremes; ratios are of means.</p>\n", f);
	for (u32 i = 0; i < c->nr_plots; i++)
		figure(f, dir, i);
	fputs("<h2>To get the same again</h2>\n<pre>", f);
	escaped(f, text ? text : "");
	fputs("</pre>\n</body></html>\n", f);
	free(text);
	bad = ferror(f);
	return fclose(f) || bad ? -EIO : 0;
}
