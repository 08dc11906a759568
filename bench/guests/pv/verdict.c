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

void check_refused(const char *what, long got)
{
	checks++;
	if (got < 0)
		return;
	failures++;
	print("FAIL %s: %ld, not an error\n", what, got);
}

u64 guest_failures(void)
{
	return failures;
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
