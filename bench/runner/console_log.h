/* SPDX-License-Identifier: MIT */
/*
 * Reading a console log: the marker lines that Dom0's /init prints (their formats
 * are at the top of dom0/image/init) and the kernel's time stamps.  Pure: text in,
 * structure out.  A log is untrusted; lines that do not fit are not markers.
 */
#ifndef ORRERY_RUNNER_CONSOLE_LOG_H
#define ORRERY_RUNNER_CONSOLE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_LOG_MAX_BYTES (256L << 20) /* read of it */

struct console_value {
	char *key, *value;
};

struct console_log {
	struct console_value *values; /* `ORRERY key=value`, in the order of the log */
	size_t nr_values;
	char **klog;                  /* kernel messages, "<LEVEL>[ time] text" */
	size_t nr_klog;
	bool init_started, init_ended;
	bool has_init_tsc, has_end_tsc, has_printk_offset;
	uint64_t init_tsc, end_tsc;
	int64_t printk_offset_ns;     /* add to a printk time to get virtual time */
};

/* Parse @len bytes; never fails.  Free with console_log_free(). */
void console_log_parse(struct console_log *log, const char *text, size_t len);
void console_log_free(struct console_log *log);

/* Value of the last `ORRERY key=`, or NULL. */
const char *console_log_value(const struct console_log *log, const char *key);

/*
 * Time of a line "[ sss.uuuuuu] ..." in nanoseconds, and where its text begins;
 * false if the line does not begin so.
 */
bool console_printk_stamp(const char *line, size_t len, int64_t *ns, size_t *text_at);

#endif
