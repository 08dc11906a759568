/* SPDX-License-Identifier: MIT */
/*
 * The time stamp counter where order matters, and busy waiting that touches nothing.
 */
#ifndef ORRERY_X86_TSC_H
#define ORRERY_X86_TSC_H

#include "x86/cpu.h"

/* Not before what precedes it in the program is done. */
static inline u64 rdtsc_ordered(void)
{
	__asm__ volatile("lfence" : : : "memory");
	return rdtsc();
}

/* Two instructions an iteration: in an emulator, far cheaper than looking at a device. */
static inline void spin_iterations(unsigned long n)
{
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc");
}

#endif
