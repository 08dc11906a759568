/* SPDX-License-Identifier: MIT */
/*
 * Command-line parser; rules and contracts in cmdline.h.  A word is cut out,
 * split at its first '=', looked up in the option table and handed to the
 * setter of the option's type.  Runs once at boot on one pCPU: no locks.  Does
 * not know any option itself, does not print: faults go to the caller's report
 * function.
 */
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"

#define WORD_MAX 256
#define REPORT_MAX 400

struct parse_state {
	const struct cmdline_option *const *table;
	size_t count;
	cmdline_report_fn report;
};

/* One "name" or "name=value" as it was given. */
struct given {
	const char *name;
	const char *value; /* "" if there was no '=' */
	bool has_value;
	bool negated;      /* the name was found behind "no-" */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *cmdline_next_word(const char *line, char *word, size_t size, bool *truncated)
{
	char quote = 0;
	size_t n = 0;

	*truncated = false;
	while (is_blank(*line))
		line++;
	if (!*line)
		return NULL;
	for (; *line && (quote || !is_blank(*line)); line++) {
		if (*line == quote) {
			quote = 0;
		} else if (!quote && (*line == '"' || *line == '\'')) {
			quote = *line;
		} else if (n + 1 < size) {
			word[n++] = *line;
		} else {
			*truncated = true;
		}
	}
	word[n] = '\0';
	return line;
}

static void report(const struct parse_state *ps, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void report(const struct parse_state *ps, const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list ap;

	va_start(ap, fmt);
	fmt_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ps->report(text);
}

static const struct cmdline_option *find_option(const struct parse_state *ps, const char *name)
{
	for (size_t i = 0; i < ps->count; i++)
		if (ps->table[i]->type == CMDLINE_TYPE_PREFIX ?
		    !strncmp(ps->table[i]->name, name, ps->table[i]->max) :
		    !strcmp(ps->table[i]->name, name))
			return ps->table[i];
	return NULL;
}

static void set_bool(const struct parse_state *ps, const struct cmdline_option *opt,
		     const struct given *g)
{
	int value = g->has_value ? parse_bool(g->value) : 1;

	if (value < 0) {
		report(ps, "option %s: '%s' is not yes or no; ignored", opt->name, g->value);
		return;
	}
	*(bool *)opt->var = value != g->negated;
}

static void set_uint(const struct parse_state *ps, const struct cmdline_option *opt,
		     const struct given *g)
{
	const char *end;
	u64 value = parse_u64(g->value, &end, 0);

	if (end == g->value || *end || value < opt->min || value > opt->max) {
		report(ps, "option %s: '%s' is not a number from %lu to %lu; keeping %u",
		       opt->name, g->value, opt->min, opt->max, *(unsigned *)opt->var);
		return;
	}
	*(unsigned *)opt->var = value;
}

/* Bytes in the largest unit that divides them, for reports. */
static const char *size_text(char *buf, size_t len, u64 bytes)
{
	static const char units[] = "BKMGT";
	unsigned unit = 0;

	while (unit < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	fmt_snprintf(buf, len, "%lu%c", bytes, units[unit]);
	return buf;
}

static void set_size(const struct parse_state *ps, const struct cmdline_option *opt,
		     const struct given *g)
{
	char low[24], high[24], kept[24];
	const char *end = "";
	u64 bytes = 0;

	if (parse_size(g->value, &end, &bytes) || *end || bytes < opt->min || bytes > opt->max) {
		report(ps, "option %s: '%s' is not a size from %s to %s; keeping %s",
		       opt->name, g->value, size_text(low, sizeof(low), opt->min),
		       size_text(high, sizeof(high), opt->max),
		       size_text(kept, sizeof(kept), *(u64 *)opt->var));
		return;
	}
	*(u64 *)opt->var = bytes;
}

static void set_text(const struct parse_state *ps, const struct cmdline_option *opt,
		     const struct given *g)
{
	if (strlen(g->value) > opt->max) {
		report(ps, "option %s: longer than %lu characters; keeping '%s'", opt->name,
		       opt->max, (const char *)opt->var);
		return;
	}
	strlcpy(opt->var, g->value, opt->max + 1);
}

static void set_custom(const struct parse_state *ps, const struct cmdline_option *opt,
		       const struct given *g)
{
	const char *value = g->negated ? "no" : g->value;

	if (opt->parse(value))
		report(ps, "option %s: '%s' is not understood (allowed: %s); ignored", opt->name,
		       value, opt->allowed);
}

/* Does the option take what was given in this form? */
static bool form_ok(const struct cmdline_option *opt, const struct given *g)
{
	switch (opt->type) {
	case CMDLINE_TYPE_BOOL:
		return true;
	case CMDLINE_TYPE_CUSTOM:
		return !g->negated || !g->has_value;
	default:
		return g->has_value && !g->negated;
	}
}

static void apply(const struct parse_state *ps, const struct cmdline_option *opt,
		  const struct given *g)
{
	static void (*const setters[])(const struct parse_state *, const struct cmdline_option *,
				       const struct given *) = {
		[CMDLINE_TYPE_BOOL] = set_bool,
		[CMDLINE_TYPE_UINT] = set_uint,
		[CMDLINE_TYPE_SIZE] = set_size,
		[CMDLINE_TYPE_TEXT] = set_text,
		[CMDLINE_TYPE_CUSTOM] = set_custom,
		[CMDLINE_TYPE_PREFIX] = NULL,
	};

	if (!form_ok(opt, g)) {
		report(ps, "option %s%s: write it as %s=VALUE; ignored", g->negated ? "no-" : "",
		       g->name, g->name);
		return;
	}
	if (setters[opt->type])
		setters[opt->type](ps, opt, g);
}

static void parse_word(const struct parse_state *ps, char *word)
{
	struct given g = { .name = word, .value = "" };
	const struct cmdline_option *opt;
	char *equals = strchr(word, '=');

	if (equals) {
		*equals = '\0';
		g.value = equals + 1;
		g.has_value = true;
	}
	opt = find_option(ps, g.name);
	if (!opt && !strncmp(g.name, "no-", 3)) {
		g.name += 3;
		g.negated = true;
		opt = find_option(ps, g.name);
	}
	if (!opt) {
		report(ps, "unknown option '%s'; ignored", word);
		return;
	}
	apply(ps, opt, &g);
}

const char *cmdline_parse_table(const char *line, const struct cmdline_option *const *table,
				size_t n, cmdline_report_fn report_fn)
{
	struct parse_state ps = { table, n, report_fn };
	char word[WORD_MAX];
	bool truncated;

	while ((line = cmdline_next_word(line, word, sizeof(word), &truncated))) {
		if (truncated) {
			report(&ps, "option '%.40s...' is longer than %d characters; ignored",
			       word, WORD_MAX - 1);
			continue;
		}
		if (!strcmp(word, "--")) {
			while (is_blank(*line))
				line++;
			return line;
		}
		parse_word(&ps, word);
	}
	return NULL;
}

/* The linker bounds the table (in the hypervisor: x86/hv.lds); without options there is none. */
extern const struct cmdline_option *const __start_cmdline_options[] __attribute__((weak));
extern const struct cmdline_option *const __stop_cmdline_options[] __attribute__((weak));

const char *cmdline_parse(const char *line, cmdline_report_fn report_fn)
{
	return cmdline_parse_table(line, __start_cmdline_options,
				   __stop_cmdline_options - __start_cmdline_options, report_fn);
}
