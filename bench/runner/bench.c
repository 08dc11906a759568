/* SPDX-License-Identifier: MIT */
/*
 * `orrery bench SUITE`: the command line of the benchmark suites.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/runner/bench_guests.h"
#include "bench/runner/bench_micro.h"
#include "bench/runner/bench_policies.h"
#include "bench/runner/bench_sched.h"
#include "bench/runner/command.h"

static const char help[] =
	"Usage: orrery bench [micro|guests|sched|policies] [OPTION]...\n\n"
	"micro: instructions per operation of a small PV guest in instruction-count mode.\n"
	"guests: what stock PV guests under stock xl cost, from `xl create` to iperf3.\n"
	"sched: shares and latencies under credit and credit2, always beside the peer's.\n"
	"policies: basic blocks per scheduling decision from 10 to 10,000 vCPUs, on the simulator.\n"
	"The first two compare with bench/baselines.\n\n"
	"      --on LIST      orrery, or orrery,xen to run the peer too (default: orrery)\n"
	"      --update       record the figures as the new baseline\n"
	"  -o, --output DIR   folder for the run directories (out/bench/SUITE)\n"
	"  -h, --help         this text\n\n"
	"Exit status: 0 good, 1 a figure is above its limit, worse than recorded or (guests) worse\n"
	"than the peer's, 2 wrong use.\n";

/* "pv" is what micro's guest is called in its baseline. */
static int parse_on(const char *list, struct bench_pair_options *o)
{
	static const char *const alone[] = { "orrery", "pv" };
	static const char *const both[] = { "orrery,xen", "xen,orrery", "pv,xen", "xen,pv" };

	for (int i = 0; i < 2; i++)
		if (!strcmp(list, alone[i]))
			return 0;
	for (int i = 0; i < 4; i++)
		if (!strcmp(list, both[i])) {
			o->peer = true;
			return 0;
		}
	complain("--on %s: known here are orrery and orrery,xen", list);
	return -1;
}

static int run_suite(const char *suite, const struct bench_pair_options *o)
{
	if (!strcmp(suite, "guests"))
		return bench_guests(o);
	if (!strcmp(suite, "micro"))
		return bench_micro(o);
	if (!strcmp(suite, "sched"))
		return bench_sched(o->out, o->update);
	if (!strcmp(suite, "policies"))
		return bench_policies(o->out);
	complain("bench: no suite '%s'; known: micro, guests, sched, policies", suite);
	return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "on", required_argument, NULL, 'n' }, { "update", no_argument, NULL, 'u' },
		{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	struct bench_pair_options o = { 0 };
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
	if (optind + 1 < argc) {
		complain("bench: one suite at a time, not '%s' too", argv[optind + 1]);
		return EXIT_USAGE;
	}
	return run_suite(optind < argc ? argv[optind] : "micro", &o);
}

const struct command command_bench = {
	.name = "bench",
	.summary = "instructions per operation and of whole guests, ours against the peer's",
	.run = run,
};
