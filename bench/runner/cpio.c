/* SPDX-License-Identifier: MIT */
/*
 * The cpio writer (cpio.h).  A member is a header of fixed-width hexadecimal numbers, its name and
 * its data, the latter two padded to four bytes.  Linux takes archives one after another, zeros
 * between them.  Called by guests.c.
 */
#include "bench/runner/cpio.h"

#include <errno.h>
#include <string.h>

#define MODE_FOLDER 0040755u
#define MODE_FILE 0100644u
#define FILE_MAX_BYTES 0xffffffffu

static void put(struct cpio *c, const void *bytes, size_t len)
{
	if (!c->err && len && fwrite(bytes, 1, len, c->out) != len)
		c->err = -EIO;
}

static void pad(struct cpio *c)
{
	long at = ftell(c->out);

	if (at < 0)
		c->err = c->err ? c->err : -EIO;
	else
		put(c, "\0\0\0", -at & 3);
}

static void header(struct cpio *c, const char *name, unsigned mode, uint64_t bytes)
{
	char text[111];

	if (bytes > FILE_MAX_BYTES)
		c->err = c->err ? c->err : -EFBIG;
	snprintf(text, sizeof(text), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 ++c->inode, mode, 0, 0, mode == MODE_FOLDER ? 2 : 1, 0, (unsigned)bytes, 0, 0, 0, 0,
		 (unsigned)strlen(name) + 1, 0);
	put(c, text, 110);
	put(c, name, strlen(name) + 1);
	pad(c);
}

void cpio_begin(struct cpio *c, FILE *out)
{
	*c = (struct cpio){ .out = out };
	pad(c);
}

void cpio_folder(struct cpio *c, const char *name)
{
	header(c, name, MODE_FOLDER, 0);
}

void cpio_bytes(struct cpio *c, const char *name, const void *bytes, size_t len)
{
	header(c, name, MODE_FILE, len);
	put(c, bytes, len);
	pad(c);
}

void cpio_file(struct cpio *c, const char *name, const char *path, uint64_t bytes)
{
	FILE *in = fopen(path, "rb");
	char part[65536];
	uint64_t done = 0;
	size_t n;

	if (!in) {
		c->err = c->err ? c->err : -errno;
		return;
	}
	header(c, name, MODE_FILE, bytes);
	while (!c->err && (n = fread(part, 1, sizeof(part), in)) > 0) {
		put(c, part, n);
		done += n;
	}
	if (done != bytes || ferror(in))
		c->err = c->err ? c->err : -EIO;
	fclose(in);
	pad(c);
}

int cpio_end(struct cpio *c)
{
	header(c, "TRAILER!!!", 0, 0);
	if (fflush(c->out))
		c->err = c->err ? c->err : -errno;
	return c->err;
}
