/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the event guest, and how a guest that checks reports.
 */
#ifndef ORRERY_GUESTS_EVENTS_H
#define ORRERY_GUESTS_EVENTS_H

#include "bench/guests/pv/smp.h"
#include "bench/guests/pv/verdict.h"

/* Limits, error codes, order and reset of event channels; @ports: the highest port there is,
 * 0: not looked for (with the FIFO ABI Xen takes minutes to get there). */
void run_rules(u32 ports, unsigned vcpus);

#endif
