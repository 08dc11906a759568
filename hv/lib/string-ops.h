/* SPDX-License-Identifier: MIT */
/*
 * Bodies of the memory and string functions, as inline functions under names
 * of their own so that the host tests can run them beside the C library's.
 * Cost is counted in executed instructions: in QEMU's instruction-count mode
 * each round of a REP counts as one, so REP MOVSQ / STOSQ move 8 bytes an
 * instruction and nothing in general registers beats them.  Short sizes use
 * two overlapping moves instead of a byte loop.
 */
#ifndef ORRERY_LIB_STRING_OPS_H
#define ORRERY_LIB_STRING_OPS_H

#include "lib/types.h"

typedef u64 __attribute__((may_alias, aligned(1))) u64_any;
typedef u32 __attribute__((may_alias, aligned(1))) u32_any;

/* Keeps the compiler from turning a byte loop back into a call of the function it is in. */
#define NO_IDIOM() __asm__ volatile("")

static inline u64 load_u64(const void *p)
{
	return *(const u64_any *)p;
}

static inline void store_u64(void *p, u64 v)
{
	*(u64_any *)p = v;
}

/* Everything is loaded before anything is stored: right for overlaps too.  @pre n < 16 */
static inline void copy_below_16(u8 *d, const u8 *s, size_t n)
{
	if (n >= 8) {
		u64 head = load_u64(s), tail = load_u64(s + n - 8);

		store_u64(d, head);
		store_u64(d + n - 8, tail);
	} else if (n >= 4) {
		u32 head = *(const u32_any *)s, tail = *(const u32_any *)(s + n - 4);

		*(u32_any *)d = head;
		*(u32_any *)(d + n - 4) = tail;
	} else if (n) {
		u8 first = s[0], mid = s[n / 2], last = s[n - 1];

		d[0] = first;
		d[n / 2] = mid;
		d[n - 1] = last;
	}
}

/* Upwards; right for overlaps with d below s.  The tail is saved before it is run over. */
static inline void *mem_copy(void *dst, const void *src, size_t n)
{
	void *d = dst;
	const void *s = src;
	size_t words = n / 8;
	u64 tail;

	if (n < 16) {
		copy_below_16(dst, src, n);
		return dst;
	}
	tail = load_u64((const u8 *)src + n - 8);
	__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	store_u64((u8 *)dst + n - 8, tail);
	return dst;
}

static inline void *mem_move(void *dst, const void *src, size_t n)
{
	size_t at = n;
	u64 head;

	if ((u64)dst - (u64)src >= n)
		return mem_copy(dst, src, n);
	if (n < 16) {
		copy_below_16(dst, src, n);
		return dst;
	}
	head = load_u64(src);
	for (; at >= 8; at -= 8) {
		store_u64((u8 *)dst + at - 8, load_u64((const u8 *)src + at - 8));
		barrier();
	}
	store_u64(dst, head);
	return dst;
}

static inline void *mem_set(void *dst, int c, size_t n)
{
	u64 v = (u8)c * 0x0101010101010101ULL;
	size_t words = n / 8;
	void *d = dst;
	u8 *p = dst;

	if (n >= 8) {
		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(v) : "memory");
		store_u64(p + n - 8, v);
	} else if (n >= 4) {
		*(u32_any *)p = v;
		*(u32_any *)(p + n - 4) = v;
	} else if (n) {
		p[0] = p[n / 2] = p[n - 1] = v;
	}
	return dst;
}

static inline int mem_compare(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8; n -= 8, p += 8, q += 8) {
		u64 x = load_u64(p), y = load_u64(q);

		if (x != y)
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p < *q ? -1 : 1;
	return 0;
}

static inline size_t str_length(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n]) {
		NO_IDIOM();
		n++;
	}
	return n;
}

static inline int str_compare(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b)
			return (u8)*a < (u8)*b ? -1 : 1;
		if (!*a)
			break;
	}
	return 0;
}

static inline char *str_find_char(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

static inline char *str_find(const char *s, const char *what)
{
	size_t len = str_length(what, SIZE_MAX);

	for (;; s++) {
		if (!str_compare(s, what, len))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

#endif
