/* SPDX-License-Identifier: MIT */
/*
 * Samples of a workload and their percentiles; contracts in workload.h.
 */
#include "bench/guests/pv/workload.h"

void samples_add(struct samples *s, s64 ns)
{
	s->count++;
	s->sum += ns;
	if (s->kept < SAMPLES)
		s->ns[s->kept++] = ns > UINT32_MAX ? UINT32_MAX : ns;
}

/* Every second one of both stays while they do not fit together. */
static void thin_out(struct samples *s)
{
	for (u32 i = 0; i < s->kept / 2; i++)
		s->ns[i] = s->ns[2 * i];
	s->kept /= 2;
}

static void add_all(struct samples *all, const struct samples *more)
{
	u32 step = 1;

	if (all->kept + more->kept > SAMPLES) {
		thin_out(all);
		step = 2;
	}
	for (u32 i = 0; i < more->kept && all->kept < SAMPLES; i += step)
		all->ns[all->kept++] = more->ns[i];
	all->count += more->count;
	all->sum += more->sum;
}

void results_add(struct results *all, const struct results *more)
{
	all->ran += more->ran;
	all->spun += more->spun;
	all->rounds += more->rounds;
	all->missed += more->missed;
	add_all(&all->wait, &more->wait);
	add_all(&all->response, &more->response);
}

static void sort(u32 *a, u32 n)
{
	for (u32 gap = n / 2; gap; gap /= 2)
		for (u32 i = gap; i < n; i++) {
			u32 v = a[i], j = i;

			for (; j >= gap && a[j - gap] > v; j -= gap)
				a[j] = a[j - gap];
			a[j] = v;
		}
}

/* Nearest rank, as scenario.c has it. */
static u32 at_permille(const struct samples *s, u32 permille)
{
	u32 rank = (s->kept * permille + 999) / 1000;

	return s->kept ? s->ns[rank ? rank - 1 : 0] : 0;
}

static void tell(const char *name, struct samples *s)
{
	sort(s->ns, s->kept);
	print("GUEST %s_p50_ns=%u\n", name, at_permille(s, 500));
	print("GUEST %s_p99_ns=%u\n", name, at_permille(s, 990));
	print("GUEST %s_max_ns=%u\n", name, at_permille(s, 1000));
	print("GUEST %s_mean_ns=%lu\n", name, s->count ? s->sum / s->count : 0);
}

void results_tell(struct results *r)
{
	print("GUEST ran_ns=%ld\n", r->ran);
	print("GUEST spun_ns=%ld\n", r->spun);
	print("GUEST rounds=%lu\n", r->rounds);
	print("GUEST missed=%lu\n", r->missed);
	tell("wait", &r->wait);
	tell("response", &r->response);
	print("GUEST end\n");
}
