/* SPDX-License-Identifier: MIT */
/*
 * Claims: the promise is kept against everybody else, shrinks as its owner
 * allocates, cannot exceed what is free, and a random history agrees with a
 * plain array of claims.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "memory/frame-claims.h"

Test(frame_claims, promise_is_kept_and_used_up)
{
	struct frame_claims c = { 0 };

	cr_assert(frame_claims_allow(&c, 1, 100, 100));
	cr_assert(!frame_claims_allow(&c, 1, 101, 100));
	cr_assert_eq(frame_claims_set(&c, 5, 60, 100), 0);
	cr_assert(!frame_claims_allow(&c, 1, 41, 100));
	cr_assert(frame_claims_allow(&c, 1, 40, 100));
	cr_assert(frame_claims_allow(&c, 5, 100, 100), "the owner may take the rest too");
	frame_claims_use(&c, 1, 40);
	cr_assert_eq(frame_claims_of(&c, 5), 60, "somebody else's use does not count");
	frame_claims_use(&c, 5, 25);
	cr_assert_eq(frame_claims_of(&c, 5), 35);
	cr_assert_eq(c.total, 35);
	frame_claims_use(&c, 5, 50);
	cr_assert_eq(frame_claims_of(&c, 5), 0);
	cr_assert(c.total == 0 && c.count == 0);
}

Test(frame_claims, no_more_than_is_free)
{
	struct frame_claims c = { 0 };

	cr_assert_eq(frame_claims_set(&c, 1, 101, 100), -ENOMEM);
	cr_assert_eq(frame_claims_set(&c, 1, 70, 100), 0);
	cr_assert_eq(frame_claims_set(&c, 2, 31, 100), -ENOMEM);
	cr_assert_eq(frame_claims_set(&c, 2, 30, 100), 0);
	cr_assert_eq(frame_claims_set(&c, 1, 71, 100), -ENOMEM);
	cr_assert_eq(frame_claims_of(&c, 1), 70, "a refused change changes nothing");
	cr_assert_eq(frame_claims_set(&c, 1, 0, 10), 0, "dropping always works");
	cr_assert_eq(frame_claims_set(&c, 1, UINT64_MAX, 100), -ENOMEM);
	cr_assert(!frame_claims_allow(&c, 9, 1, 20), "fewer free than promised");
	cr_assert_eq(c.total, 30);
}

Test(frame_claims, table_can_be_full)
{
	struct frame_claims c = { 0 };

	for (unsigned d = 0; d < FRAME_CLAIMS; d++)
		cr_assert_eq(frame_claims_set(&c, d, 1, 1000), 0);
	cr_assert_eq(frame_claims_set(&c, 999, 1, 1000), -ENOSPC);
	cr_assert_eq(frame_claims_set(&c, 999, 0, 1000), 0);
	cr_assert_eq(frame_claims_set(&c, 3, 2, 1000), 0);
	cr_assert_eq(frame_claims_set(&c, 4, 0, 1000), 0);
	cr_assert_eq(frame_claims_set(&c, 999, 1, 1000), 0);
	cr_assert_eq(c.total, FRAME_CLAIMS + 1);
}

Test(frame_claims, random_history)
{
	struct frame_claims c = { 0 };
	u64 plain[20] = { 0 }, sum = 0, free = 500;

	srand(11);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned d = rand() % 20;
		u64 n = rand() % 60;

		if (rand() & 1) {
			bool fits = !n || sum - plain[d] + n <= free;

			cr_assert_eq(frame_claims_set(&c, d, n, free), fits ? 0 : -ENOMEM);
			if (fits) {
				sum += n - plain[d];
				plain[d] = n;
			}
		} else {
			bool allowed = frame_claims_allow(&c, d, n, free);

			cr_assert_eq(allowed, sum - plain[d] + n <= free);
			if (allowed) {
				frame_claims_use(&c, d, n);
				sum -= MIN(plain[d], n);
				plain[d] -= MIN(plain[d], n);
				free -= n;
			}
			free += rand() % 60;
		}
		cr_assert_eq(c.total, sum);
		cr_assert_eq(frame_claims_of(&c, d), plain[d]);
	}
}
