/* SPDX-License-Identifier: MIT */
/*
 * disk-tool: work on the experiment disk (disk-layout.h) from inside Dom0.
 *
 *   disk-tool verify DEV         check the pattern area word by word
 *   disk-tool scratch DEV        write the scratch area, drop it from the page
 *                                cache, read it back; the host checks it again
 *   disk-tool put DEV NAME       append standard input to the out area as NAME
 *
 * Called by the scenarios and by the trace collector's pipe.  All data passes
 * O_DIRECT through one aligned buffer, so a good answer means the device did it.
 * Offsets in the header are checked against the device's size before use.
 */
#define _GNU_SOURCE 1
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk-layout.h"

#define CHUNK (256u * 1024)

struct disk {
	int fd;
	const char *path;
	struct disk_header h;
	unsigned char *buf; /* CHUNK bytes, page-aligned */
};

static void fail(const struct disk *d, const char *what)
{
	fprintf(stderr, "disk-tool: %s: %s%s%s\n", d->path, what, errno ? ": " : "",
		errno ? strerror(errno) : "");
	exit(1);
}

static void transfer(const struct disk *d, int writing, uint64_t at, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = writing ? pwrite(d->fd, d->buf + done, len - done, at + done)
				    : pread(d->fd, d->buf + done, len - done, at + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || n % DISK_SECTOR)
			fail(d, writing ? "write failed" : "read failed");
		done += n;
	}
}

static int area_ok(uint64_t size, uint64_t at, uint64_t bytes)
{
	return at >= DISK_SECTOR && at % DISK_SECTOR == 0 && bytes % DISK_SECTOR == 0 &&
	       bytes >= DISK_SECTOR && at <= size && bytes <= size - at;
}

static void open_disk(struct disk *d, const char *path)
{
	off_t size;

	d->path = path;
	if (posix_memalign((void **)&d->buf, 4096, CHUNK))
		fail(d, "out of memory");
	errno = 0;
	d->fd = open(path, O_RDWR | O_DIRECT);
	if (d->fd < 0)
		fail(d, "cannot open");
	size = lseek(d->fd, 0, SEEK_END);
	if (size < (off_t)DISK_SECTOR)
		fail(d, "no size");
	transfer(d, 0, 0, DISK_SECTOR);
	memcpy(&d->h, d->buf, sizeof(d->h));
	errno = 0;
	if (memcmp(d->h.magic, DISK_MAGIC, sizeof(d->h.magic)))
		fail(d, "not an experiment disk");
	if (!area_ok(size, d->h.pattern_at, d->h.pattern_bytes) ||
	    !area_ok(size, d->h.scratch_at, d->h.scratch_bytes) ||
	    !area_ok(size, d->h.out_at, d->h.out_bytes))
		fail(d, "header points outside the disk");
}

static size_t chunk_at(uint64_t done, uint64_t bytes)
{
	return bytes - done < CHUNK ? bytes - done : CHUNK;
}

/* Number of wrong words of an area; its first wrong offset goes to stderr. */
static uint64_t wrong_words(const struct disk *d, uint64_t at, uint64_t bytes, uint64_t seed)
{
	uint64_t wrong = 0;

	for (uint64_t done = 0; done < bytes; done += CHUNK) {
		size_t len = chunk_at(done, bytes);
		const uint64_t *word = (const uint64_t *)d->buf;

		transfer(d, 0, at + done, len);
		for (size_t i = 0; i < len / 8; i++) {
			if (word[i] == disk_pattern_word(seed, done / 8 + i))
				continue;
			if (!wrong++)
				fprintf(stderr, "disk-tool: first wrong word at byte %llu\n",
					(unsigned long long)(at + done + 8 * i));
		}
	}
	return wrong;
}

static int verify(const struct disk *d)
{
	uint64_t wrong = wrong_words(d, d->h.pattern_at, d->h.pattern_bytes, d->h.seed);

	printf("ORRERY disk-read-bytes=%llu\nORRERY disk-read-wrong-words=%llu\n",
	       (unsigned long long)d->h.pattern_bytes, (unsigned long long)wrong);
	return wrong ? 1 : 0;
}

static int scratch(const struct disk *d)
{
	uint64_t wrong;

	for (uint64_t done = 0; done < d->h.scratch_bytes; done += CHUNK) {
		size_t len = chunk_at(done, d->h.scratch_bytes);

		for (size_t i = 0; i < len / 8; i++)
			((uint64_t *)d->buf)[i] = disk_pattern_word(~d->h.seed, done / 8 + i);
		transfer(d, 1, d->h.scratch_at + done, len);
	}
	if (fsync(d->fd))
		fail(d, "fsync failed");
	memset(d->buf, 0, CHUNK);
	wrong = wrong_words(d, d->h.scratch_at, d->h.scratch_bytes, ~d->h.seed);
	printf("ORRERY disk-write-bytes=%llu\nORRERY disk-write-wrong-words=%llu\n",
	       (unsigned long long)d->h.scratch_bytes, (unsigned long long)wrong);
	return wrong ? 1 : 0;
}

/* Where the next entry of the out area goes. */
static uint64_t out_end(const struct disk *d)
{
	uint64_t at = d->h.out_at, end = d->h.out_at + d->h.out_bytes;

	while (at < end) {
		struct disk_entry e;

		transfer(d, 0, at, DISK_SECTOR);
		memcpy(&e, d->buf, sizeof(e));
		if (memcmp(e.magic, DISK_ENTRY_MAGIC, sizeof(e.magic)))
			return at;
		errno = 0;
		if (e.complete != 1 || e.length > end - at)
			fail(d, "an earlier file was left half written");
		at += DISK_SECTOR + (e.length + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
	}
	return at;
}

static void write_entry(const struct disk *d, const struct disk_entry *e, uint64_t at)
{
	memset(d->buf, 0, DISK_SECTOR);
	memcpy(d->buf, e, sizeof(*e));
	transfer(d, 1, at, DISK_SECTOR);
}

/* Fill the buffer from standard input; short only at the end of the input. */
static size_t fill(const struct disk *d)
{
	size_t have = 0;

	while (have < CHUNK) {
		ssize_t n = read(STDIN_FILENO, d->buf + have, CHUNK - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			fail(d, "cannot read standard input");
		if (!n)
			break;
		have += n;
	}
	return have;
}

static int put(const struct disk *d, const char *name)
{
	struct disk_entry e = { .magic = DISK_ENTRY_MAGIC, .checksum = DISK_CHECKSUM_START };
	uint64_t at = out_end(d), end = d->h.out_at + d->h.out_bytes;
	uint64_t data_at = at + DISK_SECTOR;
	size_t len;

	errno = 0;
	if (data_at > end)
		fail(d, "the out area is full");
	memcpy(e.name, name, strlen(name));
	write_entry(d, &e, at);
	do {
		size_t padded;

		len = fill(d);
		padded = (len + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
		errno = 0;
		if (padded > end - data_at)
			fail(d, "the out area is full");
		memset(d->buf + len, 0, padded - len);
		e.checksum = disk_checksum(e.checksum, d->buf, len);
		transfer(d, 1, data_at, padded);
		data_at += padded;
		e.length += len;
	} while (len == CHUNK);
	e.complete = 1;
	write_entry(d, &e, at);
	return fsync(d->fd) ? 1 : 0;
}

static int name_ok(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= DISK_NAME_MAX || name[0] == '.')
		return 0;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	struct disk d;

	if (argc == 3 && !strcmp(argv[1], "verify"))
		return open_disk(&d, argv[2]), verify(&d);
	if (argc == 3 && !strcmp(argv[1], "scratch"))
		return open_disk(&d, argv[2]), scratch(&d);
	if (argc == 4 && !strcmp(argv[1], "put") && name_ok(argv[3]))
		return open_disk(&d, argv[2]), put(&d, argv[3]);
	fputs("usage: disk-tool verify DEV | scratch DEV | put DEV NAME\n", stderr);
	return 2;
}
