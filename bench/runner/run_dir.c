/* SPDX-License-Identifier: MIT */
/*
 * Run directories (run_dir.h).  A directory counts as an earlier run if it has a
 * manifest; only then may --force empty it, and only of plain files.  Fresh ones are
 * numbered, not dated, and claimed by mkdir, so two runs at once get two.
 */
#include "bench/runner/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/runner/checkout.h"
#include "bench/runner/command.h"

/* mkdir -p of everything up to the last component. */
static void make_parents(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		mkdir(copy, 0777);
		*p = '/';
	}
}

/* Directory entries other than the dots; -1 if it cannot be read. */
static int count_entries(int fd, bool remove_files)
{
	DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;
	int left = 0;

	if (!dir)
		return -1;
	while ((e = readdir(dir))) {
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (remove_files && !fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    !S_ISDIR(st.st_mode) && !unlinkat(fd, e->d_name, 0))
			continue;
		left++;
	}
	closedir(dir);
	return left;
}

static int open_named(struct run_dir *d, const char *wanted, bool force)
{
	d->path = strdup(wanted);
	make_parents(wanted);
	mkdir(wanted, 0777);
	d->fd = open(wanted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0) {
		complain("-o %s: %s", wanted, strerror(errno));
		return EXIT_USAGE;
	}
	if (!count_entries(d->fd, false))
		return 0;
	if (faccessat(d->fd, RUN_MANIFEST, F_OK, 0)) {
		complain("-o %s: not empty and not an earlier run; name another directory", wanted);
		return EXIT_USAGE;
	}
	if (!force) {
		complain("-o %s: holds an earlier run; name another directory or add --force",
			 wanted);
		return EXIT_USAGE;
	}
	count_entries(d->fd, true);
	return 0;
}

static int open_fresh(struct run_dir *d, const char *label)
{
	char *base = checkout_path("out/boot"), path[PATH_MAX];

	make_parents(base);
	mkdir(base, 0777);
	for (int n = 1; n < 100000; n++) {
		char pattern[32];
		struct dirent *e;
		DIR *dir = opendir(base);
		bool taken = false;

		snprintf(pattern, sizeof(pattern), "%04d-", n);
		while (dir && (e = readdir(dir)))
			taken |= !strncmp(e->d_name, pattern, strlen(pattern));
		if (dir)
			closedir(dir);
		snprintf(path, sizeof(path), "%s/%s%s", base, pattern, label);
		if (!taken && !mkdir(path, 0777))
			break;
		if (!taken && errno != EEXIST)
			n = 100000;
	}
	free(base);
	d->path = strdup(path);
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0) {
		complain("cannot make a run directory %s: %s; name one with -o", path,
			 strerror(errno));
		return EXIT_FAILED;
	}
	return 0;
}

int run_dir_open(struct run_dir *d, const char *wanted, bool force, const char *label)
{
	int status;

	d->fd = -1;
	status = wanted ? open_named(d, wanted, force) : open_fresh(d, label);
	if (status)
		run_dir_close(d);
	return status;
}

void run_dir_close(struct run_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	free(d->path);
	d->path = NULL;
}

int run_dir_write_json(const struct run_dir *d, const char *name, const json_t *json)
{
	char new_name[NAME_MAX];
	int fd, err = 0;

	snprintf(new_name, sizeof(new_name), ".%s.new", name);
	fd = openat(d->fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	if (json_dumpfd(json, fd, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) ||
	    write(fd, "\n", 1) != 1)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(d->fd, new_name, d->fd, name))
		err = -errno;
	return err;
}
