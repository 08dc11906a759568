/* SPDX-License-Identifier: MIT */
/*
 * What the vCPUs of a workload got (workload.c), and how it is told.
 */
#ifndef ORRERY_GUESTS_WORKLOAD_H
#define ORRERY_GUESTS_WORKLOAD_H

#include "bench/guests/guest.h"

#define SAMPLES (1u << 14)

/* Bytes in a hole of struct vcpu_info: the guest's "I hold a lock", the hypervisor's "your time is up", the
 * guest's "I yield to that vCPU". */
#define HINT_HOLDS_LOCK 2
#define HINT_GIVE_WAY 3
#define HINT_YIELD_TO 4

struct samples {
	u32 ns[SAMPLES];
	u32 kept;
	u64 count, sum;
};

struct results {
	s64 ran, spun;
	u64 rounds, missed;
	struct samples wait, response;
};

void samples_add(struct samples *s, s64 ns);
/* @more's to @all's; of samples as many as there is room for, from both alike. */
void results_add(struct results *all, const struct results *more);
/* Lines "GUEST name=value" on the console, then "GUEST end". */
void results_tell(struct results *r);

#endif
