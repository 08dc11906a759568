/* SPDX-License-Identifier: MIT */
/*
 * Normalising and counting kernel messages (logdiff.h).  A number is a run of
 * digits, a 0x... word, or a word of four or more hexadecimal digits with at least
 * one decimal digit in it; each becomes '#'.  Used by the stack test through
 * `orrery logdiff` (logdiff_command.c).
 */
#include "bench/runner/logdiff.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_address(const char *word, size_t len)
{
	bool digit = false;

	if (len > 2 && word[0] == '0' && word[1] == 'x')
		return true;
	for (size_t i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)word[i]))
			return false;
		digit |= isdigit((unsigned char)word[i]) != 0;
	}
	return digit && len >= 4;
}

/* Copy a word with its numbers replaced; returns where the copy ends. */
static char *put_word(char *to, const char *word, size_t len)
{
	if (is_address(word, len)) {
		*to++ = '#';
		return to;
	}
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)word[i]))
			*to++ = word[i];
		else if (!i || !isdigit((unsigned char)word[i - 1]))
			*to++ = '#';
	}
	return to;
}

char *logdiff_normalise(const char *line)
{
	const char *level_end = strchr(line, '>');
	char *out = malloc(strlen(line) + 1), *to = out;
	int64_t ns;
	size_t at;

	if (!out)
		abort();
	if (*line == '<' && level_end) {
		memcpy(to, line, level_end + 1 - line);
		to += level_end + 1 - line;
		line = level_end + 1;
	}
	if (console_printk_stamp(line, strlen(line), &ns, &at))
		line += at;
	while (*line) {
		size_t len = 0;

		while (isalnum((unsigned char)line[len]))
			len++;
		if (!len)
			*to++ = *line++;
		to = put_word(to, line, len);
		line += len;
	}
	*to = 0;
	return out;
}

static struct logdiff_line *line_of(struct logdiff *d, char *text)
{
	for (size_t i = 0; i < d->nr; i++)
		if (!strcmp(d->lines[i].text, text)) {
			free(text);
			return &d->lines[i];
		}
	d->lines = realloc(d->lines, (d->nr + 1) * sizeof(*d->lines));
	if (!d->lines)
		abort();
	d->lines[d->nr] = (struct logdiff_line){ .text = text };
	return &d->lines[d->nr++];
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct logdiff_line *)a)->text,
		      ((const struct logdiff_line *)b)->text);
}

void logdiff_compare(struct logdiff *d, const struct console_log *peer,
		     const struct console_log *ours)
{
	*d = (struct logdiff){ 0 };
	for (size_t i = 0; i < peer->nr_klog; i++)
		line_of(d, logdiff_normalise(peer->klog[i]))->peer++;
	for (size_t i = 0; i < ours->nr_klog; i++)
		line_of(d, logdiff_normalise(ours->klog[i]))->ours++;
	if (d->nr)
		qsort(d->lines, d->nr, sizeof(*d->lines), by_text);
}

void logdiff_free(struct logdiff *d)
{
	for (size_t i = 0; i < d->nr; i++)
		free(d->lines[i].text);
	free(d->lines);
}
