/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench SUITE`: the command line of the benchmark suites.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bench/runner/bench_micro.h"
#include "bench/runner/command.h"

static const char help[] =
	"Usage: orrery bench [micro] [OPTION]...\n\n"
	"Measures instructions per operation of a small PV guest in instruction-count mode\n"
	"and compares with bench/baselines.\n\n"
	"      --on LIST      pv, or pv,xen to run the peer too (default: pv)\n"
	"      --update       record the figures as the new baseline\n"
	"  -o, --output DIR   folder for the run directories (out/bench/micro)\n"
	"  -h, --help         this text\n\n"
	"Exit status: 0 good, 1 a figure is above its limit or worse than recorded, 2 wrong use.\n";

static int parse_on(const char *list, struct bench_micro_options *o)
{
	if (!strcmp(list, "pv") || !strcmp(list, "pv,xen") || !strcmp(list, "xen,pv")) {
		o->peer = strchr(list, ',');
		return 0;
	}
	complain("--on %s: known here are pv and pv,xen", list);
	return -1;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "on", required_argument, NULL, 'n' }, { "update", no_argument, NULL, 'u' },
		{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct bench_micro_options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (parse_on(optarg, &o))
				return EXIT_USAGE;
			break;
		case 'u':
			o.update = true;
			break;
		case 'o':
			o.out = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc && (strcmp(argv[optind], "micro") || optind + 1 < argc)) {
		complain("bench: no suite '%s'; known: micro", argv[optind]);
		return EXIT_USAGE;
	}
	return bench_micro(&o);
}

const struct command command_bench = {
	.name = "bench",
	.summary = "instructions per operation, ours against the peer's",
	.run = run,
};
