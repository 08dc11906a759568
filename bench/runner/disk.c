/* SPDX-License-Identifier: MIT */
/*
 * Makes and reads the experiment disk (disk.h).  The layout is the one fixed in
 * disk_create(); after the run the same constants are used, never the header that a
 * guest may have changed.  Entry names and lengths are checked before any file is
 * made, and files are only ever created new.
 */
#include "bench/runner/disk.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dom0/tools/disk-layout.h"

#define MIB (1024ull * 1024)
#define CHUNK (256u * 1024)

static const struct disk_header layout = {
	.magic = DISK_MAGIC,
	.pattern_at = 1 * MIB,
	.pattern_bytes = 4 * MIB,
	.scratch_at = 8 * MIB,
	.scratch_bytes = 2 * MIB,
	.out_at = 16 * MIB,
	.out_bytes = (DISK_IMAGE_MIB - 16) * MIB,
};

/* pread or pwrite of exactly @len bytes: 0 or -errno. */
static int whole(int fd, bool writing, void *buf, size_t len, uint64_t at)
{
	char *p = buf;

	while (len) {
		ssize_t n = writing ? pwrite(fd, p, len, at) : pread(fd, p, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		at += n;
		len -= n;
	}
	return 0;
}

static int write_pattern(int fd, uint64_t seed)
{
	uint64_t *words = malloc(CHUNK);
	int err = words ? 0 : -ENOMEM;

	for (uint64_t done = 0; !err && done < layout.pattern_bytes; done += CHUNK) {
		for (size_t i = 0; i < CHUNK / 8; i++)
			words[i] = disk_pattern_word(seed, done / 8 + i);
		err = whole(fd, true, words, CHUNK, layout.pattern_at + done);
	}
	free(words);
	return err;
}

int disk_create(int dir_fd, const char *name, uint64_t seed)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644), err = 0;
	struct disk_header h = layout;

	if (fd < 0)
		return -errno;
	h.seed = seed;
	if (ftruncate(fd, DISK_IMAGE_MIB * MIB))
		err = -errno;
	if (!err)
		err = whole(fd, true, &h, sizeof(h), 0);
	if (!err)
		err = write_pattern(fd, seed);
	close(fd);
	return err;
}

int64_t disk_check_scratch(int dir_fd, const char *name, uint64_t seed)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC), err = 0;
	uint64_t *words = malloc(CHUNK);
	int64_t wrong = 0;

	if (fd < 0 || !words) {
		err = fd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	for (uint64_t done = 0; !err && done < layout.scratch_bytes; done += CHUNK) {
		err = whole(fd, false, words, CHUNK, layout.scratch_at + done);
		for (size_t i = 0; !err && i < CHUNK / 8; i++)
			wrong += words[i] != disk_pattern_word(~seed, done / 8 + i);
	}
out:
	free(words);
	if (fd >= 0)
		close(fd);
	return err ? err : wrong;
}

static bool name_ok(const char *name)
{
	size_t len = strnlen(name, DISK_NAME_MAX);

	if (!len || len == DISK_NAME_MAX || *name == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

static int copy_out(int from, uint64_t at, const struct disk_entry *e, int to)
{
	char *buf = malloc(CHUNK);
	uint64_t sum = DISK_CHECKSUM_START;
	int err = buf ? 0 : -ENOMEM;

	for (uint64_t done = 0; !err && done < e->length;) {
		size_t len = e->length - done < CHUNK ? e->length - done : CHUNK;

		err = whole(from, false, buf, len, at + done);
		if (!err)
			err = whole(to, true, buf, len, done);
		sum = disk_checksum(sum, buf, len);
		done += len;
	}
	free(buf);
	if (!err && sum != e->checksum)
		err = -EPROTO;
	return err;
}

/* Handle the entry at @*at and step over it; 1 when there is none. */
static int extract_one(int dir_fd, int fd, uint64_t *at, struct disk_entry *e)
{
	uint64_t end = layout.out_at + layout.out_bytes;
	int to, err;

	if (*at >= end)
		return 1;
	err = whole(fd, false, e, sizeof(*e), *at);
	if (err)
		return err;
	if (memcmp(e->magic, DISK_ENTRY_MAGIC, sizeof(e->magic)))
		return 1;
	if (e->complete != 1 || !name_ok(e->name) || e->length > end - *at - DISK_SECTOR)
		return -EPROTO;
	to = openat(dir_fd, e->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (to < 0)
		return -errno;
	err = copy_out(fd, *at + DISK_SECTOR, e, to);
	if (close(to) && !err)
		err = -errno;
	if (err)
		unlinkat(dir_fd, e->name, 0);
	*at += DISK_SECTOR + (e->length + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
	return err;
}

int disk_extract(int dir_fd, const char *name,
		 void (*found)(void *arg, const char *file, uint64_t bytes), void *arg)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC), err;
	uint64_t at = layout.out_at;
	struct disk_entry e;

	if (fd < 0)
		return -errno;
	while (!(err = extract_one(dir_fd, fd, &at, &e)))
		found(arg, e.name, e.length);
	close(fd);
	return err == 1 ? 0 : err;
}
