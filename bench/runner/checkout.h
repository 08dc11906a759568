/* SPDX-License-Identifier: MIT */
/*
 * Where things are: the project's root (ORRERY_HOME, or the parent of the folder
 * build/ that the program runs from, or the current folder), its commit, and the
 * output of small host programs.  All strings returned are malloc'd.
 */
#ifndef ORRERY_RUNNER_CHECKOUT_H
#define ORRERY_RUNNER_CHECKOUT_H

#include <stdbool.h>

/* The root; never NULL, not to be freed. */
const char *checkout_root(void);

/* "ROOT/RELATIVE". */
char *checkout_path(const char *relative);

/* Commit of the checkout, or the one compiled in; *dirty if the tree differs from it. */
char *checkout_commit(bool *dirty);

/* Standard output of a program without its last newline, or NULL if it failed. */
char *checkout_capture(char *const argv[]);

#endif
