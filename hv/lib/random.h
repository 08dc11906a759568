/* SPDX-License-Identifier: MIT */
/*
 * The one generator of whatever has to be random and the same again: policies,
 * the simulator, workloads, the fuzzing guest.  No state but the caller's; needs
 * nothing of the rest, so that guests can include it.
 */
#ifndef ORRERY_LIB_RANDOM_H
#define ORRERY_LIB_RANDOM_H

#include <stdint.h>

/* Uniform 64 bits: xorshift64* (Vigna 2016).  @pre *@state is not 0, and never becomes so */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

#endif
