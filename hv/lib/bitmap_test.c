/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps against an array of bool: random sets and clears, then every search
 * and whole-map function is compared with the obvious loop.  Lengths straddle
 * word ends, and the bits past the length hold garbage on purpose.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/bitmap.h"

#define MAX_BITS 300

static const u64 lengths[] = { 1, 2, 63, 64, 65, 127, 128, 129, 200, 256, 300 };

struct pair {
	bool flag[MAX_BITS];
	DECLARE_BITMAP(map, MAX_BITS);
};

static void fill_randomly(struct pair *p, u64 bits, unsigned seed, unsigned density)
{
	srand(seed);
	for (u64 i = 0; i < MAX_BITS; i++) {
		p->flag[i] = rand() % 100 < density;
		(p->flag[i] ? bitmap_set : bitmap_clear)(p->map, i);
	}
	for (u64 i = bits; i < BITMAP_WORDS(bits) * 64 && i < MAX_BITS; i++)
		(rand() & 1 ? bitmap_set : bitmap_clear)(p->map, i);
}

static u64 obvious_find(const struct pair *p, u64 bits, u64 from, bool value)
{
	while (from < bits && p->flag[from] != value)
		from++;
	return MIN(from, bits);
}

static void compare_all(const struct pair *p, u64 bits)
{
	u64 bit, weight = 0, seen = 0;

	for (u64 i = 0; i < bits; i++) {
		cr_assert_eq(bitmap_test(p->map, i), p->flag[i]);
		cr_assert_eq(bitmap_find_next(p->map, bits, i), obvious_find(p, bits, i, true));
		cr_assert_eq(bitmap_find_next_zero(p->map, bits, i),
			     obvious_find(p, bits, i, false));
		weight += p->flag[i];
	}
	cr_assert_eq(bitmap_find_next(p->map, bits, bits), bits);
	cr_assert_eq(bitmap_weight(p->map, bits), weight);
	cr_assert_eq(bitmap_empty(p->map, bits), weight == 0);
	cr_assert_eq(bitmap_full(p->map, bits), weight == bits);
	bitmap_for_each(bit, p->map, bits) {
		cr_assert(p->flag[bit]);
		seen++;
	}
	cr_assert_eq(seen, weight);
}

Test(lib_bitmap, search_and_weight)
{
	static const unsigned densities[] = { 0, 1, 20, 50, 99, 100 };
	struct pair p;

	for (unsigned l = 0; l < ARRAY_SIZE(lengths); l++)
		for (unsigned d = 0; d < ARRAY_SIZE(densities); d++) {
			fill_randomly(&p, lengths[l], l * 100 + d, densities[d]);
			compare_all(&p, lengths[l]);
		}
}

Test(lib_bitmap, fill_and_zero)
{
	DECLARE_BITMAP(map, MAX_BITS);

	for (unsigned l = 0; l < ARRAY_SIZE(lengths); l++) {
		u64 bits = lengths[l];

		bitmap_fill(map, bits);
		cr_assert(bitmap_full(map, bits));
		cr_assert_eq(bitmap_weight(map, BITMAP_WORDS(bits) * 64), bits);
		bitmap_zero(map, bits);
		cr_assert(bitmap_empty(map, BITMAP_WORDS(bits) * 64));
	}
}

Test(lib_bitmap, set_operations)
{
	struct pair a, b;
	DECLARE_BITMAP(r, MAX_BITS);

	for (unsigned l = 0; l < ARRAY_SIZE(lengths); l++) {
		u64 bits = lengths[l];
		bool meet = false, same = true;

		fill_randomly(&a, bits, l, 10);
		fill_randomly(&b, bits, l + 1000, 10);
		for (u64 i = 0; i < bits; i++) {
			meet |= a.flag[i] && b.flag[i];
			same &= a.flag[i] == b.flag[i];
		}
		cr_assert_eq(bitmap_intersects(a.map, b.map, bits), meet);
		cr_assert_eq(bitmap_equal(a.map, b.map, bits), same);
		bitmap_copy(r, a.map, bits);
		cr_assert(bitmap_equal(r, a.map, bits));
		for (u64 i = 0; i < bits; i++) {
			bitmap_and(r, a.map, b.map, bits);
			cr_assert_eq(bitmap_test(r, i), a.flag[i] && b.flag[i]);
			bitmap_or(r, a.map, b.map, bits);
			cr_assert_eq(bitmap_test(r, i), a.flag[i] || b.flag[i]);
			bitmap_andnot(r, a.map, b.map, bits);
			cr_assert_eq(bitmap_test(r, i), a.flag[i] && !b.flag[i]);
		}
	}
}

Test(lib_bitmap, test_and_modify)
{
	DECLARE_BITMAP(map, MAX_BITS) = { 0 };
	DECLARE_BITMAP(amap, MAX_BITS) = { 0 };

	srand(5);
	for (unsigned i = 0; i < 5000; i++) {
		u64 bit = rand() % MAX_BITS;
		bool was = bitmap_test(map, bit);

		if (rand() & 1) {
			cr_assert_eq(bitmap_test_and_set(map, bit), was);
			cr_assert_eq(bitmap_atomic_test_and_set(amap, bit), was);
			cr_assert(bitmap_test(map, bit));
		} else {
			cr_assert_eq(bitmap_test_and_clear(map, bit), was);
			cr_assert_eq(bitmap_atomic_test_and_clear(amap, bit), was);
			cr_assert(!bitmap_test(map, bit));
		}
		cr_assert(bitmap_equal(map, amap, MAX_BITS));
	}
	bitmap_atomic_set(amap, 77);
	cr_assert(bitmap_test(amap, 77));
	bitmap_atomic_clear(amap, 77);
	cr_assert(!bitmap_test(amap, 77));
}

Test(lib_bitmap, bit_numbers)
{
	for (unsigned i = 0; i < 64; i++) {
		u64 v = 1ULL << i;

		cr_assert_eq(lowest_bit(v | 1ULL << 63), i);
		cr_assert_eq(highest_bit(v | 1), i);
		cr_assert_eq(popcount64(v - 1), i);
	}
	cr_assert_eq(popcount64(~0ULL), 64);
}
