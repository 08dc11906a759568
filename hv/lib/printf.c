/* SPDX-License-Identifier: MIT */
/*
 * The formatter behind printk and everything else that makes text; contract in
 * printf.h.  One pass over the format: literal text is copied, a conversion is
 * parsed into struct spec and handed to one of three writers.  Any context, no
 * locks, no static state.  Does not allocate and uses under 200 bytes of stack.
 */
#include "lib/printf.h"
#include "lib/string.h"

struct out {
	char *buf;
	size_t size; /* room, including the final zero */
	size_t len;  /* length of the full text so far */
};

struct spec {
	bool left, zero, plus, space, alt;
	int width;
	int precision; /* -1: none given */
	int length;    /* bytes of the integer argument */
	char conv;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_repeated(struct out *o, char c, int n)
{
	for (; n > 0; n--)
		put(o, c);
}

static void put_padded(struct out *o, const struct spec *s, const char *text, int len)
{
	if (!s->left)
		put_repeated(o, ' ', s->width - len);
	for (int i = 0; i < len; i++)
		put(o, text[i]);
	if (s->left)
		put_repeated(o, ' ', s->width - len);
}

/* Digits of @v, last one first; their number. */
static int make_digits(char *digits, u64 v, unsigned base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	for (; v; v /= base)
		digits[n++] = set[v % base];
	return n;
}

/* @prefix: sign or 0x.  Zero padding goes between it and the digits. */
static void put_integer(struct out *o, const struct spec *s, const char *prefix, u64 v,
			unsigned base)
{
	char digits[24];
	int n = make_digits(digits, v, base, s->conv == 'X');
	int prefix_len = strlen(prefix);
	int zeros = MAX((s->precision < 0 ? 1 : s->precision) - n, 0);
	int pad = s->width - prefix_len - zeros - n;

	if (s->zero && !s->left && s->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!s->left)
		put_repeated(o, ' ', pad);
	while (*prefix)
		put(o, *prefix++);
	put_repeated(o, '0', zeros);
	while (n)
		put(o, digits[--n]);
	if (s->left)
		put_repeated(o, ' ', pad);
}

static void put_signed(struct out *o, const struct spec *s, s64 v)
{
	const char *prefix = v < 0 ? "-" : s->plus ? "+" : s->space ? " " : "";

	put_integer(o, s, prefix, v < 0 ? -(u64)v : (u64)v, 10);
}

static void put_unsigned(struct out *o, const struct spec *s, u64 v)
{
	const char *prefix = "";
	unsigned base = 10;

	switch (s->conv) {
	case 'x':
	case 'X':
		base = 16;
		if (s->alt && v)
			prefix = s->conv == 'x' ? "0x" : "0X";
		break;
	case 'o':
		base = 8;
		if (s->alt && v)
			prefix = "0";
		break;
	}
	put_integer(o, s, prefix, v, base);
}

/* Pointers: 0x and all significant digits, or padded with zeros by a width. */
static void put_pointer(struct out *o, const struct spec *s, const void *p)
{
	put_integer(o, s, "0x", (u64)p, 16);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	size_t max = s->precision < 0 ? INT_MAX : s->precision;

	if (!text)
		text = "(null)";
	put_padded(o, s, text, strnlen(text, max));
}

static const char *parse_flags(const char *p, struct spec *s)
{
	for (;; p++) {
		switch (*p) {
		case '-':
			s->left = true;
			break;
		case '0':
			s->zero = true;
			break;
		case '+':
			s->plus = true;
			break;
		case ' ':
			s->space = true;
			break;
		case '#':
			s->alt = true;
			break;
		default:
			return p;
		}
	}
}

/* A number or '*' at @p; saturates far above any sensible width. */
static const char *parse_count(const char *p, va_list *ap, int *count)
{
	if (*p == '*') {
		*count = va_arg(*ap, int);
		return p + 1;
	}
	for (*count = 0; *p >= '0' && *p <= '9'; p++)
		*count = MIN(*count * 10 + (*p - '0'), 100000);
	return p;
}

static const char *parse_length(const char *p, struct spec *s)
{
	s->length = sizeof(int);
	switch (*p) {
	case 'h':
		s->length = p[1] == 'h' ? 1 : 2;
		return p + (p[1] == 'h' ? 2 : 1);
	case 'l':
		s->length = 8;
		return p + (p[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		s->length = 8;
		return p + 1;
	}
	return p;
}

static const char *parse_spec(const char *p, va_list *ap, struct spec *s)
{
	*s = (struct spec){ .precision = -1 };
	p = parse_flags(p, s);
	p = parse_count(p, ap, &s->width);
	if (s->width < 0) { /* from '*' */
		s->left = true;
		s->width = s->width == INT_MIN ? 0 : -s->width;
	}
	if (*p == '.')
		p = parse_count(p + 1, ap, &s->precision);
	p = parse_length(p, s);
	s->conv = *p;
	return p;
}

static s64 signed_arg(va_list *ap, int length)
{
	s64 v = length == 8 ? va_arg(*ap, s64) : va_arg(*ap, int);

	return length == 1 ? (s8)v : length == 2 ? (s16)v : v;
}

static u64 unsigned_arg(va_list *ap, int length)
{
	u64 v = length == 8 ? va_arg(*ap, u64) : va_arg(*ap, unsigned);

	return length == 1 ? (u8)v : length == 2 ? (u16)v : v;
}

/* False if the conversion is unknown; then no argument has been taken. */
static bool convert(struct out *o, const struct spec *s, va_list *ap)
{
	char c;

	switch (s->conv) {
	case 'd':
	case 'i':
		put_signed(o, s, signed_arg(ap, s->length));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, s, unsigned_arg(ap, s->length));
		return true;
	case 'p':
		put_pointer(o, s, va_arg(*ap, const void *));
		return true;
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		return true;
	case 'c':
		c = va_arg(*ap, int);
		put_padded(o, s, &c, 1);
		return true;
	case '%':
		put(o, '%');
		return true;
	}
	return false;
}

int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		const char *end;

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		end = parse_spec(fmt + 1, &ap, &s);
		if (convert(&o, &s, &ap)) {
			fmt = end + 1;
			continue;
		}
		for (put(&o, *fmt++); fmt < end; fmt++)
			put(&o, *fmt);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return o.len;
}

int fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

size_t fmt_scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = fmt_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return size ? MIN(n, size - 1) : 0;
}
