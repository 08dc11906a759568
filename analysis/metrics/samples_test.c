/* SPDX-License-Identifier: MIT */
/*
 * Percentiles by nearest rank, against values worked out by hand.
 */
#include <criterion/criterion.h>

#include "analysis/metrics/samples.h"

Test(samples, empty_bag)
{
	struct samples s = { 0 };

	cr_assert_eq(samples_percentile(&s, 500), 0);
	cr_assert_eq(samples_mean(&s), 0);
	samples_free(&s);
}

Test(samples, one_sample_is_every_percentile)
{
	struct samples s = { 0 };

	samples_add(&s, 42);
	for (unsigned p = 0; p <= 1000; p += 50)
		cr_assert_eq(samples_percentile(&s, p), 42);
	samples_free(&s);
}

Test(samples, nearest_rank)
{
	/* The usual textbook list: ranks 1, 2, 2, 3, 5 for 5, 30, 40, 50 and 100 percent. */
	static const u64 v[] = { 40, 15, 50, 20, 35 };
	struct samples s = { 0 };

	for (unsigned i = 0; i < 5; i++)
		samples_add(&s, v[i]);
	cr_assert_eq(samples_percentile(&s, 50), 15);
	cr_assert_eq(samples_percentile(&s, 300), 20);
	cr_assert_eq(samples_percentile(&s, 400), 20);
	cr_assert_eq(samples_percentile(&s, 500), 35);
	cr_assert_eq(samples_percentile(&s, 1000), 50);
	cr_assert_eq(samples_mean(&s), 32);
	samples_free(&s);
}

Test(samples, additions_after_a_question_count)
{
	struct samples s = { 0 };

	for (u64 i = 100; i >= 1; i--)
		samples_add(&s, i);
	cr_assert_eq(samples_percentile(&s, 990), 99);
	samples_add(&s, 1000);
	cr_assert_eq(samples_percentile(&s, 1000), 1000);
	cr_assert_eq(samples_percentile(&s, 0), 1);
	cr_assert_eq(s.sum, 5050 + 1000);
	samples_free(&s);
}
