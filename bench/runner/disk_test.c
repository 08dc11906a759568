/* SPDX-License-Identifier: MIT */
/*
 * The experiment disk from the host's side: what a Dom0 program would put on it comes
 * out whole, and a disk a guest has tampered with is refused without touching files
 * that are there.
 */
#include "bench/runner/disk.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0/tools/disk-layout.h"

#define IMAGE "disk.img"

struct fixture {
	char path[64];
	int dir, disk;
	struct disk_header h;
	unsigned found;
};

static void open_fixture(struct fixture *f)
{
	strcpy(f->path, "/tmp/orrery-disk-test.XXXXXX");
	cr_assert_not_null(mkdtemp(f->path));
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY);
	cr_assert_eq(disk_create(f->dir, IMAGE, 42), 0);
	f->disk = openat(f->dir, IMAGE, O_RDWR);
	cr_assert_eq(pread(f->disk, &f->h, sizeof(f->h), 0), sizeof(f->h));
	f->found = 0;
}

static void close_fixture(struct fixture *f, const char *const *files)
{
	for (; files && *files; files++)
		unlinkat(f->dir, *files, 0);
	unlinkat(f->dir, IMAGE, 0);
	close(f->disk);
	close(f->dir);
	cr_assert_eq(rmdir(f->path), 0);
}

/* Write an entry as disk-tool does; returns where the next one goes. */
static uint64_t put(struct fixture *f, uint64_t at, const char *name, const char *data)
{
	struct disk_entry e = { .magic = DISK_ENTRY_MAGIC, .complete = 1, .length = strlen(data) };

	e.checksum = disk_checksum(DISK_CHECKSUM_START, data, strlen(data));
	memcpy(e.name, name, strlen(name));
	cr_assert_eq(pwrite(f->disk, &e, sizeof(e), at), sizeof(e));
	cr_assert_eq(pwrite(f->disk, data, strlen(data), at + DISK_SECTOR), strlen(data));
	return at + DISK_SECTOR + (strlen(data) + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
}

static void count(void *arg, const char *file, uint64_t bytes)
{
	struct fixture *f = arg;

	cr_assert(file && bytes < 1000);
	f->found++;
}

static int extract(struct fixture *f)
{
	return disk_extract(f->dir, IMAGE, count, f);
}

Test(runner_disk, pattern_is_what_dom0_expects)
{
	struct fixture f;
	uint64_t word;

	open_fixture(&f);
	cr_assert_eq(f.h.seed, 42);
	for (uint64_t n = 0; n < f.h.pattern_bytes / 8; n += 4099) {
		cr_assert_eq(pread(f.disk, &word, 8, f.h.pattern_at + 8 * n), 8);
		cr_assert_eq(word, disk_pattern_word(42, n));
	}
	cr_assert_eq(disk_create(f.dir, IMAGE, 42), -EEXIST);
	close_fixture(&f, NULL);
}

Test(runner_disk, scratch_area_is_checked_word_by_word)
{
	struct fixture f;
	uint64_t words, *area;

	open_fixture(&f);
	words = f.h.scratch_bytes / 8;
	area = malloc(f.h.scratch_bytes);
	for (uint64_t n = 0; n < words; n++)
		area[n] = disk_pattern_word(~42ull, n);
	area[words - 1] ^= 1;
	area[7] ^= 1;
	cr_assert_eq(pwrite(f.disk, area, f.h.scratch_bytes, f.h.scratch_at), f.h.scratch_bytes);
	cr_assert_eq(disk_check_scratch(f.dir, IMAGE, 42), 2);
	free(area);
	close_fixture(&f, NULL);
}

Test(runner_disk, files_come_out_whole)
{
	static const char *const names[] = { "a.txt", "b-2_x.bin", "empty", NULL };
	char big[700], back[700];
	struct fixture f;
	uint64_t at;
	int fd;

	open_fixture(&f);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	at = put(&f, f.h.out_at, "a.txt", "hello");
	at = put(&f, at, "b-2_x.bin", big);
	put(&f, at, "empty", "");
	cr_assert_eq(extract(&f), 0);
	cr_assert_eq(f.found, 3);
	fd = openat(f.dir, "b-2_x.bin", O_RDONLY);
	cr_assert_eq(read(fd, back, sizeof(back)), sizeof(big) - 1);
	cr_assert_eq(memcmp(back, big, sizeof(big) - 1), 0);
	close(fd);
	close_fixture(&f, names);
}

Test(runner_disk, an_empty_disk_has_no_files)
{
	struct fixture f;

	open_fixture(&f);
	cr_assert_eq(extract(&f), 0);
	cr_assert_eq(f.found, 0);
	close_fixture(&f, NULL);
}

static void tampered(void (*change)(struct disk_entry *e), int expected)
{
	struct disk_entry e;
	struct fixture f;

	open_fixture(&f);
	put(&f, f.h.out_at, "a", "hello");
	cr_assert_eq(pread(f.disk, &e, sizeof(e), f.h.out_at), sizeof(e));
	change(&e);
	cr_assert_eq(pwrite(f.disk, &e, sizeof(e), f.h.out_at), sizeof(e));
	cr_assert_eq(extract(&f), expected);
	cr_assert_eq(f.found, 0);
	close_fixture(&f, NULL); /* fails if any file is left */
}

static void leave_half(struct disk_entry *e) { e->complete = 0; }
static void wrong_sum(struct disk_entry *e) { e->checksum ^= 1; }
static void too_long(struct disk_entry *e) { e->length = UINT64_MAX; }
static void past_end(struct disk_entry *e) { e->length = (uint64_t)DISK_IMAGE_MIB << 20; }
static void climb(struct disk_entry *e) { strcpy(e->name, "../x"); }
static void hide(struct disk_entry *e) { strcpy(e->name, ".x"); }
static void no_name(struct disk_entry *e) { e->name[0] = 0; }
static void endless(struct disk_entry *e) { memset(e->name, 'n', sizeof(e->name)); }
static void overwrite(struct disk_entry *e) { strcpy(e->name, IMAGE); }

Test(runner_disk, tampering_is_refused)
{
	tampered(leave_half, -EPROTO);
	tampered(wrong_sum, -EPROTO);
	tampered(too_long, -EPROTO);
	tampered(past_end, -EPROTO);
	tampered(climb, -EPROTO);
	tampered(hide, -EPROTO);
	tampered(no_name, -EPROTO);
	tampered(endless, -EPROTO);
	tampered(overwrite, -EEXIST);
}
