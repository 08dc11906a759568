/* SPDX-License-Identifier: MIT */
/*
 * The C library's memory and string functions, as far as they are used.  On
 * the host this is <string.h>; in the hypervisor string.c has the bodies and
 * the macros below let the compiler open-code small constant sizes, which it
 * does not do by itself when freestanding.  Meanings are ISO C's (strnlen:
 * POSIX, strlcpy: BSD).  No state, no locks.
 */
#ifndef ORRERY_LIB_STRING_H
#define ORRERY_LIB_STRING_H

#include "lib/parse.h"
#include "lib/types.h"

#if __STDC_HOSTED__
#include <string.h>
#define strlcpy orrery_strlcpy /* newer C libraries have their own */
#else
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);

#define memcpy(d, s, n) __builtin_memcpy(d, s, n)
#define memmove(d, s, n) __builtin_memmove(d, s, n)
#define memset(d, c, n) __builtin_memset(d, c, n)
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)
#define strlen(s) __builtin_strlen(s)
#endif

/* Copy with truncation; always ends @dst if @size > 0.  Length of @src: a result
 * >= @size means that it did not fit. */
size_t strlcpy(char *dst, const char *src, size_t size);

#endif
