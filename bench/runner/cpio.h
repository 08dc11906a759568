/* SPDX-License-Identifier: MIT */
/*
 * Writes cpio archives of the "newc" form, as Linux unpacks them at boot: owner root, time 0, inode
 * numbers in order, so the same members give the same bytes.  Errors are kept until cpio_end().
 */
#ifndef ORRERY_RUNNER_CPIO_H
#define ORRERY_RUNNER_CPIO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cpio {
	FILE *out;
	unsigned inode;
	int err; /* first error, -errno */
};

/* Begin an archive at the end of @out, behind padding to a multiple of four bytes. */
void cpio_begin(struct cpio *c, FILE *out);
void cpio_folder(struct cpio *c, const char *name);
void cpio_bytes(struct cpio *c, const char *name, const void *bytes, size_t len);
/* A copy of the host's file @path, which has @bytes bytes; -EIO if it has not. */
void cpio_file(struct cpio *c, const char *name, const char *path, uint64_t bytes);
/* 0 or the first error. */
int cpio_end(struct cpio *c);

#endif
