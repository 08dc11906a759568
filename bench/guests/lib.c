/* SPDX-License-Identifier: MIT */
/*
 * Printing and small string helpers of the bench guests.  The platform
 * supplies platform_write().
 */
#include <stdarg.h>

#include "bench/guests/guest.h"

void platform_write(const char *s, size_t n);

int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;

	while (n--)
		*d++ = c;
	return dst;
}

void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	while (n--)
		*d++ = *s++;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static char *put_number(char *p, u64 v, unsigned base)
{
	char tmp[24];
	unsigned n = 0;

	do
		tmp[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	while (n)
		*p++ = tmp[--n];
	return p;
}

static char *put_signed(char *p, s64 v)
{
	if (v < 0) {
		*p++ = '-';
		v = -v;
	}
	return put_number(p, v, 10);
}

void print(const char *fmt, ...)
{
	char buf[256], *p = buf;
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt && p < buf + sizeof(buf) - 80; fmt++) {
		bool is_long = false;

		if (*fmt != '%') {
			*p++ = *fmt;
			continue;
		}
		if (*++fmt == 'l') {
			is_long = true;
			fmt++;
		}
		if (*fmt == 'd') {
			p = put_signed(p, is_long ? va_arg(ap, s64) : va_arg(ap, int));
		} else if (*fmt == 'u' || *fmt == 'x') {
			p = put_number(p, is_long ? va_arg(ap, u64) : va_arg(ap, u32),
				       *fmt == 'u' ? 10 : 16);
		} else if (*fmt == 's') {
			for (const char *s = va_arg(ap, const char *); *s && p < buf + 240;)
				*p++ = *s++;
		}
	}
	va_end(ap);
	platform_write(buf, p - buf);
}

bool option(const char *cmdline, const char *name, char *buf, size_t len)
{
	size_t n = strlen(name);

	for (const char *s = cmdline; *s; s++) {
		size_t i = 0;

		if ((s != cmdline && s[-1] != ' ') || memcmp(s, name, n) || s[n] != '=')
			continue;
		for (s += n + 1; *s && *s != ' ' && i + 1 < len; s++)
			buf[i++] = *s;
		buf[i] = 0;
		return true;
	}
	return false;
}

u64 number_option(const char *cmdline, const char *name, u64 otherwise)
{
	char text[24];
	u64 n = 0;

	if (!option(cmdline, name, text, sizeof(text)))
		return otherwise;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (*p - '0');
	return n;
}
