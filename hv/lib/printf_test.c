/* SPDX-License-Identifier: MIT */
/*
 * The formatter against the C library's, conversion by conversion: every flag,
 * width and precision that printf.h promises, on edge values; truncation at
 * every buffer size; and the things the C library does differently (null
 * strings, unknown conversions, pointers).
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "lib/printf.h"
#include "lib/string.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define SAME_AS_LIBC(...)                                                       \
	do {                                                                    \
		char ours[200], libc[200];                                      \
		int n = fmt_snprintf(ours, sizeof(ours), __VA_ARGS__);          \
		cr_assert_eq(n, snprintf(libc, sizeof(libc), __VA_ARGS__));     \
		cr_assert_str_eq(ours, libc);                                   \
	} while (0)

static void check_int_format(const char *fmt)
{
	static const s64 values[] = { 0, 1, -1, 9, 10, 255, -256, INT_MAX, INT_MIN };

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		SAME_AS_LIBC(fmt, (int)values[i]);
}

Test(lib_printf, int_flags_widths_precisions)
{
	static const char *const flags[] = { "", "-", "0", "+", " ", "#", "-0", "+0", "0#" };
	static const char *const widths[] = { "", "1", "7", "23" };
	static const char *const precisions[] = { "", ".", ".0", ".4", ".15" };
	static const char convs[] = "diuxXo";
	char fmt[32];

	for (unsigned f = 0; f < ARRAY_SIZE(flags); f++)
		for (unsigned w = 0; w < ARRAY_SIZE(widths); w++)
			for (unsigned p = 0; p < ARRAY_SIZE(precisions); p++)
				for (const char *c = convs; *c; c++) {
					if (*c == 'o' && strchr(flags[f], '#'))
						continue; /* libc counts the 0 as a digit */
					snprintf(fmt, sizeof(fmt), "[%%%s%s%s%c]", flags[f],
						 widths[w], precisions[p], *c);
					check_int_format(fmt);
				}
}

Test(lib_printf, lengths)
{
	SAME_AS_LIBC("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
	SAME_AS_LIBC("%lld %llu %llX", LLONG_MIN, ULLONG_MAX, 0x123456789abcdefULL);
	SAME_AS_LIBC("%hd %hu %hhd %hhu %hhx", 70000, 70000, 300, 300, -1);
	SAME_AS_LIBC("%zu %zx %jd %td", (size_t)-1, (size_t)4096, (intmax_t)-5, (ptrdiff_t)-7);
	SAME_AS_LIBC("%016lx|%#10x|%-10d|", 0xffff83000000abcdUL, 0xbeef, -42);
}

Test(lib_printf, text)
{
	SAME_AS_LIBC("%s|%10s|%-10s|%.3s|%10.2s|%-6.4s|", "orrery", "ab", "ab", "abcdef", "xyz",
		     "planets");
	SAME_AS_LIBC("%c%c%3c|%-3c|%%", 'a', 'b', 'c', 'd');
	SAME_AS_LIBC("%*d|%-*d|%*d|%.*s|%.*d", 6, 42, 6, 42, -6, 42, 2, "abc", 5, 7);
	SAME_AS_LIBC("plain");
	SAME_AS_LIBC("%s", "");
}

Test(lib_printf, string_without_end_is_bounded_by_precision)
{
	static const char raw[4] = { 'a', 'b', 'c', 'd' };
	char buf[16];

	cr_assert_eq(fmt_snprintf(buf, sizeof(buf), "%.4s", raw), 4);
	cr_assert_str_eq(buf, "abcd");
}

Test(lib_printf, own_rules)
{
	char buf[64];
	const char *volatile nothing = NULL; /* volatile: the compiler would warn */

	fmt_snprintf(buf, sizeof(buf), "%s", nothing);
	cr_assert_str_eq(buf, "(null)");
	fmt_snprintf(buf, sizeof(buf), "%p %p", (void *)0xffff830000001000, NULL);
	cr_assert_str_eq(buf, "0xffff830000001000 0x0");
	fmt_snprintf(buf, sizeof(buf), "%018p", (void *)0x1000);
	cr_assert_str_eq(buf, "0x0000000000001000");
	fmt_snprintf(buf, sizeof(buf), "a %-5y b %d", 7);
	cr_assert_str_eq(buf, "a %-5y b 7");
	fmt_snprintf(buf, sizeof(buf), "end %");
	cr_assert_str_eq(buf, "end %");
	fmt_snprintf(buf, sizeof(buf), "end %5");
	cr_assert_str_eq(buf, "end %5");
}

Test(lib_printf, truncation_at_every_size)
{
	const char *whole = "mfn 0x1234 of dom0";
	char buf[32];

	for (size_t size = 0; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		cr_assert_eq(fmt_snprintf(buf, size, "mfn %#x of %s", 0x1234, "dom0"),
			     (int)strlen(whole));
		if (size) {
			size_t fits = MIN(size - 1, strlen(whole));

			cr_assert(!memcmp(buf, whole, fits) && buf[fits] == '\0');
		}
		cr_assert_eq(buf[size], '#');
	}
}

Test(lib_printf, scnprintf_counts_what_fits)
{
	char buf[8];

	cr_assert_eq(fmt_scnprintf(buf, sizeof(buf), "%s", "0123456789"), 7);
	cr_assert_eq(fmt_scnprintf(buf, sizeof(buf), "%s", "012"), 3);
	cr_assert_eq(fmt_scnprintf(buf, 0, "%s", "012"), 0);
}
