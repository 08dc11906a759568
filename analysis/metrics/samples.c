/* SPDX-License-Identifier: MIT */
/*
 * A bag of numbers.  Sorted when first asked, again only after an addition.
 */
#include "analysis/metrics/samples.h"

#include <stdlib.h>

void samples_add(struct samples *s, u64 value)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 16;
		s->v = reallocarray(s->v, s->room, sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->count++] = value;
	s->sum += value;
	s->sorted = false;
}

void samples_free(struct samples *s)
{
	free(s->v);
	*s = (struct samples){ 0 };
}

static int ascending(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

const u64 *samples_sorted(struct samples *s)
{
	if (!s->sorted && s->count)
		qsort(s->v, s->count, sizeof(*s->v), ascending);
	s->sorted = true;
	return s->v;
}

u64 samples_percentile(struct samples *s, unsigned permille)
{
	size_t rank;

	if (!s->count)
		return 0;
	rank = (s->count * permille + 999) / 1000;
	return samples_sorted(s)[rank ? rank - 1 : 0];
}

u64 samples_mean(const struct samples *s)
{
	return s->count ? s->sum / s->count : 0;
}
