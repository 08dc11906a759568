/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the surveying guest.  Each answer is one line,
 * "ANSWER key = values", so that two runs can be compared key by key.
 */
#ifndef ORRERY_GUESTS_SURVEY_H
#define ORRERY_GUESTS_SURVEY_H

#include "bench/guests/pv/pv.h"

void survey_processor(void); /* CPUID, MSRs, control and debug registers */
void survey_start(void);     /* start_info, shared_info, version and memory queries */
void survey_device_memory(void); /* machine addresses Dom0 may map */
void survey_io(void);        /* ports, interval timer, clock */
void survey_interrupts(void); /* physdev_op */
void survey_scheduling(void); /* affinity */

/* Exception of the last probe: vector + 1, or 0. */
static inline u64 probe_result(void)
{
	return last_vector == ~0UL ? 0 : last_vector + 1;
}

#endif
