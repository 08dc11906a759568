/* SPDX-License-Identifier: MIT */
/*
 * load: the small CPU loads of the demo and the self-test, run in Dom0 by the
 * scenarios of dom0/image.
 *
 *   load burn NAME MILLISECONDS      spin; print how many rounds were done
 *   load sleep NAME PERIOD_US COUNT  sleep to absolute deadlines; print how late
 *                                    each wake-up was (minimum, median, maximum)
 *
 * Results are `ORRERY NAME-key=value` lines, each written at once so that lines of
 * parallel loads do not mix.  Times come from CLOCK_MONOTONIC, in nanoseconds.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000ll
#define SLEEPS_MAX 100000

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void report(const char *name, const char *key, int64_t value)
{
	char line[160];
	int len = snprintf(line, sizeof(line), "ORRERY %.40s-%.40s=%lld\n", name, key,
			   (long long)value);

	if (write(STDOUT_FILENO, line, len) != len)
		exit(1);
}

static int burn(const char *name, int64_t ms)
{
	int64_t end = now_ns() + ms * 1000000, rounds = 0;
	volatile uint32_t x = 1;

	do {
		for (int i = 0; i < 20000; i++)
			x = x * 1664525u + 1013904223u;
		rounds++;
	} while (now_ns() < end);
	report(name, "rounds", rounds);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int sleeper(const char *name, int64_t period_us, int64_t count)
{
	int64_t *late = calloc(count, sizeof(*late));
	int64_t due = now_ns();

	if (!late)
		return 1;
	for (int64_t i = 0; i < count; i++) {
		struct timespec ts;

		due += period_us * 1000;
		ts.tv_sec = due / NS;
		ts.tv_nsec = due % NS;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
			;
		late[i] = now_ns() - due;
	}
	qsort(late, count, sizeof(*late), by_value);
	report(name, "wakes", count);
	report(name, "late-min-ns", late[0]);
	report(name, "late-median-ns", late[(count - 1) / 2]);
	report(name, "late-max-ns", late[count - 1]);
	free(late);
	return 0;
}

/* A decimal number in 1..@max, or 0 if @text is anything else. */
static int64_t number(const char *text, int64_t max)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	return errno || *end || end == text || value < 1 || value > max ? 0 : value;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "burn") && number(argv[3], 3600000))
		return burn(argv[2], number(argv[3], 3600000));
	if (argc == 5 && !strcmp(argv[1], "sleep") && number(argv[3], 60000000) &&
	    number(argv[4], SLEEPS_MAX))
		return sleeper(argv[2], number(argv[3], 60000000), number(argv[4], SLEEPS_MAX));
	fputs("usage: load burn NAME MILLISECONDS | load sleep NAME PERIOD_US COUNT\n", stderr);
	return 2;
}
