/* SPDX-License-Identifier: MIT */
/*
 * Clock arithmetic: the scale of common frequencies, its error over an hour,
 * and the limits of its multiplier.
 */
#include <criterion/criterion.h>

#include "time/scale.h"

#define SECOND 1000000000ULL

Test(time_scale, one_gigahertz_is_exact)
{
	struct time_scale s = scale_from(SECOND, SECOND);

	cr_assert_eq(s.mul, 0x80000000U);
	cr_assert_eq(s.shift, 1);
	cr_assert_eq(scale_ticks(123456789012345ULL, s.mul, s.shift), 123456789012345ULL);
}

Test(time_scale, an_hour_at_any_frequency)
{
	static const u64 hz[] = { 3579545, 24000000, 999999937, 1000000001, 2592000000, 5100000000 };

	for (unsigned i = 0; i < sizeof(hz) / sizeof(hz[0]); i++) {
		struct time_scale s = scale_from(SECOND, hz[i]);
		s64 error = scale_ticks(hz[i] * 3600, s.mul, s.shift) - 3600 * SECOND;

		cr_assert(error <= 0 && error > -4 * 3600, "%lu Hz: %ld ns", (unsigned long)hz[i], (long)error);
	}
}

Test(time_scale, proportions_use_128_bits)
{
	cr_assert_eq(mul_div(~0ULL, 3, 6), ~0ULL / 2);
	cr_assert_eq(mul_div(3579545ULL * 86400, SECOND, 3579545), 86400 * SECOND);
}
