/* SPDX-License-Identifier: MIT */
/*
 * Options of the commands that run a workload description (sim_options.h).
 */
#include "bench/runner/sim_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/runner/command.h"

static bool number(const char *option, const char *text, u64 least, u64 most, u64 *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (!errno && end != text && !*end && *text != '-' && *value >= least && *value <= most)
		return true;
	complain("--%s %s: not a number from %llu to %llu", option, text,
		 (unsigned long long)least, (unsigned long long)most);
	return false;
}

static bool add_word(const char *option, const char *text, const char **list, u32 *nr)
{
	if (strchr(text, '=') && *nr < SIM_MAX_SETTINGS) {
		list[(*nr)++] = text;
		return true;
	}
	complain(*nr < SIM_MAX_SETTINGS ? "%s %s: write it as NAME=VALUE" :
		 "%s %s: too many of these", option, text);
	return false;
}

int sim_options_parse(struct sim_options *o, const char *help, int argc, char **argv)
{
	static const struct option known[] = {
		{ "sched", 1, NULL, 's' }, { "set", 1, NULL, 't' }, { "pcpus", 1, NULL, 'p' },
		{ "seed", 1, NULL, 'e' }, { "seconds", 1, NULL, 'l' }, { "force", 0, NULL, 'f' },
		{ "no-trace", 0, NULL, 'n' }, { "xen", 0, NULL, 'x' }, { "help", 0, NULL, 'h' }, { 0 },
	};
	bool good = true;
	u64 n;
	int c;

	while (good && (c = getopt_long(argc, argv, "o:D:h", known, NULL)) != -1) {
		switch (c) {
		case 'o': o->dir = optarg; break;
		case 'f': o->force = true; break;
		case 'n': o->no_trace = true; break;
		case 'x': o->xen = true; break;
		case 's': o->rq.sched = optarg; break;
		case 't':
			good = add_word("--set", optarg, o->settings, &o->rq.nr_settings);
			break;
		case 'D':
			good = add_word("-D", optarg, o->defines, &o->rq.nr_defines);
			break;
		case 'p':
			good = number("pcpus", optarg, 1, POLICY_MAX_PCPUS, &n);
			o->rq.pcpus = n;
			break;
		case 'e':
			good = number("seed", optarg, 1, INT64_MAX, &o->rq.seed);
			break;
		case 'l':
			good = number("seconds", optarg, 1, 100000, &n);
			o->rq.length = n * 1000000000LL;
			break;
		case 'h':
			fputs(help, stdout);
			return -1;
		default:
			return EXIT_USAGE;
		}
	}
	if (good && optind != argc - 1) {
		complain("%s takes one scenario; `orrery %s --help` explains", argv[0], argv[0]);
		good = false;
	}
	o->scenario = good ? argv[optind] : NULL;
	return good ? EXIT_OK : EXIT_USAGE;
}
