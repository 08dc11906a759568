/* SPDX-License-Identifier: MIT */
/*
 * One operation to measure.  @setup runs once and returns not 0 if the
 * platform lacks the operation; @prepare runs before each round, unmeasured;
 * @per divides the figure (operations of a batch), 0 for one.
 */
#ifndef ORRERY_GUESTS_MICRO_H
#define ORRERY_GUESTS_MICRO_H

#include "bench/guests/guest.h"

struct micro_op {
	const char *name;
	void (*op)(void);
	int (*setup)(void);
	void (*prepare)(void);
	unsigned per;
};

void micro_run(const struct micro_op *ops, unsigned n);
/* Figures the platform took itself (in user mode). */
void micro_report_samples(const char *name, const u64 *values, unsigned n, u64 overhead);

#endif
