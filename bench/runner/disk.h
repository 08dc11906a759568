/* SPDX-License-Identifier: MIT */
/*
 * Host side of the experiment disk (dom0/tools/disk-layout.h): make the image
 * before a run, check what Dom0 wrote to it and take out its files afterwards.
 * The image is untrusted once a guest has had it.  Errors are -errno.
 */
#ifndef ORRERY_RUNNER_DISK_H
#define ORRERY_RUNNER_DISK_H

#include <stdint.h>

#define DISK_IMAGE_MIB 512u /* a power of two, which SD cards need; sparse */

/* Create @name in @dir_fd, which must not exist. */
int disk_create(int dir_fd, const char *name, uint64_t seed);

/* Wrong 64-bit words in the scratch area Dom0 says it wrote, or -errno; @seed as created. */
int64_t disk_check_scratch(int dir_fd, const char *name, uint64_t seed);

/*
 * Copy the files of the out area into @dir_fd, calling @found for each.  Stops at
 * the first damaged entry with -EPROTO; existing files are never replaced (-EEXIST).
 */
int disk_extract(int dir_fd, const char *name,
		 void (*found)(void *arg, const char *file, uint64_t bytes), void *arg);

#endif
