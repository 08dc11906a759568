/* SPDX-License-Identifier: MIT */
/*
 * Micro-benchmarks: instructions per operation, as the TSC counts them in
 * QEMU's instruction-count mode.  For each operation 20 rounds to warm up and
 * ROUNDS that are measured, less the empty pair of RDTSC; printed as
 *	ORRERY bench.<name>=median p10 p90 min max
 * The operations are the platform's (pv/ops.c); this file only measures.
 */
#include "bench/guests/micro.h"

#define WARM_UP 20
#define ROUNDS 1000

static u64 samples[ROUNDS];

static void sort(u64 *a, unsigned n)
{
	for (unsigned gap = n / 2; gap; gap /= 2)
		for (unsigned i = gap; i < n; i++) {
			u64 v = a[i];
			unsigned j = i;

			for (; j >= gap && a[j - gap] > v; j -= gap)
				a[j] = a[j - gap];
			a[j] = v;
		}
}

static void report(const char *name, unsigned n, u64 divisor, u64 overhead)
{
	sort(samples, n);
	for (unsigned i = 0; i < n; i++)
		samples[i] = samples[i] > overhead ? (samples[i] - overhead) / divisor : 0;
	print("ORRERY bench.%s=%lu %lu %lu %lu %lu\n", name, samples[n / 2], samples[n / 10],
	      samples[n * 9 / 10], samples[0], samples[n - 1]);
}

/* Called through a pointer even when empty, so that the call's cost cancels out. */
static void nothing(void)
{
}

static u64 measure(void (*volatile op)(void), void (*volatile prepare)(void), unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		u64 start;

		prepare();
		start = rdtsc();
		op();
		samples[i] = rdtsc() - start;
	}
	sort(samples, n);
	return samples[n / 2];
}

void micro_run(const struct micro_op *ops, unsigned n)
{
	u64 empty;

	measure(nothing, nothing, WARM_UP);
	empty = measure(nothing, nothing, ROUNDS);
	for (unsigned i = 0; i < n; i++) {
		const struct micro_op *o = &ops[i];
		void (*prepare)(void) = o->prepare ? o->prepare : nothing;

		if (o->setup && o->setup()) {
			print("ORRERY bench-skipped=%s\n", o->name);
			continue;
		}
		measure(o->op, prepare, WARM_UP);
		measure(o->op, prepare, ROUNDS);
		report(o->name, ROUNDS, o->per ? o->per : 1, empty);
	}
}

void micro_report_samples(const char *name, const u64 *values, unsigned n, u64 overhead)
{
	for (unsigned i = 0; i < n && i < ROUNDS; i++)
		samples[i] = values[i];
	report(name, n < ROUNDS ? n : ROUNDS, 1, overhead);
}
