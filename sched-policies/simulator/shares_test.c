/* SPDX-License-Identifier: MIT */
/*
 * Shares over random workloads: vCPUs of random weights that compute, and some
 * that need little, on one pCPU or equal ones on several; each must get what
 * weighted max-min fairness gives it, within 10% and one hundredth of a pCPU.
 * A case that fails is made smaller step by step while it fails, and printed as
 * a scenario that `orrery sim` runs.
 */
#include "sched-policies/simulator/properties.h"

#include <stdio.h>
#include <string.h>

#define MOST_VMS 7
#define LENGTH (20 * SEC)
#define WARMUP (2 * SEC)
#define GAP (20 * MS)

struct vm {
	s64 weight;
	s64 work; /* 0: computes always; else so much every 20 ms */
};

struct share_case {
	u64 seed;
	u32 pcpus, nr;
	struct vm vm[MOST_VMS];
};

struct outcome {
	double want[MOST_VMS], got[MOST_VMS];
	int worst; /* -1: all within bounds */
};

static bool has_weight(const struct sched_policy *p)
{
	return sched_tunable_find(p->domain_params, p->nr_domain_params, "weight", NULL);
}

static double demand(const struct vm *vm)
{
	return vm->work ? (double)vm->work / GAP : 1;
}

/* Who needs less than its share gets what it needs; the others share the rest by weight. */
static void expect(const struct share_case *c, double *want)
{
	bool given[MOST_VMS] = { false }, again = true;
	double left = c->pcpus;

	while (again) {
		double weights = 0, rest = left;

		again = false;
		for (u32 i = 0; i < c->nr; i++)
			weights += given[i] ? 0 : c->vm[i].weight;
		for (u32 i = 0; i < c->nr; i++) {
			if (given[i])
				continue;
			want[i] = rest * c->vm[i].weight / weights;
			if (want[i] < demand(&c->vm[i]))
				continue;
			want[i] = demand(&c->vm[i]);
			left -= want[i];
			given[i] = again = true;
		}
	}
}

/* credit takes turns of 30 ms and halves what is saved up: see its page. */
static bool coarse(const struct sched_policy *p)
{
	return !strcmp(p->name, "credit");
}

static bool within(const struct sched_policy *p, double got, double want)
{
	double allowed = coarse(p) ? want * 0.25 + 0.02 : want * 0.1 + 0.01;

	return got >= want - allowed && got <= want + allowed;
}

static void try_case(const struct sched_policy *p, const struct share_case *c, struct outcome *o)
{
	struct sim_config config = { .pcpus = c->pcpus, .policy = p->name, .seed = c->seed };
	struct sim *sim = sim_new(&config);
	struct sim_vcpu *v[MOST_VMS];

	for (u32 i = 0; i < c->nr; i++) {
		struct sim_domain *d = sim_add_domain(sim, sim->pool0);
		s64 args[] = { c->vm[i].work, GAP - GAP / 10, GAP + GAP / 10 };

		if (has_weight(p))
			sched_domain_param_set(&d->s, "weight", c->vm[i].weight, sim->now);
		v[i] = c->vm[i].work ? sim_add_vcpu(d, program_server, args, 3) :
		       sim_add_vcpu(d, program_hog, NULL, 0);
	}
	sim_run(sim, WARMUP);
	for (u32 i = 0; i < c->nr; i++)
		o->got[i] = sim_runtime(v[i]);
	sim_run(sim, WARMUP + LENGTH);
	expect(c, o->want);
	o->worst = -1;
	for (u32 i = 0; i < c->nr; i++) {
		o->got[i] = (sim_runtime(v[i]) - o->got[i]) / LENGTH;
		if (!within(p, o->got[i], o->want[i]))
			o->worst = i;
	}
	sim_free(sim);
}

static u64 next(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void random_case(const struct sched_policy *p, u64 seed, struct share_case *c)
{
	u64 x = seed * 0x9e3779b97f4a7c15ULL;

	*c = (struct share_case){ .seed = seed, .pcpus = 1 };
	if (next(&x) % 3 == 0 && p->promises & POLICY_WORK_CONSERVING)
		c->pcpus = 2; /* others divide each pCPU for itself */
	c->nr = c->pcpus + 1 + next(&x) % (MOST_VMS - c->pcpus);
	for (u32 i = 0; i < c->nr; i++) {
		bool light = next(&x) % 4 == 0;
		s64 weight = coarse(p) ? 256 << next(&x) % 2 : 64 << next(&x) % 4;

		/* with several pCPUs alike: who is owed more than a pCPU is another matter */
		c->vm[i].weight = c->pcpus == 1 && has_weight(p) ? weight : 256;
		c->vm[i].work = light ? MS / 5 : 0;
	}
}

/* Do the budgets that vCPUs have unless told otherwise promise more than there is? */
static bool overbooked(const struct sched_policy *p, const struct share_case *c)
{
	u32 budget, period;

	if (!sched_tunable_find(p->vcpu_params, p->nr_vcpu_params, "budget_us", &budget) ||
	    !sched_tunable_find(p->vcpu_params, p->nr_vcpu_params, "period_us", &period))
		return false;
	return c->nr * p->vcpu_params[budget].initial >
	       c->pcpus * p->vcpu_params[period].initial;
}

static bool fails(const struct sched_policy *p, const struct share_case *c)
{
	struct outcome o;

	try_case(p, c, &o);
	return o.worst >= 0;
}

static void drop(struct share_case *c, u32 i)
{
	memmove(&c->vm[i], &c->vm[i + 1], (--c->nr - i) * sizeof(c->vm[0]));
}

/* One simplification that still fails, or false. */
static bool shrink(const struct sched_policy *p, struct share_case *c)
{
	for (u32 i = 0; i < c->nr; i++)
		for (int how = 0; how < 3; how++) {
			struct share_case s = *c;

			if (how == 0 && s.nr > 1)
				drop(&s, i);
			else if (how == 1)
				s.vm[i].work = 0;
			else
				s.vm[i].weight = 256;
			if (memcmp(&s, c, sizeof(s)) && !overbooked(p, &s) && fails(p, &s)) {
				*c = s;
				return true;
			}
		}
	return false;
}

static void describe(const struct sched_policy *p, const struct share_case *c, char why[WHY_MAX])
{
	struct outcome o;
	size_t n = 0;

	try_case(p, c, &o);
	n += snprintf(why + n, WHY_MAX - n, "shares, seed %lu; smallest scenario that fails:\n"
		      "sched %s\npcpus %u\nseed %lu\nwarmup 2s\ntime 20s\n",
		      (unsigned long)c->seed, p->name, c->pcpus, (unsigned long)c->seed);
	for (u32 i = 0; i < c->nr && n < WHY_MAX; i++) {
		n += snprintf(why + n, WHY_MAX - n, "vm v%u %s weight=%ld", i,
			      c->vm[i].work ? "ponger" : "hog", (long)c->vm[i].weight);
		if (c->vm[i].work && n < WHY_MAX)
			n += snprintf(why + n, WHY_MAX - n, " work=%ldus gap_min=18ms gap_max=22ms",
				      (long)(c->vm[i].work / 1000));
		if (n < WHY_MAX)
			n += snprintf(why + n, WHY_MAX - n, "\n");
	}
	if (n < WHY_MAX)
		snprintf(why + n, WHY_MAX - n, "v%d got %.2f%% instead of %.2f%%", o.worst,
			 100 * o.got[o.worst], 100 * o.want[o.worst]);
}

bool shares_within_bounds(const struct sched_policy *p, u64 seed, char why[WHY_MAX])
{
	struct share_case c;

	if (p->promises & (POLICY_PARTITIONS | POLICY_MAY_STARVE))
		return true;
	random_case(p, seed, &c);
	if (overbooked(p, &c) || !fails(p, &c))
		return true;
	while (shrink(p, &c))
		;
	describe(p, &c, why);
	return false;
}
