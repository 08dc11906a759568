/* SPDX-License-Identifier: MIT */
/*
 * tsc-now [PREFIX]: print PREFIX and the time-stamp counter, one line, one write.
 * In QEMU's instruction-count mode the counter starts at 0 at power-on and runs
 * at 1 GHz of virtual time, so the number is virtual nanoseconds since power-on.
 * /init prints it first of all; `orrery boot` reads it from the console log.
 * With -k the line goes to the kernel log instead, where printk adds its own time
 * stamp: the pair ties every kernel line to the virtual clock.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
	uint64_t now = __rdtsc();
	int fd = STDOUT_FILENO;
	char line[256];
	int len;

	if (argc > 1 && !strcmp(argv[1], "-k")) {
		argc--, argv++;
		fd = open("/dev/kmsg", O_WRONLY);
		now = __rdtsc();
	}
	len = snprintf(line, sizeof(line), "%.200s%llu\n", argc > 1 ? argv[1] : "",
		       (unsigned long long)now);
	return write(fd, line, len) == len ? 0 : 1;
}
