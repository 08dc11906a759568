/* SPDX-License-Identifier: MIT */
/*
 * The command-line parser: words and quotes, every option type with good and
 * bad values, negation, duplicates, the lone "--", over-long words, unknown
 * names; the text of each report is part of the contract with the user.  The
 * options below are registered through the linker section, as real ones are.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "lib/cmdline.h"
#include "lib/string.h"

static bool test_flag, test_dashed;
static unsigned test_number = 7;
static u64 test_bytes = 4ULL << 20;
static char test_name[9] = "buddy";
static char custom_log[64];

static int parse_custom(const char *value)
{
	strcat(custom_log, value);
	strcat(custom_log, ";");
	return strcmp(value, "bad") ? 0 : -EINVAL;
}

CMDLINE_BOOL("test-flag", test_flag);
CMDLINE_BOOL("no-dash", test_dashed);
CMDLINE_UINT("test-number", test_number, 2, 64);
CMDLINE_SIZE("test-bytes", test_bytes, 4096, 1ULL << 30);
CMDLINE_TEXT("test-name", test_name);
CMDLINE_CUSTOM("test-custom", parse_custom, "good, no");
CMDLINE_PREFIX("test-of.");

static char reports[2048];
static unsigned report_count;

static void collect(const char *text)
{
	report_count++;
	strcat(reports, text);
	strcat(reports, "\n");
}

static void parse_quietly(const char *line)
{
	cr_assert_null(cmdline_parse(line, collect));
	cr_assert_str_eq(reports, "");
}

static void parse_with_report(const char *line, const char *expected)
{
	reports[0] = '\0';
	report_count = 0;
	cr_assert_null(cmdline_parse(line, collect));
	cr_assert_eq(report_count, 1);
	cr_assert_str_eq(reports, expected);
}

Test(lib_cmdline, words_and_quotes)
{
	static const char *const expected[] = { "a", "b=c d", "e f", "", "g'h", "i" };
	const char *line = " \ta b=\"c d\" 'e f' '' \"g'h\"\n i ";
	char word[16];
	bool truncated;

	for (unsigned i = 0; i < ARRAY_SIZE(expected); i++) {
		line = cmdline_next_word(line, word, sizeof(word), &truncated);
		cr_assert_not_null(line);
		cr_assert_str_eq(word, expected[i]);
		cr_assert(!truncated);
	}
	cr_assert_null(cmdline_next_word(line, word, sizeof(word), &truncated));
}

Test(lib_cmdline, unclosed_quote_and_long_word)
{
	char word[4];
	bool truncated;
	const char *rest = cmdline_next_word("abcdefg xy", word, sizeof(word), &truncated);

	cr_assert(truncated);
	cr_assert_str_eq(word, "abc");
	cr_assert_str_eq(rest, " xy");
	rest = cmdline_next_word("'a b", word, sizeof(word), &truncated);
	cr_assert_str_eq(word, "a b");
	cr_assert_str_eq(rest, "");
}

Test(lib_cmdline, booleans)
{
	parse_quietly("test-flag");
	cr_assert(test_flag);
	parse_quietly("no-test-flag");
	cr_assert(!test_flag);
	parse_quietly("test-flag=on");
	cr_assert(test_flag);
	parse_quietly("test-flag=off");
	cr_assert(!test_flag);
	parse_quietly("no-test-flag=no");
	cr_assert(test_flag);
	parse_quietly("no-dash");
	cr_assert(test_dashed, "a name that starts with no- is found as it stands first");
	parse_with_report("test-flag=perhaps",
			  "option test-flag: 'perhaps' is not yes or no; ignored\n");
	cr_assert(test_flag);
}

Test(lib_cmdline, numbers)
{
	parse_quietly("test-number=64");
	cr_assert_eq(test_number, 64);
	parse_quietly("test-number=0x10");
	cr_assert_eq(test_number, 16);
	parse_with_report("test-number=65",
			  "option test-number: '65' is not a number from 2 to 64; keeping 16\n");
	parse_with_report("test-number=1",
			  "option test-number: '1' is not a number from 2 to 64; keeping 16\n");
	parse_with_report("test-number=8x",
			  "option test-number: '8x' is not a number from 2 to 64; keeping 16\n");
	parse_with_report("test-number=",
			  "option test-number: '' is not a number from 2 to 64; keeping 16\n");
	parse_with_report("test-number=99999999999999999999",
			  "option test-number: '99999999999999999999' is not a number from 2 to 64;"
			  " keeping 16\n");
	parse_with_report("test-number",
			  "option test-number: write it as test-number=VALUE; ignored\n");
	parse_with_report("no-test-number",
			  "option no-test-number: write it as test-number=VALUE; ignored\n");
	cr_assert_eq(test_number, 16);
}

Test(lib_cmdline, sizes)
{
	parse_quietly("test-bytes=512M");
	cr_assert_eq(test_bytes, 512ULL << 20);
	parse_quietly("test-bytes=64");
	cr_assert_eq(test_bytes, 64ULL << 10);
	parse_quietly("test-bytes=8192b");
	cr_assert_eq(test_bytes, 8192);
	parse_with_report("test-bytes=2G",
			  "option test-bytes: '2G' is not a size from 4K to 1G; keeping 8K\n");
	parse_with_report("test-bytes=big",
			  "option test-bytes: 'big' is not a size from 4K to 1G; keeping 8K\n");
	parse_with_report("test-bytes=1Mx",
			  "option test-bytes: '1Mx' is not a size from 4K to 1G; keeping 8K\n");
	cr_assert_eq(test_bytes, 8192);
}

Test(lib_cmdline, text)
{
	parse_quietly("test-name=bitmap");
	cr_assert_str_eq(test_name, "bitmap");
	parse_quietly("test-name='a b=c'");
	cr_assert_str_eq(test_name, "a b=c");
	parse_quietly("test-name=12345678");
	cr_assert_str_eq(test_name, "12345678");
	parse_with_report("test-name=123456789",
			  "option test-name: longer than 8 characters; keeping '12345678'\n");
}

Test(lib_cmdline, custom)
{
	parse_quietly("test-custom=x test-custom no-test-custom test-custom=good");
	cr_assert_str_eq(custom_log, "x;;no;good;");
	parse_with_report("test-custom=bad",
			  "option test-custom: 'bad' is not understood (allowed: good, no);"
			  " ignored\n");
}

Test(lib_cmdline, later_duplicate_wins_and_bad_one_does_not_count)
{
	parse_quietly("test-number=3 test-flag test-number=5 test-flag=no");
	cr_assert_eq(test_number, 5);
	cr_assert(!test_flag);
	parse_with_report("test-number=6 test-number=1",
			  "option test-number: '1' is not a number from 2 to 64; keeping 6\n");
	cr_assert_eq(test_number, 6);
}

Test(lib_cmdline, unknown_options_are_reported_and_the_rest_is_parsed)
{
	parse_with_report("bogus=1 test-number=9", "unknown option 'bogus'; ignored\n");
	cr_assert_eq(test_number, 9);
	parse_with_report("no-bogus", "unknown option 'no-bogus'; ignored\n");
	parse_with_report("=x", "unknown option ''; ignored\n");
}

Test(lib_cmdline, prefixes_are_known_and_left_alone)
{
	parse_quietly("test-of.rr.slice=5 test-of.=");
	parse_with_report("test-of.rr", "option test-of.rr: write it as test-of.rr=VALUE; ignored\n");
	parse_with_report("test-of=1", "unknown option 'test-of'; ignored\n");
}

Test(lib_cmdline, rest_after_double_dash)
{
	const char *rest = cmdline_parse("test-number=11 --   console=hvc0 quiet", collect);

	cr_assert_str_eq(rest, "console=hvc0 quiet");
	cr_assert_eq(test_number, 11);
	cr_assert_str_eq(reports, "");
	cr_assert_str_eq(cmdline_parse("--", collect), "");
}

Test(lib_cmdline, over_long_word)
{
	char line[400] = "test-name=";

	memset(line + 10, 'z', 300);
	strcpy(line + 310, " test-number=12");
	cr_assert_null(cmdline_parse(line, collect));
	cr_assert_eq(report_count, 1);
	cr_assert_eq(test_number, 12);
	cr_assert_str_eq(test_name, "buddy");
	cr_assert_not_null(strstr(reports, "is longer than 255 characters; ignored"));
}
