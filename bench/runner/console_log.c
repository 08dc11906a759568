/* SPDX-License-Identifier: MIT */
/*
 * Parser of console logs (console_log.h).  Markers count only at the start of a
 * line.  Virtual time of kernel lines: /init writes the time-stamp counter into the
 * kernel log, where printk stamps the same moment with its own clock; the difference
 * holds for all kernel lines of that boot.  Used by results.c and logdiff.c.
 */
#include "bench/runner/console_log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *p, size_t len)
{
	char *s = strndup(p, len);

	if (!s)
		abort();
	return s;
}

static void *grown(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array)
		abort();
	return array;
}

/* If the line begins with @prefix, step over it. */
static bool skip(const char **p, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len < n || memcmp(*p, prefix, n))
		return false;
	*p += n;
	*len -= n;
	return true;
}

static bool parse_u64(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s) || v > (UINT64_MAX - 9) / 10)
			return false;
		v = 10 * v + (*s - '0');
	}
	*out = v;
	return true;
}

bool console_printk_stamp(const char *line, size_t len, int64_t *ns, size_t *text_at)
{
	size_t i = 0, digits = 0;
	int64_t seconds = 0, micros = 0;

	if (!len || line[i++] != '[')
		return false;
	while (i < len && line[i] == ' ')
		i++;
	for (; i < len && isdigit((unsigned char)line[i]) && seconds < 1000000000; i++)
		seconds = 10 * seconds + (line[i] - '0');
	if (i >= len || line[i++] != '.')
		return false;
	for (; i < len && isdigit((unsigned char)line[i]) && digits < 6; i++, digits++)
		micros = 10 * micros + (line[i] - '0');
	if (digits != 6 || i >= len || line[i++] != ']')
		return false;
	if (i < len && line[i] == ' ')
		i++;
	*ns = (seconds * 1000000 + micros) * 1000;
	*text_at = i;
	return true;
}

static void add_value(struct console_log *log, const char *p, size_t len)
{
	const char *eq = memchr(p, '=', len);
	struct console_value *v;

	if (!eq || eq == p)
		return;
	log->values = grown(log->values, log->nr_values, sizeof(*log->values));
	v = &log->values[log->nr_values++];
	v->key = copy(p, eq - p);
	v->value = copy(eq + 1, p + len - eq - 1);
	if (!strcmp(v->key, "init-tsc"))
		log->has_init_tsc = parse_u64(v->value, &log->init_tsc);
	else if (!strcmp(v->key, "end-tsc"))
		log->has_end_tsc = parse_u64(v->value, &log->end_tsc);
}

/* Our own line in the kernel log: "orrery: init tsc=N", not a warning. */
static bool take_offset(struct console_log *log, const char *p, size_t len)
{
	const char *stamp = memchr(p, '>', len);
	int64_t printk_ns;
	uint64_t tsc;
	size_t at, rest;
	char *number;
	bool ok;

	if (!stamp)
		return false;
	rest = p + len - ++stamp;
	if (!console_printk_stamp(stamp, rest, &printk_ns, &at))
		return false;
	p = stamp + at;
	rest -= at;
	if (!skip(&p, &rest, "orrery: init tsc="))
		return false;
	number = copy(p, rest);
	ok = parse_u64(number, &tsc) && tsc <= INT64_MAX;
	free(number);
	if (ok) {
		log->has_printk_offset = true;
		log->printk_offset_ns = (int64_t)tsc - printk_ns;
	}
	return true;
}

static void add_klog(struct console_log *log, const char *p, size_t len)
{
	if (!len || *p != '<' || take_offset(log, p, len))
		return;
	log->klog = grown(log->klog, log->nr_klog, sizeof(*log->klog));
	log->klog[log->nr_klog++] = copy(p, len);
}

static void take_line(struct console_log *log, const char *p, size_t len)
{
	while (len && p[len - 1] == '\r')
		len--;
	while (len && *p == '\r')
		p++, len--;
	if (skip(&p, &len, "ORRERY "))
		add_value(log, p, len);
	else if (skip(&p, &len, "ORRERY-KLOG "))
		add_klog(log, p, len);
	else if (skip(&p, &len, "ORRERY-INIT start"))
		log->init_started = true;
	else if (skip(&p, &len, "ORRERY-INIT end"))
		log->init_ended = true;
}

void console_log_parse(struct console_log *log, const char *text, size_t len)
{
	*log = (struct console_log){ 0 };
	while (len) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;

		take_line(log, text, n);
		n += nl != NULL;
		text += n;
		len -= n;
	}
}

void console_log_free(struct console_log *log)
{
	for (size_t i = 0; i < log->nr_values; i++) {
		free(log->values[i].key);
		free(log->values[i].value);
	}
	for (size_t i = 0; i < log->nr_klog; i++)
		free(log->klog[i]);
	free(log->values);
	free(log->klog);
}

const char *console_log_value(const struct console_log *log, const char *key)
{
	for (size_t i = log->nr_values; i-- > 0;)
		if (!strcmp(log->values[i].key, key))
			return log->values[i].value;
	return NULL;
}
