/* SPDX-License-Identifier: MIT */
/*
 * `orrery`, the host command: finds the subcommand and runs it.  Knows nothing of
 * what the commands do; commands.def lists them.  Help and version go to stdout
 * with status 0; a wrong command line gets one line on stderr and status 2.
 */
#include "bench/runner/command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#ifndef ORRERY_COMMIT
#define ORRERY_COMMIT "unknown"
#endif

#define COMMAND(name) extern const struct command command_##name;
#include "bench/runner/commands.def"
#undef COMMAND

#define COMMAND(name) &command_##name,
static const struct command *const commands[] = {
#include "bench/runner/commands.def"
};
#undef COMMAND

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	puts("Usage: orrery COMMAND [OPTION]...\n\n"
	     "Boots the Orrery hypervisor, or Xen beside it, in QEMU and works on what it\n"
	     "records.  `orrery COMMAND --help` explains a command.\n\nCommands:");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nExit status: 0 good, 1 a run or a check failed, 2 wrong use.");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";

	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		help();
		return argc > 1 ? EXIT_OK : EXIT_USAGE;
	}
	if (!strcmp(name, "--version")) {
		puts("orrery " ORRERY_COMMIT);
		return EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i]->name))
			continue;
		optind = 1;
		return commands[i]->run(argc - 1, argv + 1);
	}
	complain("no command '%s'; `orrery --help` lists them", name);
	return EXIT_USAGE;
}
