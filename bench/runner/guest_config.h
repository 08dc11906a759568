/* SPDX-License-Identifier: MIT */
/*
 * Configurations of guests, in the syntax of xl (xl.cfg(5)): finds the domain's name and where the
 * text names files, so that the files can be handed to Dom0 under other names.  Everything else is
 * xl's to judge.  Pure: text in, structure out.
 */
#ifndef ORRERY_RUNNER_GUEST_CONFIG_H
#define ORRERY_RUNNER_GUEST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* A path in the text, without its quotes. */
struct guest_path {
	size_t at, len;
	unsigned line;
};

struct guest_config {
	const char *text; /* the caller's; must outlive this */
	size_t len;
	char *name;
	struct guest_path *paths; /* in the order of the text */
	size_t nr_paths;
	bool has_kernel;
	unsigned bad_line; /* where it is wrong, 0 if nothing of one line is */
	const char *why;   /* what is wrong */
};

/* Parse; false with `why` set if xl could not make a PV guest of it.  Free in both cases. */
bool guest_config_parse(struct guest_config *c, const char *text, size_t len);
void guest_config_free(struct guest_config *c);

#endif
