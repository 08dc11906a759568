/* SPDX-License-Identifier: MIT */
/*
 * Comparing dispatch orders: equal, different, one longer than the other, and
 * the slack at the end.
 */
#include <criterion/criterion.h>

#include "analysis/metrics/order.h"

#define US 1000ULL
#define FOR_EVER UINT64_MAX

static struct order_entry one[] = { { 0, 1, 0 }, { 100 * US, 2, 0 }, { 200 * US, 1, 0 } };
static struct order_entry late[] = { { 0, 1, 0 }, { 101 * US, 2, 0 }, { 205 * US, 1, 0 } };
static struct order_entry other[] = { { 0, 1, 0 }, { 100 * US, 1, 1 }, { 200 * US, 1, 0 } };

static struct order of(struct order_entry *e, size_t nr)
{
	return (struct order){ .entry = e, .nr = nr, .end_ns = 1000 * US };
}

Test(order, same_order_may_shift)
{
	struct order a = of(one, 3), b = of(late, 3);
	struct order_verdict v = order_compare(&a, &b, FOR_EVER, 0);

	cr_assert(!v.differs);
	cr_assert_eq(v.same, 3);
	cr_assert_eq(v.shift_ns, 5 * US);
	cr_assert_eq(v.shift_at_ns, 200 * US);
}

Test(order, another_vcpu_is_a_difference)
{
	struct order a = of(one, 3), b = of(other, 3);
	struct order_verdict v = order_compare(&a, &b, FOR_EVER, 0);

	cr_assert(v.differs);
	cr_assert_eq(v.same, 1);
	cr_assert(!order_compare(&a, &b, 50 * US, 0).differs);
}

Test(order, a_dispatch_more_is_a_difference)
{
	struct order a = of(one, 3), b = of(late, 2);

	cr_assert(order_compare(&a, &b, FOR_EVER, 0).differs);
	cr_assert(order_compare(&b, &a, FOR_EVER, 0).differs);
	cr_assert(!order_compare(&a, &b, 210 * US, 20 * US).differs);
}

Test(order, nothing_beside_something_is_a_difference)
{
	struct order a = of(one, 3), b = of(one, 0);

	cr_assert(order_compare(&a, &b, FOR_EVER, 0).differs);
}
