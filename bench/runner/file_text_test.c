/* SPDX-License-Identifier: MIT */
/*
 * Files of every length around what is asked for and around the reader's own
 * steps, and what is no file at all.
 */
#include "bench/runner/file_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, size_t bytes)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f);
	for (size_t i = 0; i < bytes; i++)
		fputc('a' + i % 26, f);
	cr_assert_eq(fclose(f), 0);
}

static void check_length(const char *path, size_t bytes, size_t max)
{
	size_t len = 12345;
	char *text;

	write_file(path, bytes);
	text = file_text(path, max, &len);
	if (bytes > max) {
		cr_assert(!text && errno == EFBIG, "%zu of %zu", bytes, max);
		return;
	}
	cr_assert(text && len == bytes, "%zu of %zu", bytes, max);
	cr_assert_eq(strlen(text), bytes);
	cr_assert(!bytes || text[bytes - 1] == (char)('a' + (bytes - 1) % 26));
	free(text);
}

Test(file_text, any_length)
{
	static const size_t lengths[] = { 0, 1, 99, 100, 101, 8190, 8191, 8192, 16383, 100000 };
	char path[] = "/tmp/orrery-test-XXXXXX";
	size_t n = sizeof(lengths) / sizeof(lengths[0]);

	close(mkstemp(path));
	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; m < n; m++)
			check_length(path, lengths[i], lengths[m]);
	unlink(path);
}

Test(file_text, what_is_no_file)
{
	cr_assert(!file_text("/nowhere/at/all", 100, NULL) && errno == ENOENT);
	cr_assert(!file_text("/tmp", 100, NULL) && errno == EISDIR);
	cr_assert(!file_text("/dev/zero", 100, NULL) && errno == EFBIG);
}
