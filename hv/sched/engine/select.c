/* SPDX-License-Identifier: MIT */
/*
 * Which policy, with which tunables: read from the command line.
 *
 *   sched=NAME                  the policy of pool 0
 *   sched.NAME.TUNABLE=VALUE    a tunable of that policy, in any pool that runs it
 *   sched_credit_tslice_ms=N, sched_ratelimit_us=N   as Xen's options
 *
 * Anything wrong costs one line that says what would be right, and the default.
 */
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"

#define WORD_BYTES 128

static const struct {
	const char *word, *policy, *tunable;
} xen_words[] = {
	{ "sched_credit_tslice_ms", "credit", "tslice_ms" },
	{ "sched_ratelimit_us", "credit", "ratelimit_us" },
	{ "sched_ratelimit_us", "credit2", "ratelimit_us" },
};

/* A tunable's setting found in a word: for which policy (not ended), which tunable, what. */
struct setting {
	const char *policy, *tunable, *value;
	size_t policy_len;
};

/* Splits @word in place. */
static bool parse_setting(char *word, struct setting *s)
{
	char *dot, *equals = strchr(word, '=');

	if (!equals || strncmp(word, "sched.", 6))
		return false;
	*equals = '\0';
	s->policy = word + 6;
	s->value = equals + 1;
	dot = strchr(s->policy, '.');
	s->policy_len = dot ? (size_t)(dot - s->policy) : strlen(s->policy);
	s->tunable = dot ? dot + 1 : "";
	return true;
}

static bool names(const struct setting *s, const struct sched_policy *policy)
{
	return strlen(policy->name) == s->policy_len &&
	       !strncmp(s->policy, policy->name, s->policy_len);
}

static int parse_value(const char *text, s64 *value)
{
	bool negative = *text == '-';
	const char *end;
	u64 n = parse_u64(text + negative, &end, 0);

	if (end == text + negative || *end || n > INT64_MAX)
		return -EINVAL;
	*value = negative ? -(s64)n : (s64)n;
	return 0;
}

size_t sched_tunable_names(const struct policy_tunable *t, u32 nr, char *buf, size_t size)
{
	size_t n = 0;

	if (size)
		buf[0] = '\0';
	for (u32 i = 0; i < nr; i++)
		n += fmt_scnprintf(buf + n, size - n, "%s%s (%ld..%ld)", i ? ", " : "", t[i].name,
				   (long)t[i].min, (long)t[i].max);
	return n;
}

static void apply(const struct sched_policy *policy, const struct setting *s, s64 *values)
{
	const struct policy_tunable *t;
	char known[256];
	s64 value, old;
	u32 i;

	t = sched_tunable_find(policy->tunables, policy->nr_tunables, s->tunable, &i);
	if (!t) {
		sched_tunable_names(policy->tunables, policy->nr_tunables, known, sizeof(known));
		seam_log("sched.%s.%s: no such tunable; %s has: %s", policy->name, s->tunable,
			 policy->name, known[0] ? known : "none");
		return;
	}
	if (parse_value(s->value, &value) || value < t->min || value > t->max) {
		seam_log("sched.%s.%s=%s: not a number from %ld to %ld; keeping %ld", policy->name,
			 s->tunable, s->value, (long)t->min, (long)t->max, (long)values[i]);
		return;
	}
	old = values[i];
	values[i] = value;
	if (policy->check_tunables(values)) {
		seam_log("sched.%s.%s=%s: does not go with the other tunables; keeping %ld",
			 policy->name, s->tunable, s->value, (long)old);
		values[i] = old;
	}
}

static void apply_xen_word(const struct sched_policy *policy, const char *word, s64 *values)
{
	for (size_t i = 0; i < ARRAY_SIZE(xen_words); i++) {
		size_t len = strlen(xen_words[i].word);
		struct setting s = { .tunable = xen_words[i].tunable };

		if (strncmp(word, xen_words[i].word, len) || word[len] != '=' ||
		    strcmp(policy->name, xen_words[i].policy))
			continue;
		s.value = word + len + 1;
		apply(policy, &s, values);
	}
}

static void read_settings(const char *line, const struct sched_policy *policy, bool xen_words_too,
			  s64 *values)
{
	char word[WORD_BYTES];
	struct setting s;
	bool truncated;

	for (u32 i = 0; i < policy->nr_tunables; i++)
		values[i] = policy->tunables[i].initial;
	while ((line = cmdline_next_word(line, word, sizeof(word), &truncated))) {
		if (!strcmp(word, "--"))
			break;
		if (xen_words_too)
			apply_xen_word(policy, word, values);
		if (!truncated && parse_setting(word, &s) && names(&s, policy))
			apply(policy, &s, values);
	}
}

void sched_tunables_from_line(const char *line, const struct sched_policy *policy, s64 *values)
{
	read_settings(line, policy, true, values);
}

static void unknown_policy(const char *word, const char *name, size_t len, const char *then)
{
	char known[SCHED_MAX_POLICIES * 18];

	sched_policy_names(known, sizeof(known));
	seam_log("%s: no scheduler '%.*s'; known: %s%s", word, (int)len, name, known, then);
}

/* Settings for policies that do not exist; and those for policies other than @chosen, whose own are
 * checked when it starts. */
static void check_settings(const char *line, const struct sched_policy *chosen)
{
	s64 values[POLICY_MAX_TUNABLES];
	const struct sched_policy *p;
	char word[WORD_BYTES];
	struct setting s;
	const char *at = line;
	bool truncated;

	while ((at = cmdline_next_word(at, word, sizeof(word), &truncated))) {
		bool known = false;

		if (!strcmp(word, "--"))
			break;
		if (truncated || !parse_setting(word, &s))
			continue;
		for (unsigned i = 0; sched_policy_at(i); i++)
			known |= names(&s, sched_policy_at(i));
		if (!known)
			unknown_policy("sched.NAME.tunable", s.policy, s.policy_len, "; ignored");
	}
	for (unsigned i = 0; (p = sched_policy_at(i)); i++)
		if (p != chosen)
			read_settings(line, p, false, values);
}

const struct sched_policy *sched_policy_from_line(const char *line, const char *preferred)
{
	const struct sched_policy *chosen = sched_policy_by_name(preferred);
	char word[WORD_BYTES], then[64];
	const char *at = line;
	bool truncated;

	if (!chosen)
		chosen = sched_policy_at(0);
	if (!chosen)
		chosen = &sched_fallback;
	while ((at = cmdline_next_word(at, word, sizeof(word), &truncated))) {
		const struct sched_policy *named;

		if (!strcmp(word, "--"))
			break;
		if (strncmp(word, "sched=", 6))
			continue;
		named = sched_policy_by_name(word + 6);
		fmt_snprintf(then, sizeof(then), "; using %s", chosen->name);
		if (named)
			chosen = named;
		else
			unknown_policy("sched=", word + 6, strlen(word + 6), then);
	}
	check_settings(line, chosen);
	return chosen;
}
