/* SPDX-License-Identifier: MIT */
/*
 * `orrery list`: what there is to choose from.  Events come from the compiled event
 * table.  Policies, allocators and scenarios are files of the checkout, one each,
 * and are described by the sentence their first comment begins with, so nothing has
 * to be registered twice.  Output is sorted and the same on every host.
 */
#include "bench/runner/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/checkout.h"
#include "tracing/decode/table.h"

struct topic {
	const char *name, *summary;
	const char *dir, *suffix; /* files that are the entries, or NULL */
};

static const struct topic topics[] = {
	{ "policies", "scheduler policies (--sched)", "sched-policies/policies", ".c" },
	{ "allocators", "frame and heap policies (--frames, --heap)", "hv/alloc-policies/policies", ".c" },
	{ "scenarios", "what Dom0 can run (--run)", "dom0/image/scenarios", ".sh" },
	{ "events", "trace events", NULL, NULL },
};

#define TOPICS (sizeof(topics) / sizeof(topics[0]))

/*
 * Where the description begins: policies open with " * name: text", scenarios with
 * "# text" after the licence line.  NULL if the line is not it.
 */
static char *description_in(char *line, const char *stem, bool script)
{
	size_t n = strlen(stem);

	if (script)
		return !strncmp(line, "# ", 2) && strncmp(line, "# SPDX", 6) ? line + 2 : NULL;
	if (strncmp(line, " * ", 3) || strncmp(line + 3, stem, n) || line[3 + n] != ':')
		return NULL;
	return line + 3 + n + 1 + strspn(line + 3 + n + 1, " ");
}

/* The next line of the same comment, or NULL after its end. */
static char *continuation_in(char *line, bool script)
{
	const char *mark = script ? "# " : " * ";

	return !strncmp(line, mark, strlen(mark)) ? line + strlen(mark) : NULL;
}

/* Print "  name  first sentence"; nothing if the file does not describe itself. */
static void print_entry(const char *path, const char *stem, bool script)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, text[512] = "";
	size_t room = 0, have = 0;

	for (int i = 0; f && i < 12 && !strstr(text, ". ") && getline(&line, &room, f) > 0; i++) {
		char *part = have ? continuation_in(line, script)
				  : description_in(line, stem, script);

		line[strcspn(line, "\n")] = 0;
		if (have && !part)
			break;
		if (part)
			have += snprintf(text + have, sizeof(text) - have, "%s ", part);
		if (have >= sizeof(text))
			break;
	}
	if (have) {
		char *stop = strstr(text, ". ");

		if (stop)
			*stop = 0;
		printf("  %-10s %s\n", stem, text);
	}
	free(line);
	if (f)
		fclose(f);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int list_files(const struct topic *t)
{
	char *dir = checkout_path(t->dir);
	struct dirent **found;
	int n = scandir(dir, &found, NULL, by_name);

	if (n < 0)
		complain("%s: %s; run from a checkout or set ORRERY_HOME", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *name = found[i]->d_name, *dot = strrchr(name, '.'), *path;

		if (dot && !strcmp(dot, t->suffix) && asprintf(&path, "%s/%s", dir, name) > 0) {
			*dot = 0;
			print_entry(path, name, !strcmp(t->suffix, ".sh"));
			free(path);
		}
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	free(dir);
	return n < 0 ? EXIT_FAILED : EXIT_OK;
}

static int list_events(void)
{
	for (unsigned i = 0; i < TRACE_EV_COUNT; i++)
		printf("  0x%08x %-6s %-24s %s\n", trace_events[i].id,
		       trace_class_name(trace_events[i].class), trace_events[i].name,
		       trace_events[i].sentence);
	return EXIT_OK;
}

static void help(FILE *to)
{
	fputs("Usage: orrery list TOPIC\n\nTopics:\n", to);
	for (size_t i = 0; i < TOPICS; i++)
		fprintf(to, "  %-12s %s\n", topics[i].name, topics[i].summary);
}

static int command_run(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		help(stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; argc == 2 && i < TOPICS; i++)
		if (!strcmp(argv[1], topics[i].name))
			return topics[i].dir ? list_files(&topics[i]) : list_events();
	if (argc == 2)
		complain("list %s: no such topic", argv[1]);
	help(stderr);
	return EXIT_USAGE;
}

const struct command command_list = {
	.name = "list",
	.summary = "list policies, allocators, scenarios or trace events",
	.run = command_run,
};
