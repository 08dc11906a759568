/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line, in Xen's style: words separated by blanks,
 * each `name` or `name=value`, values quoted by " or ' where they hold blanks.
 * A file declares its options with the macros below, next to the variables
 * they set; nothing else needs to know them.  Parsing runs once, early in boot,
 * on one pCPU: no locks, no allocation.  A bad line is never fatal: each fault
 * is reported in one line and the option keeps its default.
 *
 *  - boolean `foo`: foo, foo=yes|on|true|enable|1, foo=no|off|false|disable|0, no-foo
 *  - number: decimal, 0x hexadecimal or octal
 *  - size: number with suffix B, K, M, G, T; KiB without (as Xen does)
 *  - an option given twice: the later one wins
 *  - a lone `--` ends our part; the rest belongs to somebody else (Dom0's kernel)
 */
#ifndef ORRERY_LIB_CMDLINE_H
#define ORRERY_LIB_CMDLINE_H

#include "lib/types.h"

enum cmdline_type {
	CMDLINE_TYPE_BOOL,   /* bool */
	CMDLINE_TYPE_UINT,   /* unsigned, within [min, max] */
	CMDLINE_TYPE_SIZE,   /* u64 bytes, within [min, max] */
	CMDLINE_TYPE_TEXT,   /* char[max + 1] */
	CMDLINE_TYPE_CUSTOM, /* parse() */
	CMDLINE_TYPE_PREFIX, /* any name that begins so: somebody else reads the line for it */
};

struct cmdline_option {
	const char *name;
	enum cmdline_type type;
	void *var;
	u64 min, max;
	/* Custom: the value, "" if there was none, "no" for no-NAME.  0, or -errno: reported
	 * with @allowed.  Called once for each time the option is given. */
	int (*parse)(const char *value);
	const char *allowed; /* custom: which values are good, for the report */
};

#define CMDLINE_NAME_(line) cmdline_option_##line
#define CMDLINE_NAME(line) CMDLINE_NAME_(line)
#define CMDLINE_PTR_(line) cmdline_option_ptr_##line
#define CMDLINE_PTR(line) CMDLINE_PTR_(line)
#define CMDLINE_REGISTER(...)                                                   \
	static const struct cmdline_option CMDLINE_NAME(__LINE__) = { __VA_ARGS__ }; \
	static const struct cmdline_option *const CMDLINE_PTR(__LINE__)         \
		__attribute__((used, section("cmdline_options"))) = &CMDLINE_NAME(__LINE__)

/* At most one of these a source line. @variable is the object itself, not its address. */
#define CMDLINE_BOOL(text, variable)                                            \
	_Static_assert(__builtin_types_compatible_p(__typeof__(variable), bool), text); \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_BOOL, .var = &(variable))
#define CMDLINE_UINT(text, variable, lowest, highest)                           \
	_Static_assert(__builtin_types_compatible_p(__typeof__(variable), unsigned), text); \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_UINT, .var = &(variable), \
			 .min = lowest, .max = highest)
#define CMDLINE_SIZE(text, variable, lowest, highest)                           \
	_Static_assert(__builtin_types_compatible_p(__typeof__(variable), u64), text); \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_SIZE, .var = &(variable), \
			 .min = lowest, .max = highest)
#define CMDLINE_TEXT(text, buffer)                                              \
	_Static_assert(__builtin_types_compatible_p(__typeof__(buffer), char[sizeof(buffer)]), text); \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_TEXT, .var = (buffer), \
			 .max = sizeof(buffer) - 1)
#define CMDLINE_CUSTOM(text, function, good_values)                             \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_CUSTOM, .parse = (function), \
			 .allowed = good_values)

/* Every NAME=VALUE whose name begins with @text, at most once a source line: known here, applied by
 * whoever walks the line with cmdline_next_word(). */
#define CMDLINE_PREFIX(text)                                                    \
	CMDLINE_REGISTER(.name = text, .type = CMDLINE_TYPE_PREFIX, .max = sizeof(text) - 1)

/* Gets one line of text without a newline for each fault; the text is gone when it returns. */
typedef void (*cmdline_report_fn)(const char *text);

/*
 * Parse @line against all registered options.  Returns what follows a lone "--"
 * (without leading blanks), or NULL if there is none.  @line is not changed.
 */
const char *cmdline_parse(const char *line, cmdline_report_fn report);

/* The same against a table of @n pointers. */
const char *cmdline_parse_table(const char *line, const struct cmdline_option *const *table,
				size_t n, cmdline_report_fn report);

/*
 * Next word of @line into @word with its quotes removed.  Returns the text after
 * it, or NULL if there was no further word.  *@truncated: it did not fit; the
 * whole word is skipped all the same.
 */
const char *cmdline_next_word(const char *line, char *word, size_t size, bool *truncated);

#endif
