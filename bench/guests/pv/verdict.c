/* SPDX-License-Identifier: MIT */
/*
 * Checks and verdicts of guests (verdict.h).
 */
#include "bench/guests/pv/verdict.h"

static u64 checks, failures;

void check(const char *what, long got, long want)
{
	checks++;
	if (got == want)
		return;
	failures++;
	print("FAIL %s: %ld, not %ld\n", what, got, want);
}

void guest_verdict(u64 more)
{
	failures += more;
	print("ORRERY checks=%lu failures=%lu\n", checks, failures);
	print("GUEST failures=%lu\nGUEST end\n", failures);
	print("ORRERY result=%s\nORRERY-INIT end\n", failures ? "fail" : "pass");
}

void guest_fail(const char *what)
{
	print("FAIL %s\n", what);
	guest_verdict(1);
	guest_stop();
}

u64 number_option(const char *cmdline, const char *name, u64 otherwise)
{
	char text[24];
	u64 n = 0;

	if (!option(cmdline, name, text, sizeof(text)))
		return otherwise;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (*p - '0');
	return n;
}
