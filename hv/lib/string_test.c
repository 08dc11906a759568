/* SPDX-License-Identifier: MIT */
/*
 * The freestanding memory and string bodies (string-ops.h) beside the C
 * library's: every length across the switch points of the implementation,
 * every alignment, every overlap distance, guard bytes on both sides; and the
 * number parsers of parse.h.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "lib/parse.h"
#include "lib/string-ops.h"
#include "lib/string.h"

#define SPAN 200
#define LONGEST 96

static void fill_pattern(u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = i * 7 + 3;
}

Test(lib_string, copy_every_length_and_alignment)
{
	u8 src[SPAN], ours[SPAN], libc[SPAN];

	fill_pattern(src, SPAN);
	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t from = 0; from < 9; from++)
			for (size_t to = 0; to < 9; to++) {
				memset(ours, 0xee, SPAN);
				memset(libc, 0xee, SPAN);
				memcpy(libc + 20 + to, src + from, n);
				cr_assert_eq(mem_copy(ours + 20 + to, src + from, n),
					     ours + 20 + to);
				cr_assert_arr_eq(ours, libc, SPAN);
			}
}

Test(lib_string, move_every_overlap)
{
	u8 ours[SPAN], libc[SPAN];

	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t from = 0; from < SPAN - LONGEST; from += 3)
			for (size_t to = 0; to < SPAN - LONGEST; to++) {
				fill_pattern(ours, SPAN);
				fill_pattern(libc, SPAN);
				memmove(libc + to, libc + from, n);
				mem_move(ours + to, ours + from, n);
				cr_assert_eq(memcmp(ours, libc, SPAN), 0);
			}
}

Test(lib_string, set_every_length)
{
	u8 ours[SPAN], libc[SPAN];

	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t to = 0; to < 9; to++) {
			fill_pattern(ours, SPAN);
			fill_pattern(libc, SPAN);
			memset(libc + to, 0x1a5, n);
			mem_set(ours + to, 0x1a5, n);
			cr_assert_arr_eq(ours, libc, SPAN);
		}
}

Test(lib_string, compare_sign_is_that_of_the_first_difference)
{
	u8 a[LONGEST], b[LONGEST];

	for (size_t n = 1; n <= LONGEST; n++)
		for (size_t at = 0; at < n; at++) {
			fill_pattern(a, n);
			fill_pattern(b, n);
			cr_assert_eq(mem_compare(a, b, n), 0);
			b[at] = a[at] ^ 0x80;
			for (size_t i = at + 1; i < n; i++)
				b[i] = ~a[i]; /* must not matter */
			cr_assert_eq(mem_compare(a, b, n) < 0, a[at] < b[at]);
			cr_assert_eq(mem_compare(a, b, at), 0);
		}
}

Test(lib_string, strings)
{
	static const char text[] = "xenheap and dom0_mem";

	cr_assert_eq(str_length(text, SIZE_MAX), strlen(text));
	cr_assert_eq(str_length(text, 4), 4);
	cr_assert_eq(str_length("", 4), 0);
	cr_assert_eq(str_compare("abc", "abc", SIZE_MAX), 0);
	cr_assert_lt(str_compare("ab", "abc", SIZE_MAX), 0);
	cr_assert_gt(str_compare("abd", "abc", SIZE_MAX), 0);
	cr_assert_gt(str_compare("\xff", "a", SIZE_MAX), 0);
	cr_assert_eq(str_compare("abd", "abc", 2), 0);
	for (const char *c = text; *c; c++) {
		cr_assert_eq(str_find_char(text, *c), strchr(text, *c));
		cr_assert_eq(str_find(text, c), strstr(text, c));
	}
	cr_assert_eq(str_find_char(text, 0), text + strlen(text));
	cr_assert_null(str_find_char(text, 'Z'));
	cr_assert_eq(str_find(text, ""), text);
	cr_assert_null(str_find(text, "dom1"));
	cr_assert_null(str_find("do", "dom"));
}

Test(lib_string, bounded_copy)
{
	char buf[5] = "####";

	cr_assert_eq(strlcpy(buf, "abc", sizeof(buf)), 3);
	cr_assert_str_eq(buf, "abc");
	cr_assert_eq(strlcpy(buf, "abcdefgh", sizeof(buf)), 8);
	cr_assert_str_eq(buf, "abcd");
	cr_assert_eq(strlcpy(buf, "xyz", 0), 3);
	cr_assert_str_eq(buf, "abcd");
}

static void check_number(const char *text, unsigned base, u64 value, size_t used)
{
	const char *end;

	cr_assert_eq(parse_u64(text, &end, base), value);
	cr_assert_eq(end - text, used);
}

Test(lib_parse, numbers)
{
	check_number("0", 0, 0, 1);
	check_number("42 ", 0, 42, 2);
	check_number("0x1fG", 0, 0x1f, 4);
	check_number("0xg", 0, 0, 1);
	check_number("017", 0, 15, 3);
	check_number("09", 0, 0, 1);
	check_number("ff", 16, 255, 2);
	check_number("", 0, 0, 0);
	check_number("-1", 0, 0, 0);
	check_number("18446744073709551615", 10, UINT64_MAX, 20);
	check_number("18446744073709551616,", 10, UINT64_MAX, 20);
	check_number("0xfffffffffffffffff", 0, UINT64_MAX, 19);
}

Test(lib_parse, sizes)
{
	const char *end;
	u64 v = 77;

	cr_assert(!parse_size("512M,", &end, &v) && v == 512ULL << 20 && *end == ',');
	cr_assert(!parse_size("3g", &end, &v) && v == 3ULL << 30 && !*end);
	cr_assert(!parse_size("100", NULL, &v) && v == 100 << 10);
	cr_assert(!parse_size("100B", NULL, &v) && v == 100);
	cr_assert(!parse_size("0x10k", NULL, &v) && v == 16 << 10);
	cr_assert(!parse_size("1T", NULL, &v) && v == 1ULL << 40);
	v = 77;
	cr_assert_eq(parse_size("M", &end, &v), -EINVAL);
	cr_assert_eq(parse_size("99999999999T", &end, &v), -ERANGE);
	cr_assert_eq(v, 77);
}

Test(lib_parse, booleans)
{
	cr_assert(parse_bool("yes") == 1 && parse_bool("on") == 1 && parse_bool("1") == 1);
	cr_assert(parse_bool("enable") == 1 && parse_bool("true") == 1);
	cr_assert(parse_bool("no") == 0 && parse_bool("off") == 0 && parse_bool("0") == 0);
	cr_assert(parse_bool("disable") == 0 && parse_bool("false") == 0);
	cr_assert(parse_bool("") == -1 && parse_bool("2") == -1 && parse_bool("yess") == -1);
}
