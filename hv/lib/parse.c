/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers, and the one string function hosts may lack (strlcpy).
 * See parse.h for the contracts.  Called by the command-line code, by anything
 * that parses text at boot, and by the host tests.  No state, no locks.
 */
#include "lib/parse.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Value of a digit in bases up to 16; 99, which is no digit of any, if it is none. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static unsigned detect_base(const char **s)
{
	if ((*s)[0] != '0')
		return 10;
	if (((*s)[1] == 'x' || (*s)[1] == 'X') && digit_value((*s)[2]) < 16) {
		*s += 2;
		return 16;
	}
	return 8;
}

u64 parse_u64(const char *s, const char **end, unsigned base)
{
	bool overflow = false;
	u64 value = 0;
	unsigned d;

	if (!base)
		base = detect_base(&s);
	for (; (d = digit_value(*s)) < base; s++) {
		overflow |= __builtin_mul_overflow(value, (u64)base, &value);
		overflow |= __builtin_add_overflow(value, (u64)d, &value);
	}
	if (end)
		*end = s;
	return overflow ? UINT64_MAX : value;
}

/* Shift that a size suffix stands for, or -1. */
static int suffix_shift(char c)
{
	switch (c | 0x20) {
	case 'b':
		return 0;
	case 'k':
		return 10;
	case 'm':
		return 20;
	case 'g':
		return 30;
	case 't':
		return 40;
	}
	return -1;
}

int parse_size(const char *s, const char **end, u64 *bytes)
{
	const char *p;
	u64 value = parse_u64(s, &p, 0);
	int shift;

	if (p == s)
		return -EINVAL;
	shift = suffix_shift(*p);
	if (shift >= 0)
		p++;
	else
		shift = 10;
	if (end)
		*end = p;
	if (value == UINT64_MAX || value > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = value << shift;
	return 0;
}

int parse_bool(const char *s)
{
	static const char *const words[2][5] = {
		{ "no", "off", "false", "disable", "0" },
		{ "yes", "on", "true", "enable", "1" },
	};

	for (int value = 0; value < 2; value++)
		for (unsigned i = 0; i < ARRAY_SIZE(words[0]); i++)
			if (!strcmp(s, words[value][i]))
				return value;
	return -1;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = MIN(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}
