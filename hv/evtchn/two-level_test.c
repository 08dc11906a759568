/* SPDX-License-Identifier: MIT */
/*
 * The 2-level ABI's bits: when an upcall is due and when it is not.
 */
#include "evtchn/two-level.h"

#include <criterion/criterion.h>
#include <string.h>

static u64 pending[64], mask[64], sel;

static void all_clear(void)
{
	memset(pending, 0, sizeof(pending));
	memset(mask, 0, sizeof(mask));
	sel = 0;
}

Test(evtchn_two_level, a_new_event_is_told_once)
{
	all_clear();
	cr_assert(two_level_raise(pending, mask, &sel, 4095));
	cr_assert_eq(pending[63], 1ULL << 63);
	cr_assert_eq(sel, 1ULL << 63);
	cr_assert_not(two_level_raise(pending, mask, &sel, 4095));
}

Test(evtchn_two_level, a_second_event_of_the_word_needs_no_upcall)
{
	all_clear();
	cr_assert(two_level_raise(pending, mask, &sel, 70));
	cr_assert_not(two_level_raise(pending, mask, &sel, 71));
	cr_assert_eq(pending[1], 3ULL << 6);
}

Test(evtchn_two_level, masked_is_pending_but_silent_until_unmasked)
{
	all_clear();
	mask[0] = 1ULL << 9;
	cr_assert_not(two_level_raise(pending, mask, &sel, 9));
	cr_assert_eq(pending[0], 1ULL << 9);
	cr_assert_eq(sel, 0);
	cr_assert(two_level_unmask(pending, mask, &sel, 9));
	cr_assert_eq(sel, 1);
	cr_assert_not(two_level_unmask(pending, mask, &sel, 9), "it was not masked");
}

Test(evtchn_two_level, unmasking_without_an_event_tells_nothing)
{
	all_clear();
	mask[2] = ~0ULL;
	cr_assert_not(two_level_unmask(pending, mask, &sel, 130));
	cr_assert_eq(mask[2], ~(1ULL << 2));
	cr_assert_eq(sel, 0);
}
