/* SPDX-License-Identifier: MIT */
/*
 * A bag of numbers and what is asked of one: count, sum, extremes and
 * percentiles.  Keeps every sample, so percentiles are exact: the nearest-rank
 * definition, the smallest sample that at least p percent do not exceed.
 */
#ifndef ORRERY_ANALYSIS_SAMPLES_H
#define ORRERY_ANALYSIS_SAMPLES_H

#include "lib/types.h"

struct samples {
	u64 *v;
	size_t count, room;
	u64 sum;
	bool sorted;
};

void samples_add(struct samples *s, u64 value);
void samples_free(struct samples *s);
/* @permille 0..1000 (500: the median); 0 when there are none. */
u64 samples_percentile(struct samples *s, unsigned permille);
u64 samples_mean(const struct samples *s); /* rounded down; 0 when there are none */
/* In ascending order. */
const u64 *samples_sorted(struct samples *s);

#endif
