/* SPDX-License-Identifier: MIT */
/*
 * Loaded into QEMU (LD_PRELOAD) where a run has to repeat: the host's time of day advances by a fixed step each
 * time a thread asks for it.
 *
 * QEMU 7.2 asks for one purpose only in a machine like ours: its software TLB grows and shrinks by how full it
 * was in the last 100 ms (accel/tcg/cputlb.c, tlb_mmu_resize_locked).  The size decides which entries another
 * displaces, so without this a busy host decides whether an access that the guest did not flush for finds the old
 * translation or takes a page fault, and how many instructions a run has.  A step is about what a flush is apart
 * from the next while Linux boots; with steps from 0 to 1000 us boot-1 was the same bytes.
 */
#include <sys/time.h>

#define STEP_US 400
#define START_S 1767225600 /* 2026-01-01, as the machine's own clock */

/* Each thread has its own: what others ask for depends on the host. */
static _Thread_local unsigned long asked;

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	unsigned long us = ++asked * STEP_US;

	tv->tv_sec = START_S + us / 1000000;
	tv->tv_usec = us % 1000000;
	return 0;
}
