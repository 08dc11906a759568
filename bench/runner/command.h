/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of `orrery`.  One line in commands.def names a command; the file
 * that implements it defines `const struct command command_NAME`.  main.c finds the
 * command and calls run() with argv[0] being the command's name, getopt reset.
 * Messages go to stderr through complain(); what a caller may want to parse goes to
 * stdout.  Exit statuses are those of enum exit_status and nothing else.
 */
#ifndef ORRERY_RUNNER_COMMAND_H
#define ORRERY_RUNNER_COMMAND_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* a run, a check or a claim failed */
	EXIT_USAGE = 2,  /* the user asked for something that cannot be */
};

struct command {
	const char *name;
	const char *summary; /* one line for `orrery --help` */
	int (*run)(int argc, char **argv);
};

/* Print "orrery: MESSAGE\n" on stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
