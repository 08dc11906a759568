/* SPDX-License-Identifier: MIT */
/*
 * `orrery logdiff PEER OURS`: does our Dom0 kernel complain about anything that it
 * does not complain about on the peer?  Takes run directories or console logs.
 * Status 1 if ours has such a message, or has none to compare because /init never
 * got to print them.
 */
#include "bench/runner/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/runner/file_text.h"
#include "bench/runner/logdiff.h"
#include "bench/runner/machine.h"

static char *read_log(const char *path, size_t *len)
{
	char *file = NULL, *text = NULL;
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode) &&
	    asprintf(&file, "%s/" MACHINE_CONSOLE, path) < 0)
		abort();
	text = file_text(file ? file : path, CONSOLE_LOG_MAX_BYTES, len);
	if (!text)
		complain("%s: %s", file ? file : path, strerror(errno));
	free(file);
	return text;
}

static bool load(struct console_log *log, const char *path, char **text)
{
	size_t len = 0;

	*text = read_log(path, &len);
	if (!*text)
		return false;
	console_log_parse(log, *text, len);
	if (log->init_ended)
		return true;
	complain("%s: the run did not reach its end, so it lists no kernel messages", path);
	return false;
}

static int print(const struct logdiff *d)
{
	unsigned only_ours = 0;

	for (size_t i = 0; i < d->nr; i++) {
		const struct logdiff_line *l = &d->lines[i];
		const char *what = !l->peer ? "only ours" : !l->ours ? "only peer"
				   : l->ours != l->peer	 ? "both, count differs"
							 : "both";

		only_ours += !l->peer;
		printf("%-20s %3u %3u  %s\n", what, l->peer, l->ours, l->text);
	}
	printf("%zu kinds of kernel warnings and errors, %u only ours\n", d->nr, only_ours);
	return only_ours ? EXIT_FAILED : EXIT_OK;
}

static int command_run(int argc, char **argv)
{
	struct console_log peer = { 0 }, ours = { 0 };
	char *peer_text = NULL, *our_text = NULL;
	int status = EXIT_FAILED;
	struct logdiff d;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		puts("Usage: orrery logdiff PEER OURS\n\nCompares the Dom0 kernel's warnings and "
		     "errors of two runs (run directories or\nconsole logs).  Columns: verdict, "
		     "count of the peer, count of ours, message.\n\n"
		     "Exit status: 0 ours has none that the peer lacks, 1 it has.");
		return EXIT_OK;
	}
	if (argc != 3) {
		complain("logdiff takes two runs, the peer's and ours");
		return EXIT_USAGE;
	}
	if (load(&peer, argv[1], &peer_text) && load(&ours, argv[2], &our_text)) {
		logdiff_compare(&d, &peer, &ours);
		status = print(&d);
		logdiff_free(&d);
	}
	console_log_free(&peer);
	console_log_free(&ours);
	free(peer_text);
	free(our_text);
	return status;
}

const struct command command_logdiff = {
	.name = "logdiff",
	.summary = "compare the Dom0 kernel's complaints of two runs",
	.run = command_run,
};
