/* SPDX-License-Identifier: MIT */
/*
 * Options of `orrery boot`: what is accepted lands in its field, what cannot be is
 * refused with status 2, and help is not an error.
 */
#include "bench/runner/boot.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>
#include <string.h>

#include "bench/runner/command.h"

/* Parse a line of words; -1 if accepted, else the status. */
static int parse(struct boot_options *o, const char *line)
{
	static char copy[512];
	char *argv[32] = { "boot" };
	int argc = 1, status;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	optind = 0;
	return boot_parse(o, argc, argv, &status) ? -1 : status;
}

Test(runner_options, defaults_and_values)
{
	struct boot_options o;

	cr_assert_eq(parse(&o, ""), -1);
	cr_assert(o.smp == 1 && o.mem_mib == 2048 && !o.fast && !o.xen && o.disk == DISK_SD);
	cr_assert_eq(parse(&o, "--smp 4 --fast --disk ahci --net virtio --run demo -o d --seed 7"), -1);
	cr_assert(o.smp == 4 && o.fast && o.disk == DISK_AHCI && o.net == NET_VIRTIO && o.seed == 7);
	cr_assert_str_eq(o.out, "d");
	cr_assert_eq(parse(&o, "--fast --icount"), -1);
	cr_assert_not(o.fast);
}

Test(runner_options, scenarios_that_need_a_card_get_one)
{
	struct boot_options o;

	cr_assert_eq(parse(&o, "--run netcheck"), -1);
	cr_assert_eq(o.net, NET_E1000);
	cr_assert_eq(parse(&o, "--run netcheck --net none"), -1);
	cr_assert_eq(o.net, NET_NONE);
	cr_assert_eq(parse(&o, "--run poweroff"), -1);
	cr_assert_eq(o.net, NET_NONE);
}

Test(runner_options, guests_are_run_unless_a_scenario_is_named)
{
	struct boot_options o;

	cr_assert_eq(parse(&o, "--guest a.cfg --guest b.cfg"), -1);
	cr_assert(o.nr_guests == 2 && !strcmp(o.guests[1], "b.cfg"));
	cr_assert_str_eq(o.run, "guest-run");
	cr_assert_eq(parse(&o, "--run poweroff --guest a.cfg"), -1);
	cr_assert_str_eq(o.run, "poweroff");
}

Test(runner_options, refused, .init = cr_redirect_stderr)
{
	static const char *const wrong[] = {
		"--smp 0",		   "--smp 65",		     "--smp 4x",
		"--smp -1",		   "--smp",		     "--disk floppy",
		"--net token-ring",	   "--bogus",		     "word",
		"--run ../../etc",	   "--sched a;b",	     "--xen --frames buddy",
		"--xen --heap slab",	   "--dom0-mem 2048",	     "--trace --disk none",
		"--mem 99999999999999999", "--force",
	};
	struct boot_options o;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(parse(&o, wrong[i]), EXIT_USAGE, "%s", wrong[i]);
}

Test(runner_options, help_is_no_error, .init = cr_redirect_stdout)
{
	struct boot_options o;

	cr_assert_eq(parse(&o, "--help"), EXIT_OK);
}
