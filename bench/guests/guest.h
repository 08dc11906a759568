/* SPDX-License-Identifier: MIT */
/*
 * What a bench guest may use: printing, time, numbers.  One source is linked
 * against one platform folder (pv/); guests contain no libc.
 */
#ifndef ORRERY_GUESTS_GUEST_H
#define ORRERY_GUESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE_SIZE 4096UL
#define barrier() __asm__ volatile("" ::: "memory")

/* Entered by the platform when it is ready; the return value ends the run. */
void guest_main(const char *cmdline);

/* %d %ld %u %lu %lx %x %s; lines go to the hypervisor's console. */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void guest_stop(void);
/* Value of "name=" in the command line, copied to @buf; false if it is not there. */
bool option(const char *cmdline, const char *name, char *buf, size_t len);

/* lib.c */
/* The number after "name=" on the command line, else @otherwise. */
u64 number_option(const char *cmdline, const char *name, u64 otherwise);
void *memset(void *dst, int c, size_t n);
void *memcpy(void *dst, const void *src, size_t n);

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

#endif
