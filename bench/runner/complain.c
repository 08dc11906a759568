/* SPDX-License-Identifier: MIT */
/*
 * The one way a message for the user leaves the program: a line on stderr that
 * begins with the program's name.  Called from everywhere in `orrery`; keeps no
 * state and takes no locks.
 */
#include "bench/runner/command.h"

#include <stdarg.h>
#include <stdio.h>

void complain(const char *format, ...)
{
	va_list args;

	fputs("orrery: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
