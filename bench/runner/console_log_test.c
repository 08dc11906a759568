/* SPDX-License-Identifier: MIT */
/*
 * Console log parser: markers count only where /init puts them, times come out in
 * nanoseconds, and damaged or hostile lines neither crash nor count.
 */
#include "bench/runner/console_log.h"

#include <criterion/criterion.h>
#include <string.h>

static struct console_log parsed(const char *text)
{
	struct console_log log;

	console_log_parse(&log, text, strlen(text));
	return log;
}

Test(runner_console, markers_of_a_whole_run)
{
	struct console_log log = parsed("(ORR) hello\r\nORRERY-INIT start\r\nORRERY init-tsc=5000\n"
					"ORRERY scenario=demo\nORRERY-KLOG <4>[    1.5] no stamp\n"
					"ORRERY-KLOG <12>[    0.000003] orrery: init tsc=9000\n"
					"ORRERY end-tsc=7000\nORRERY-INIT end\r");

	cr_assert(log.init_started && log.init_ended);
	cr_assert_eq(log.init_tsc, 5000);
	cr_assert_eq(log.end_tsc, 7000);
	cr_assert(log.has_printk_offset);
	cr_assert_eq(log.printk_offset_ns, 6000);
	cr_assert_eq(log.nr_klog, 1);
	cr_assert_str_eq(log.klog[0], "<4>[    1.5] no stamp");
	cr_assert_str_eq(console_log_value(&log, "scenario"), "demo");
	cr_assert_null(console_log_value(&log, "scen"));
	console_log_free(&log);
}

Test(runner_console, markers_only_at_line_start)
{
	struct console_log log = parsed("x ORRERY a=1\n ORRERY-INIT end\nORRERY =1\nORRERY b\n");

	cr_assert_eq(log.nr_values, 0);
	cr_assert_not(log.init_ended);
	console_log_free(&log);
}

Test(runner_console, last_value_wins_and_none_is_lost)
{
	struct console_log log = parsed("ORRERY a=1\nORRERY a=2\nORRERY c=x=y\nORRERY a=3");

	cr_assert_eq(log.nr_values, 4);
	cr_assert_str_eq(console_log_value(&log, "a"), "3");
	cr_assert_str_eq(console_log_value(&log, "c"), "x=y");
	console_log_free(&log);
}

Test(runner_console, counters_must_be_plain_numbers)
{
	struct console_log log = parsed("ORRERY init-tsc=12x\nORRERY end-tsc=99999999999999999999\n");

	cr_assert_not(log.has_init_tsc);
	cr_assert_not(log.has_end_tsc);
	console_log_free(&log);
}

Test(runner_console, printk_stamps)
{
	static const char *const bad[] = { "", "[", "[ 1.2]", "[1.2345678] x", "1.234567] x", "[1,234567]" };
	int64_t ns;
	size_t at;

	cr_assert(console_printk_stamp("[   12.345678] text", 19, &ns, &at));
	cr_assert_eq(ns, 12345678000);
	cr_assert_eq(at, 15);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(console_printk_stamp(bad[i], strlen(bad[i]), &ns, &at), "%s", bad[i]);
}

Test(runner_console, no_terminator_is_read)
{
	char text[] = { 'O', 'R', 'R', 'E', 'R', 'Y', ' ', 'a', '=' };
	struct console_log log;

	for (size_t len = 0; len <= sizeof(text); len++) {
		console_log_parse(&log, text, len);
		cr_assert_eq(log.nr_values, len == sizeof(text));
		console_log_free(&log);
	}
}
