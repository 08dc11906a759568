/* SPDX-License-Identifier: MIT */
/*
 * For tests of the runner, given to it as LD_PRELOAD: a host whose time of day runs a thousand times too fast, as
 * if it were that much slower.  A run that is repeated under it has to be the same.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>

#define TIMES 1000

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	int (*host)(struct timeval *, void *) = (int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday");

	if (!host)
		abort();
	if (host(tv, tz))
		return -1;
	tv->tv_sec = tv->tv_sec % 1000000 * TIMES + tv->tv_usec * TIMES / 1000000;
	tv->tv_usec = tv->tv_usec * TIMES % 1000000;
	return 0;
}
