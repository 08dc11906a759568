/* SPDX-License-Identifier: MIT */
/*
 * Finding and reading a text file of the checkout that the user named: a path,
 * or a name alone, looked for where such files are.
 */
#ifndef ORRERY_RUNNER_SIM_TEXT_H
#define ORRERY_RUNNER_SIM_TEXT_H

/* Contents of @name: a path, or bench/scenarios/NAME.sim.  *@path (not to be freed): what was
 * read.  NULL after a complaint. */
char *sim_text_read(const char *name, const char **path);

#endif
