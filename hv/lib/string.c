/* SPDX-License-Identifier: MIT */
/*
 * The memory and string functions of a freestanding program: the compiler
 * itself calls the first four for large copies and initialisers.  Bodies are
 * in string-ops.h.  Only for the hypervisor; the host has its C library.
 * Any context, no locks.
 */
#include "lib/string.h"
#include "lib/string-ops.h"

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	return mem_copy(dst, src, n);
}

void *memmove(void *dst, const void *src, size_t n)
{
	return mem_move(dst, src, n);
}

void *memset(void *dst, int c, size_t n)
{
	return mem_set(dst, c, n);
}

int memcmp(const void *a, const void *b, size_t n)
{
	return mem_compare(a, b, n);
}

size_t strlen(const char *s)
{
	return str_length(s, SIZE_MAX);
}

size_t strnlen(const char *s, size_t max)
{
	return str_length(s, max);
}

int strcmp(const char *a, const char *b)
{
	return str_compare(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	return str_compare(a, b, n);
}

char *strchr(const char *s, int c)
{
	return str_find_char(s, c);
}

char *strstr(const char *s, const char *what)
{
	return str_find(s, what);
}
