/* SPDX-License-Identifier: MIT */
/*
 * Formatted output; contracts in console.h.  Owns the console lock, the level
 * filter (loglvl=, guest_loglvl=) and the line state.  Every printk is whole
 * lines, each with the prefix "(ORR) "; before console_init() they only reach
 * the ring, which then is sent.  Formatting happens in one static buffer under
 * the lock: no stack is spent and no two lines mix.  Does not know the UART
 * (serial.c), nor who reads the ring (ring.c).
 */
#include "console/console.h"

#include "console/input.h"
#include "console/internal.h"
#include "console/levels.h"
#include "console/lock.h"
#include "console/serial.h"
#include "domain/domain.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/spinlock.h"
#include "lib/string.h"

#define PREFIX "(ORR) "
#define LINE_BYTES 1024
#define GUEST_LINES_PER_DOMAIN 64

static spinlock_t lock = SPINLOCK_INIT;
static bool lock_broken;
static bool port_open;
static bool line_open;        /* the last byte sent did not end a line */
static domid_t line_owner;    /* whose text that was */
static char line[LINE_BYTES];

static int log_threshold = LOG_INFO;      /* print levels <= this */
static int guest_threshold = LOG_WARNING; /* -1: none */
static bool guest_unlimited;
static bool console_to_ring;
CMDLINE_BOOL("console_to_ring", console_to_ring);

static const char *const level_names[] = { "none", "error", "warning", "info", "debug", "all" };

/* One level name; Xen's lower/upper form counts up to the upper one. */
static int parse_level(const char *value, int *threshold, bool *all)
{
	const char *slash = strchr(value, '/');

	if (slash)
		value = slash + 1;
	for (unsigned i = 0; i < ARRAY_SIZE(level_names); i++)
		if (!strcmp(value, level_names[i])) {
			*threshold = (int)i - 1;
			*all = i == ARRAY_SIZE(level_names) - 1;
			return 0;
		}
	return -EINVAL;
}

static int parse_loglvl(const char *value)
{
	bool all;

	return parse_level(value, &log_threshold, &all);
}
CMDLINE_CUSTOM("loglvl", parse_loglvl, "none, error, warning, info, debug, all");

static int parse_guest_loglvl(const char *value)
{
	return parse_level(value, &guest_threshold, &guest_unlimited);
}
CMDLINE_CUSTOM("guest_loglvl", parse_guest_loglvl, "none, error, warning, info, debug, all");

const char *console_level_text(const char *option)
{
	if (!strcmp(option, "loglvl"))
		return level_names[log_threshold + 1];
	if (!strcmp(option, "guest_loglvl"))
		return level_names[guest_threshold + 1];
	return "";
}

unsigned long console_lock(void)
{
	unsigned long flags = irq_save();

	if (!lock_broken)
		spin_lock(&lock);
	return flags;
}

void console_unlock(unsigned long flags)
{
	if (!lock_broken)
		spin_unlock(&lock);
	irq_restore(flags);
}

void console_break_lock(void)
{
	lock_broken = true;
}

/* Everything written passes here.  @pre lock held, n > 0 */
static void emit(domid_t owner, const char *s, size_t n, bool to_ring)
{
	if (line_open && owner != line_owner) {
		serial_write("\n", 1);
		if (to_ring)
			ring_put("\n", 1);
	}
	serial_write(s, n);
	if (to_ring)
		ring_put(s, n);
	line_open = s[n - 1] != '\n';
	line_owner = owner;
}

/* The text in `line`, line by line, each with @prefix and a newline. */
static void emit_lines(const char *prefix)
{
	const char *s = line;

	do {
		const char *end = strchr(s, '\n');
		size_t n = end ? end - s : strlen(s);

		emit(DOMID_XEN, prefix, strlen(prefix), true);
		if (n)
			emit(DOMID_XEN, s, n, true);
		emit(DOMID_XEN, "\n", 1, true);
		s += n + (end != NULL);
	} while (*s);
}

void printk(enum log_level level, const char *fmt, ...)
{
	unsigned long flags;
	va_list ap;

	if ((int)level > log_threshold)
		return;
	flags = console_lock();
	va_start(ap, fmt);
	fmt_vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	emit_lines(PREFIX);
	console_unlock(flags);
	console_notify();
}

/* May one more line about @id go out?  Each domain has a budget, then every doubling shows. */
static bool guest_line_allowed(domid_t id, u32 *total)
{
	static u32 lines_of[64]; /* by id modulo 64: a limit, not an account */

	*total = __atomic_add_fetch(&lines_of[id % ARRAY_SIZE(lines_of)], 1, __ATOMIC_RELAXED);
	return guest_unlimited || *total <= GUEST_LINES_PER_DOMAIN || !(*total & (*total - 1));
}

void guest_log(const struct domain *d, const char *fmt, ...)
{
	unsigned long flags;
	va_list ap;
	u32 total;
	size_t n;

	if (guest_threshold < LOG_WARNING || !guest_line_allowed(d->id, &total))
		return;
	flags = console_lock();
	n = fmt_scnprintf(line, sizeof(line), "d%u: ", d->id);
	va_start(ap, fmt);
	fmt_vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	va_end(ap);
	emit_lines(PREFIX);
	if (!guest_unlimited && total == GUEST_LINES_PER_DOMAIN) {
		fmt_snprintf(line, sizeof(line), "d%u: further lines mostly not shown; "
			     "guest_loglvl=all shows them", d->id);
		emit_lines(PREFIX);
	}
	console_unlock(flags);
	console_notify();
}

void console_write_raw(const char *s, size_t n)
{
	unsigned long flags;

	if (!n)
		return;
	flags = console_lock();
	emit(0, s, n, console_to_ring);
	console_unlock(flags);
	if (console_to_ring)
		console_notify();
}

bool console_guests_may_write(void)
{
	return guest_threshold >= LOG_INFO;
}

void console_write_guest(domid_t id, const char *s, size_t n)
{
	unsigned long flags = console_lock();

	while (n) {
		size_t piece = MIN(strnlen(s, n), n);
		const char *end;

		if (!line_open || line_owner != id) {
			int len = fmt_snprintf(line, sizeof(line), "(d%u) ", id);

			emit(id, line, len, true);
		}
		for (end = s; end < s + piece && *end != '\n'; end++)
			;
		piece = end < s + piece ? end - s + 1 : piece;
		if (!piece) { /* a zero byte: skip it */
			s++;
			n--;
			continue;
		}
		emit(id, s, piece, true);
		s += piece;
		n -= piece;
	}
	console_unlock(flags);
	console_notify();
}

void console_init(void)
{
	unsigned long flags = console_lock();

	if (!port_open && serial_init()) {
		port_open = true;
		for (unsigned i = 0; i < 2; i++) {
			size_t n;
			const char *s = ring_piece(i, &n);

			serial_write(s, n);
		}
	}
	console_unlock(flags);
}
