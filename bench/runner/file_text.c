/* SPDX-License-Identifier: MIT */
/*
 * Reading a file whole; contract in file_text.h.  It need not be a regular one:
 * a configuration may come out of a pipe.
 */
#include "bench/runner/file_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What is left of @f, not more than @max + 1 bytes; NULL with errno. */
static char *read_all(FILE *f, size_t max, size_t *len)
{
	size_t room = 4096;
	char *text = NULL, *more;

	*len = 0;
	do {
		room *= 2;
		more = realloc(text, room);
		if (!more) {
			free(text);
			return NULL;
		}
		text = more;
		*len += fread(text + *len, 1, room - 1 - *len, f);
	} while (*len == room - 1 && *len <= max);
	return text;
}

char *file_text(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0;
	char *text;
	int err;

	if (!f)
		return NULL;
	text = read_all(f, max, &n);
	err = n > max ? EFBIG : ferror(f) ? errno : 0;
	fclose(f);
	if (err) {
		free(text);
		errno = err;
		return NULL;
	}
	if (text)
		text[n] = '\0';
	if (len)
		*len = n;
	return text;
}
