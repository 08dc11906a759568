/* SPDX-License-Identifier: MIT */
/*
 * A counter of known frequency beside the TSC: the ACPI PM timer, else the
 * HPET, else channel 2 of the PIT.  Only calibration reads it.  Boot pCPU only,
 * no lock; afterwards from the timer softirq of pCPU 0 alone.
 */
#ifndef ORRERY_X86_PLATFORM_TIMER_H
#define ORRERY_X86_PLATFORM_TIMER_H

#include "lib/types.h"

struct platform_timer {
	const char *name;
	u64 hz;
	u32 mask;           /* the counter wraps after this value */
	bool runs_forever;  /* usable after boot (Dom0 does not touch it) */
	u32 (*read)(void);  /* counts up */
};

/* Choose one; never NULL.  @pre acpi_init() */
const struct platform_timer *platform_timer_init(void);

#endif
