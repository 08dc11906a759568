/* SPDX-License-Identifier: MIT */
/*
 * The cpio writer: aligned members, the bytes of the files, errors that come out at the end.
 */
#include "bench/runner/cpio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An archive behind @before bytes; its text, of *len bytes. */
static char *archive(size_t before, const char *path, uint64_t bytes, size_t *len, int *err)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);
	struct cpio c;

	fprintf(f, "%.*s", (int)before, "gzipped");
	cpio_begin(&c, f);
	cpio_folder(&c, "dir");
	cpio_bytes(&c, "dir/five", "12345", 5);
	if (path)
		cpio_file(&c, "dir/file", path, bytes);
	*err = cpio_end(&c);
	fclose(f);
	return text;
}

Test(cpio, members_are_aligned_and_in_order)
{
	for (size_t before = 0; before < 6; before++) {
		size_t len, start = (before + 3) & ~3ul;
		int err;
		char *a = archive(before, NULL, 0, &len, &err);

		cr_assert_eq(err, 0);
		cr_assert_eq(len & 3, 0);
		cr_assert(!memcmp(a + start, "07070100000001000041ED", 22));
		cr_assert(!memcmp(a + start + 110, "dir\0", 4));
		/* The second: 110 bytes of header and 9 of name, padded, then five bytes of data. */
		start += 116;
		cr_assert(!memcmp(a + start, "07070100000002000081A4", 22));
		cr_assert(!memcmp(a + start + 54, "00000005", 8));
		cr_assert(!memcmp(a + start + 120, "12345\0\0\0", 8));
		cr_assert(!memcmp(a + start + 128 + 110, "TRAILER!!!", 11));
		free(a);
	}
}

Test(cpio, a_file_that_is_not_as_long_as_said)
{
	char path[] = "/tmp/orrery-cpio.XXXXXX";
	int fd = mkstemp(path), err;
	size_t len;

	cr_assert_eq(write(fd, "abc", 3), 3);
	free(archive(0, path, 3, &len, &err));
	cr_assert_eq(err, 0);
	free(archive(0, path, 4, &len, &err));
	cr_assert_eq(err, -EIO);
	close(fd);
	unlink(path);
	free(archive(0, path, 3, &len, &err));
	cr_assert_eq(err, -ENOENT);
}
