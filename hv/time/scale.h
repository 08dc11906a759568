/* SPDX-License-Identifier: MIT */
/*
 * Fixed-point arithmetic of the clock: ticks to nanoseconds as guests compute
 * it too (vcpu_time_info in <xen/xen.h>), and 64-bit proportions.  Pure.
 */
#ifndef ORRERY_TIME_SCALE_H
#define ORRERY_TIME_SCALE_H

#include "lib/types.h"

/* ns = (ticks << shift) * mul >> 32.  The ABI also knows negative shifts (to the right); a
 * multiplier for 8 GHz still has 29 bits without, so we never use them and save the test. */
struct time_scale {
	u32 mul;
	u8 shift;
};

static inline u64 scale_ticks(u64 ticks, u32 mul, u8 shift)
{
	return (unsigned __int128)(ticks << shift) * mul >> 32;
}

/* a * b / c with the product in 128 bits.  @pre the quotient fits 64 bits, c != 0. */
static inline u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 lo, hi;

	__asm__("mulq %3\n\tdivq %4" : "=&a"(lo), "=&d"(hi) : "0"(a), "rm"(b), "r"(c) : "cc");
	return lo;
}

/* The scale by which @ticks last @ns, to a part in 10^9 or better.
 * @pre both are at least 1000 and below 2^60; at most 8 ticks a nanosecond. */
static inline struct time_scale scale_from(u64 ns, u64 ticks)
{
	struct time_scale s = { 0, 0 };

	while (ns >= ticks) { /* the quotient must stay below 1 */
		ticks <<= 1;
		s.shift++;
	}
	s.mul = mul_div(ns, 1ULL << 32, ticks);
	return s;
}

#endif
