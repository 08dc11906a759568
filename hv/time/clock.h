/* SPDX-License-Identifier: MIT */
/*
 * The clock: TSC calibration, the scale each pCPU turns its TSC into
 * nanoseconds with (struct pcpu: tsc_stamp, stime_stamp, tsc_mul, tsc_shift),
 * its correction against a platform timer, and the time of day at boot.
 * now_ns() itself is in time/timer.h and is 0 until clock_init().
 */
#ifndef ORRERY_TIME_CLOCK_H
#define ORRERY_TIME_CLOCK_H

#include "time/scale.h"
#include "x86/cpu.h"

extern u32 tsc_khz; /* measured at boot */

/* now_ns() inline, for the few places that are run through all the time. */
static inline s_time_t clock_now(void)
{
	const struct pcpu *p = this_cpu();

	return p->stime_stamp + scale_ticks(rdtsc() - p->tsc_stamp, p->tsc_mul, p->tsc_shift);
}

/* Boot pCPU: note where time starts, as early as possible. */
void clock_start(void);
/* Boot pCPU: calibrate (10 ms) and start the clock.  @pre acpi_init() */
void clock_init(void);
/* Is one scale right on all pCPUs, for ever? Once false it stays so. */
bool clock_is_stable(void);
/* Boot pCPU, timers ready: correct the scale once a second unless it is stable. */
void clock_start_correction(void);

/*
 * Meeting of the boot pCPU and a new one: measures the distance of their TSCs and
 * gives the new one its scale.  Both sides call it at the same time, interrupts
 * off; false if the TSCs differ (the new one's stamp then makes up for it).
 */
bool clock_sync_lead(unsigned cpu);
void clock_sync_follow(void);

/* Timer softirq: take over a scale that pCPU 0 has changed.  Calls the hook if it did. */
void clock_take_update(void);
/* Called on each pCPU after its scale changed: the running guest's time page is stale. */
void clock_set_update_hook(void (*fn)(void));

/* Seconds since 1970-01-01 UTC by the CMOS clock, now. */
u64 wallclock_read_boot(void);

/* Wait at least @ns, busily.  Before clock_init() it is at least a few times longer. */
void delay_ns(u64 ns);

#endif
