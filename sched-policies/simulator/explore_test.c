/* SPDX-License-Identifier: MIT */
/*
 * Bounded exhaustive exploration: 2 pCPUs, 3 vCPUs, and every sequence of what
 * may happen to them (one stops or goes on, one is bound to a pCPU or freed,
 * time passes) up to a depth, under every policy.  After each step all
 * invariants hold and nobody was ejected.  Each sequence is replayed from the
 * start.  ORRERY_EXPLORE_DEPTH (default 5) goes deeper: each level costs six
 * times as much.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "sched-policies/simulator/sim.h"

#define VCPUS 3
#define ACTIONS 6
#define DEEPEST 16

struct world {
	struct sim *sim;
	struct sim_vcpu *v[VCPUS];
	bool paused[VCPUS], bound[VCPUS];
};

static void begin(struct world *w, const char *policy)
{
	struct sim_config config = { .pcpus = 2, .policy = policy, .seed = 1 };

	*w = (struct world){ .sim = sim_new(&config) };
	cr_assert(w->sim, "%s", policy);
	for (int i = 0; i < VCPUS; i++)
		w->v[i] = sim_add_vcpu(sim_add_domain(w->sim, w->sim->pool0), program_hog, NULL, 0);
	sim_settle(w->sim);
}

static void toggle(struct world *w, int i)
{
	w->paused[i] = !w->paused[i];
	if (w->paused[i])
		sim_pause(w->v[i]);
	else
		sim_unpause(w->v[i]);
}

static void act(struct world *w, unsigned action)
{
	if (action < VCPUS) {
		toggle(w, action);
	} else if (action == VCPUS) {
		w->bound[0] = !w->bound[0];
		sim_set_affinity(w->v[0], w->bound[0] ? 2 : 3, ~0ULL);
	} else { /* within a slice, or over the end of one and of a period */
		sim_run(w->sim, w->sim->now + (action == VCPUS + 1 ? 700000 : 11000000));
	}
}

static const char *text_of(const unsigned char *path, unsigned depth)
{
	static const char *const names[] = { "v0", "v1", "v2", "bind", "0.7ms", "11ms" };
	static char text[DEEPEST * 8];
	size_t n = 0;

	for (unsigned i = 0; i < depth; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s ", names[path[i]]);
	return text;
}

/* Replay @path; shorter ones with the same beginning have been checked before. */
static void replay(const char *policy, const unsigned char *path, unsigned depth)
{
	struct world w;

	begin(&w, policy);
	for (unsigned i = 0; i < depth; i++)
		act(&w, path[i]);
	sim_check(w.sim);
	cr_assert(!w.sim->fault[0], "%s after %s: %s", policy, text_of(path, depth), w.sim->fault);
	cr_assert(!w.sim->pool0->s.ejection.policy, "%s after %s: %s", policy, text_of(path, depth),
		  w.sim->pool0->s.ejection.report);
	sim_free(w.sim);
}

/* All sequences of exactly @depth, as numbers in base ACTIONS. */
static void explore(const char *policy, unsigned depth)
{
	unsigned char path[DEEPEST] = { 0 };
	unsigned at;

	do {
		replay(policy, path, depth);
		for (at = depth; at-- > 0;) {
			if (++path[at] < ACTIONS)
				break;
			path[at] = 0;
		}
	} while (at < depth);
}

Test(sched_explore, every_short_history, .timeout = 36000)
{
	const char *wanted = getenv("ORRERY_EXPLORE_DEPTH");
	unsigned deepest = wanted ? atoi(wanted) : 5;
	const struct sched_policy *p;

	sched_register_policies();
	for (unsigned i = 0; (p = sched_policy_at(i)); i++)
		for (unsigned depth = 1; depth <= deepest && depth <= DEEPEST; depth++)
			explore(p->name, depth);
}
