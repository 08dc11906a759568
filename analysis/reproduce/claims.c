/* SPDX-License-Identifier: MIT */
/*
 * Reading claims.txt, running its cells and judging its claims; contracts in
 * claims.h.
 */
#include "analysis/reproduce/claims.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/file_text.h"

static int wrong(char *error, const struct claims *c, u32 line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int wrong(char *error, const struct claims *c, u32 line, const char *fmt, ...)
{
	int n = snprintf(error, SCENARIO_ERROR_MAX, "%s/claims.txt:%u: ", c->dir, line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error + n, SCENARIO_ERROR_MAX - n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- cells ------------------------------------------------------------------------- */

static int cell_line(struct claims *c, char **rest, u32 line, char *error)
{
	struct claims_cell *cell = &c->cell[c->nr_cells];
	char *name = strtok_r(NULL, " \t", rest), *scenario = strtok_r(NULL, " \t", rest), *word;

	if (!scenario || c->nr_cells == CLAIMS_CELLS)
		return wrong(error, c, line, "write it as: cell NAME SCENARIO [WORD=VALUE]...");
	snprintf(cell->name, sizeof(cell->name), "%s", name);
	snprintf(cell->scenario, sizeof(cell->scenario), "%s", scenario);
	while ((word = strtok_r(NULL, " \t", rest))) {
		char *kept = cell->word[cell->nr_words];

		if (cell->nr_words == CLAIMS_WORDS || !strchr(word, '='))
			return wrong(error, c, line, "'%s': not WORD=VALUE, or too many", word);
		if (!strncmp(word, "sched=", 6)) {
			snprintf(cell->sched, sizeof(cell->sched), "%s", word + 6);
		} else if (!strncmp(word, "seconds=", 8)) {
			cell->length = atof(word + 8) * 1e9;
		} else if (!strncmp(word, "seeds=", 6)) {
			cell->nr_seeds = MIN(atoi(word + 6), CLAIMS_SEEDS);
		} else {
			snprintf(kept, sizeof(cell->word[0]), "%s", word);
			cell->nr_words++;
			if (strchr(kept, '.') && strchr(kept, '.') < strchr(kept, '='))
				cell->setting[cell->nr_settings++] = kept;
			else
				cell->define[cell->nr_defines++] = kept;
		}
	}
	c->nr_cells++;
	return 0;
}

s_time_t claims_length(const struct claims *c, const struct claims_cell *cell, bool smoke)
{
	return (cell->length ? cell->length : c->length) / (smoke ? c->smoke : 1);
}

static int run_cell(struct claims *c, struct claims_cell *cell, bool smoke, char *error)
{
	char path[400], *text;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s.sim", c->dir, cell->scenario);
	text = file_text(path, FILE_TEXT_USUAL, NULL);
	if (!text) {
		snprintf(error, SCENARIO_ERROR_MAX, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (!cell->nr_seeds) /* who asks for a number needs it */
		cell->nr_seeds = smoke ? 1 : c->nr_seeds;
	cell->result = calloc(cell->nr_seeds, sizeof(*cell->result));
	for (u32 i = 0; i < cell->nr_seeds && !rc; i++) {
		struct scenario_request rq = {
			.name = path, .text = text, .sched = cell->sched[0] ? cell->sched : NULL,
			.settings = cell->setting, .nr_settings = cell->nr_settings,
			.defines = cell->define, .nr_defines = cell->nr_defines, .seed = i + 1,
			.length = claims_length(c, cell, smoke),
		};

		rc = scenario_run(&rq, &cell->result[i], error);
		if (!rc && cell->result[i].ejected) {
			snprintf(error, SCENARIO_ERROR_MAX, "cell %s, seed %u: policy ejected",
				 cell->name, i + 1);
			rc = -EINVAL;
		}
	}
	free(text);
	return rc;
}

/* --- claims ------------------------------------------------------------------------ */

static double metric_of(const struct scenario_result *r, u32 group, const char *metric)
{
	double v = 0;

	scenario_metric(r, group, metric, &v);
	return v;
}

static s64 find_group(const struct claims_cell *cell, const char *name, size_t len)
{
	if (len == 1 && *name == '*')
		return SCENARIO_ALL;
	for (u32 g = 0; g < cell->result[0].nr_groups; g++)
		if (strlen(cell->result[0].group[g].name) == len &&
		    !strncmp(cell->result[0].group[g].name, name, len))
			return g;
	return -1;
}

static int find_cell(struct claims *c, const char *name, size_t len, u32 line, char *error)
{
	for (u32 i = 0; i < c->nr_cells; i++)
		if (strlen(c->cell[i].name) == len && !strncmp(c->cell[i].name, name, len))
			return i;
	return wrong(error, c, line, "'%.*s': no such cell before this line", (int)len, name);
}

/* "group.metric" of t->cell; "*" is any VM, the worst one. */
static int parse_metric(struct claims *c, const char *text, struct claims_term *t, u32 line,
			char *error)
{
	const struct claims_cell *cell = &c->cell[t->cell];
	const char *dot = strchr(text, '.');
	double unused;
	s64 group = dot ? find_group(cell, text, dot - text) : -1;

	if (!dot)
		return wrong(error, c, line, "'%s': write it as VM.METRIC", text);
	if (group < 0)
		return wrong(error, c, line, "'%s': the cell %s has no such VM", text, cell->name);
	t->group = group;
	snprintf(t->metric, sizeof(t->metric), "%s", dot + 1);
	if (!scenario_metric(&cell->result[0], group, t->metric, &unused))
		return wrong(error, c, line, "'%s': no such metric", text);
	return 0;
}

/* "cell/group.metric" */
static int parse_term(struct claims *c, const char *text, struct claims_term *t, u32 line,
		      char *error)
{
	const char *slash = strchr(text, '/');
	int cell;

	if (!slash)
		return wrong(error, c, line, "'%s': write it as CELL/VM.METRIC", text);
	cell = find_cell(c, text, slash - text, line, error);
	if (cell < 0)
		return cell;
	t->cell = cell;
	return parse_metric(c, slash + 1, t, line, error);
}

static double parse_bound(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	return !strcmp(end, "us") ? n * 1e3 : !strcmp(end, "ms") ? n * 1e6 :
	       !strcmp(end, "%") ? n / 100 : n;
}

static int by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double mean_of(const struct claims *c, const struct claims_term *t)
{
	const struct claims_cell *cell = &c->cell[t->cell];
	double sum = 0;

	for (u32 i = 0; i < cell->nr_seeds; i++)
		sum += metric_of(&cell->result[i], t->group, t->metric);
	return sum / cell->nr_seeds;
}

/* Root of the mean square over the seeds. */
static double rms_of(const struct claims *c, const struct claims_term *t)
{
	const struct claims_cell *cell = &c->cell[t->cell];
	double sum = 0;

	for (u32 i = 0; i < cell->nr_seeds; i++) {
		double v = metric_of(&cell->result[i], t->group, t->metric);

		sum += v * v;
	}
	return sqrt(sum / cell->nr_seeds);
}

/* Least squares through (log time, log rms). */
static double slope_of(const struct claims *c, const struct claims_claim *k)
{
	double x = 0, y = 0, xx = 0, xy = 0, n = k->nr_terms;

	for (u32 i = 0; i < k->nr_terms; i++) {
		double a = log(c->cell[k->term[i].cell].result[0].length);
		double b = log(MAX(rms_of(c, &k->term[i]), 1e-12));

		x += a;
		y += b;
		xx += a * a;
		xy += a * b;
	}
	return (n * xy - x * y) / (n * xx - x * x);
}

static void take_median(const struct claims *c, struct claims_claim *k)
{
	const struct claims_cell *cell = &c->cell[k->term[0].cell];
	double v[CLAIMS_SEEDS];
	u32 n = cell->nr_seeds;

	for (u32 i = 0; i < n; i++)
		v[i] = metric_of(&cell->result[i], k->term[0].group, k->term[0].metric);
	qsort(v, n, sizeof(*v), by_double);
	k->value = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	k->low = v[0];
	k->high = v[n - 1];
}

static void judge(struct claims *c, struct claims_claim *k)
{
	if (k->shape == CLAIM_VALUE) {
		take_median(c, k);
	} else if (k->shape == CLAIM_SLOPE) {
		k->value = k->low = k->high = slope_of(c, k);
	} else {
		double below = mean_of(c, &k->term[1]);

		k->value = k->low = k->high = below ? mean_of(c, &k->term[0]) / below : 1e12;
	}
	k->met = k->at_least ? k->value >= k->bound : k->value <= k->bound;
	if (k->kind == CLAIM_DIFFERS) /* its page says why it does not hold here */
		k->met = !k->met;
	else if (k->kind == CLAIM_REPORT)
		k->met = true;
}

/* VM.METRIC CELL CELL...; the word behind them. */
static int slope_words(struct claims *c, struct claims_claim *k, char **save, char **op, u32 line,
		       char *error)
{
	char *what = strtok_r(NULL, " \t", save), *word;
	int rc = 0;

	k->shape = CLAIM_SLOPE;
	while ((word = strtok_r(NULL, " \t", save)) && *word != '>' && *word != '<') {
		int cell = find_cell(c, word, strlen(word), line, error);

		if (cell < 0)
			return cell;
		if (k->nr_terms == CLAIMS_SLOPE_CELLS)
			return wrong(error, c, line, "more than %d cells", CLAIMS_SLOPE_CELLS);
		k->term[k->nr_terms].cell = cell;
		rc = parse_metric(c, what, &k->term[k->nr_terms++], line, error);
		if (rc)
			return rc;
	}
	*op = word;
	return k->nr_terms >= 2 ? 0 : wrong(error, c, line, "write it as: slope VM.METRIC CELL CELL...");
}

/* TERM, TERM / TERM, or a slope; *@op: the word behind. */
static int claim_terms(struct claims *c, struct claims_claim *k, char *rest, char **save, char **op,
		       u32 line, char *error)
{
	char *word = strtok_r(rest, " \t", save);
	int rc;

	if (word && !strcmp(word, "slope"))
		return slope_words(c, k, save, op, line, error);
	rc = word ? parse_term(c, word, &k->term[0], line, error) :
	     wrong(error, c, line, "a claim is missing");
	k->nr_terms = 1;
	*op = strtok_r(NULL, " \t", save);
	if (rc || !*op || strcmp(*op, "/"))
		return rc;
	word = strtok_r(NULL, " \t", save);
	if (!word)
		return wrong(error, c, line, "what is it divided by?");
	k->shape = CLAIM_RATIO;
	k->nr_terms = 2;
	*op = NULL;
	rc = parse_term(c, word, &k->term[1], line, error);
	*op = strtok_r(NULL, " \t", save);
	return rc;
}

/* expect TERM [/ TERM] >=|<= BOUND */
static int claim_line(struct claims *c, enum claims_kind kind, char *rest, u32 line, char *error)
{
	struct claims_claim *k = &c->claim[c->nr_claims];
	char *save, *op = NULL, *bound;
	int rc;

	if (c->nr_claims == CLAIMS_MAX)
		return wrong(error, c, line, "too many claims");
	*k = (struct claims_claim){ .kind = kind };
	snprintf(k->text, sizeof(k->text), "%s", rest + strspn(rest, " \t"));
	snprintf(k->paper, sizeof(k->paper), "%s", c->paper);
	rc = claim_terms(c, k, rest, &save, &op, line, error);
	if (rc)
		return rc;
	bound = strtok_r(NULL, " \t", &save);
	if (kind != CLAIM_REPORT && (!op || !bound || (strcmp(op, ">=") && strcmp(op, "<="))))
		return wrong(error, c, line, "write it as: TERM [/ TERM] >=|<= BOUND");
	if (kind != CLAIM_REPORT) {
		k->at_least = *op == '>';
		k->bound = parse_bound(bound);
	}
	judge(c, k);
	c->nr_claims++;
	return 0;
}

/* --- the file ---------------------------------------------------------------------- */

static int plot_line(struct claims *c, char *rest, u32 line, char *error)
{
	char *save, *what = strtok_r(rest, " \t", &save);

	if (!what || c->nr_plots == CLAIMS_PLOTS)
		return wrong(error, c, line, "write it as: plot VM.METRIC LABEL");
	snprintf(c->plot[c->nr_plots][0], sizeof(c->plot[0][0]), "%s", what);
	snprintf(c->plot[c->nr_plots++][1], sizeof(c->plot[0][1]), "%s", save);
	return 0;
}

static int one_line(struct claims *c, char *text, u32 line, bool smoke, char *error)
{
	char *rest, *word = strtok_r(text, " \t", &rest);
	int rc;

	if (!word || *word == '#')
		return 0;
	if (!strcmp(word, "cell")) {
		rc = cell_line(c, &rest, line, error);
		return rc ? rc : run_cell(c, &c->cell[c->nr_cells - 1], smoke, error);
	}
	if (!strcmp(word, "expect"))
		return claim_line(c, CLAIM_EXPECT, rest, line, error);
	if (!strcmp(word, "control"))
		return claim_line(c, CLAIM_CONTROL, rest, line, error);
	if (!strcmp(word, "differs"))
		return claim_line(c, CLAIM_DIFFERS, rest, line, error);
	if (!strcmp(word, "report"))
		return claim_line(c, CLAIM_REPORT, rest, line, error);
	if (!strcmp(word, "plot"))
		return plot_line(c, rest, line, error);
	if (!strcmp(word, "paper"))
		snprintf(c->paper, sizeof(c->paper), "%s", strcmp(rest, "-") ? rest : "");
	else if (!strcmp(word, "title"))
		snprintf(c->title, sizeof(c->title), "%s", rest);
	else if (!strcmp(word, "seeds"))
		c->nr_seeds = MIN(MAX(atoi(rest), 1), CLAIMS_SEEDS);
	else if (!strcmp(word, "smoke"))
		c->smoke = MAX(atoi(rest), 1);
	else if (!strcmp(word, "seconds"))
		c->length = atof(rest) * 1e9;
	else
		return wrong(error, c, line, "'%s' is none of: title, seeds, seconds, smoke, cell, paper, "
					     "expect, control, differs, report, plot", word);
	return 0;
}

int claims_run(struct claims *c, const char *dir, bool smoke, char error[SCENARIO_ERROR_MAX])
{
	char path[300], *text, *at, *next;
	int rc = 0;

	*c = (struct claims){ .nr_seeds = 5, .length = 60000000000LL, .smoke = 6 };
	snprintf(c->dir, sizeof(c->dir), "%s", dir);
	snprintf(path, sizeof(path), "%s/claims.txt", dir);
	text = file_text(path, FILE_TEXT_USUAL, NULL);
	if (!text) {
		snprintf(error, SCENARIO_ERROR_MAX, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	at = text;
	for (u32 line = 1; at && !rc; line++, at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		rc = one_line(c, at, line, smoke, error);
	}
	free(text);
	return rc;
}

void claims_free(struct claims *c)
{
	for (u32 i = 0; i < c->nr_cells; i++)
		free(c->cell[i].result);
}

bool claims_value(const struct claims_cell *cell, const char *what, double *mean, double *low,
		  double *high)
{
	const char *dot = strchr(what, '.');
	s64 group = dot ? find_group(cell, what, dot - what) : -1;
	double sum = 0;

	if (group < 0)
		return false;
	for (u32 i = 0; i < cell->nr_seeds; i++) {
		double v = metric_of(&cell->result[i], group, dot + 1);

		sum += v;
		*low = i ? MIN(*low, v) : v;
		*high = i ? MAX(*high, v) : v;
	}
	*mean = sum / cell->nr_seeds;
	return true;
}
