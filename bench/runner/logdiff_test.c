/* SPDX-License-Identifier: MIT */
/*
 * Log comparison: numbers and addresses do not count, words and levels do, and a
 * message of ours the peer never gave is seen whatever its place.
 */
#include "bench/runner/logdiff.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *line, const char *normal)
{
	char *got = logdiff_normalise(line);

	cr_assert_str_eq(got, normal);
	free(got);
}

Test(runner_logdiff, normalising)
{
	expect("<4>[    1.913766] Grant table initialized", "<4>Grant table initialized");
	expect("<3>[   12.000001] irq 24: nobody cared", "<3>irq #: nobody cared");
	expect("<4>[    0.1] x", "<4>[    #.#] x");
	expect("<4>[    1.000000] BAR 0xfebd1000 at feb00000 of dead", "<4>BAR # at # of dead");
	expect("<4>[    1.000000] cpu12 v4.17.7", "<4>cpu# v#.#.#");
	expect("<4", "<#");
	expect("", "");
}

static struct console_log log_of(const char *text)
{
	struct console_log log;

	console_log_parse(&log, text, strlen(text));
	return log;
}

Test(runner_logdiff, compares_kinds_and_counts)
{
	struct console_log peer = log_of("ORRERY-KLOG <4>[    1.000000] cpu 0 event 25\n"
					 "ORRERY-KLOG <4>[    1.000000] gone\n");
	struct console_log ours = log_of("ORRERY-KLOG <4>[    2.000000] cpu 0 event 25\n"
					 "ORRERY-KLOG <4>[    2.000001] cpu 1 event 31\n"
					 "ORRERY-KLOG <3>[    3.000000] gone\n");
	struct logdiff d;

	logdiff_compare(&d, &peer, &ours);
	cr_assert_eq(d.nr, 3);
	cr_assert_str_eq(d.lines[0].text, "<3>gone");
	cr_assert(d.lines[0].ours == 1 && d.lines[0].peer == 0);
	cr_assert_str_eq(d.lines[1].text, "<4>cpu # event #");
	cr_assert(d.lines[1].ours == 2 && d.lines[1].peer == 1);
	cr_assert_str_eq(d.lines[2].text, "<4>gone");
	cr_assert(d.lines[2].ours == 0 && d.lines[2].peer == 1);
	logdiff_free(&d);
	console_log_free(&peer);
	console_log_free(&ours);
}
