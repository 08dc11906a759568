/* SPDX-License-Identifier: MIT */
/*
 * Guests given to a boot with --guest FILE: their configurations and the files these name, handed
 * to Dom0 in an archive behind its initrd.  There:
 *   /guests/given/list       the guests' names, one a line, in the order of the command line
 *   /guests/given/NAME.cfg   the configuration, with the paths the files have in Dom0
 *   /guests/given/files/N    the files, each once
 */
#ifndef ORRERY_RUNNER_GUESTS_H
#define ORRERY_RUNNER_GUESTS_H

#include <jansson.h>

#include "bench/runner/boot.h"

struct guests;

/* Read and check them.  NULL after a complaint: wrong use. */
struct guests *guests_load(const struct boot_options *o);
void guests_free(struct guests *g);

/* Write @initrd and the archive as file @name of @dir_fd.  0 or -errno. */
int guests_write_initrd(const struct guests *g, const char *initrd, int dir_fd, const char *name);

/* For the manifest: of each guest its name and the hashes of its configuration and files. */
json_t *guests_json(const struct guests *g);

#endif
