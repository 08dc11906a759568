/* SPDX-License-Identifier: MIT */
/*
 * `explore [-m] [-d DEPTH] [POLICY...]`: everything that can happen to 3 vCPUs
 * on 2 pCPUs in so many steps, under each policy.  A step: one vCPU stops or
 * goes on, one is bound to a pCPU or freed, or time passes until the next timer
 * event; with -m also a millisecond.  After each step all invariants must hold
 * and nobody be ejected; and from each state of the first steps, all vCPUs
 * freed, everybody must run again.  A state seen before is not gone on from
 * again.  One line a policy, as the test runner reads them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched-policies/simulator/explore/broken.h"
#include "sched-policies/simulator/explore/state.h"

#define VCPUS 3
#define ACTIONS 6
#define DRAIN_DEPTH 5
#define DEEPEST 15
#define MS 1000000LL

struct world {
	struct sim *sim;
	struct sim_vcpu *v[VCPUS];
};

static const char *const action_names[ACTIONS] = { "v0", "v1", "v2", "bind", "event", "1ms" };

static struct world world;
static struct state_copy copies[DEEPEST + 1];
static unsigned char path[DEEPEST + 1];
static unsigned actions = ACTIONS - 1;
static u64 steps;

void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);

void *explore_alloc(size_t bytes)
{
	return __real_calloc(1, bytes);
}

void explore_release(void *p)
{
	__real_free(p);
}

static void begin(const char *policy)
{
	struct sim_config config = { .pcpus = 2, .policy = policy, .seed = 1 };
	s64 endless = 1000000000 * MS;
	struct sim *sim;

	arena_used = 0;
	sim = sim_new(&config);
	sim->now = EXPLORE_EPOCH;
	world.sim = sim;
	for (int i = 0; i < VCPUS; i++)
		world.v[i] = sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, &endless, 1);
	sim_settle(sim);
}

/* The instant of the next timer event; 10 ms if nothing happens. */
static void pass_event(void)
{
	s_time_t start = world.sim->now, end = start + 10 * MS;

	while (world.sim->now == start && sim_step(world.sim, end))
		;
	if (world.sim->now == start)
		sim_run(world.sim, end);
}

static void act(unsigned action)
{
	struct sim_vcpu *v = world.v[action % VCPUS];

	if (action < VCPUS && v->s.pause_count)
		sim_unpause(v);
	else if (action < VCPUS)
		sim_pause(v);
	else if (action == VCPUS)
		sim_set_affinity(world.v[0], world.v[0]->s.p.any_pcpu ? 2 : 3, ~0ULL);
	else if (action == VCPUS + 1)
		pass_event();
	else
		sim_run(world.sim, world.sim->now + MS);
}

/* Kept until it is known that there is no shorter way to a fault. */
static char complaint[2048];

static bool complain(const char *policy, unsigned depth, const char *what)
{
	size_t n = snprintf(complaint, sizeof(complaint), "FAIL  %s after", policy);

	for (unsigned i = 0; i < depth; i++)
		n += snprintf(complaint + n, sizeof(complaint) - n, " %s", action_names[path[i]]);
	snprintf(complaint + n, sizeof(complaint) - n, ": %s", what);
	return false;
}

static bool good(const char *policy, unsigned depth)
{
	sim_check(world.sim);
	if (world.sim->fault[0])
		return complain(policy, depth, world.sim->fault);
	if (world.sim->pool0->s.ejection.policy)
		return complain(policy, depth, world.sim->pool0->s.ejection.report);
	return true;
}

/* Free everybody: does everybody run? */
static bool drains(const char *policy, unsigned depth)
{
	s_time_t ran[VCPUS];

	if (world.sim->pool0->s.p.policy->promises & POLICY_PARTITIONS)
		return true;
	for (int i = 0; i < VCPUS; i++) {
		while (world.v[i]->s.pause_count)
			sim_unpause(world.v[i]);
		sim_set_affinity(world.v[i], 3, ~0ULL);
		ran[i] = sim_runtime(world.v[i]);
	}
	sim_run(world.sim, world.sim->now + 600 * MS);
	for (int i = 0; i < VCPUS; i++)
		if (sim_runtime(world.v[i]) == ran[i])
			return complain(policy, depth, "one does not run again when all are free");
	return good(policy, depth);
}

static bool explore(const char *policy, unsigned depth, unsigned left)
{
	if (!state_is_new(state_hash(world.sim), left))
		return true;
	state_save(&copies[depth]);
	if (depth <= DRAIN_DEPTH) {
		if (!drains(policy, depth))
			return false;
		state_restore(&copies[depth]);
	}
	for (unsigned action = 0; action < actions && left; action++) {
		path[depth] = action;
		act(action);
		steps++;
		if (!good(policy, depth + 1) || !explore(policy, depth + 1, left - 1))
			return false;
		state_restore(&copies[depth]);
	}
	return true;
}

static bool explore_to(const char *policy, unsigned depth)
{
	state_forget_all();
	steps = 0;
	begin(policy);
	return explore(policy, 0, depth);
}

static bool explore_policy(const char *policy, unsigned depth)
{
	bool held = explore_to(policy, depth);

	for (unsigned shorter = 1; !held && shorter < depth; shorter++)
		if (!explore_to(policy, shorter))
			break;
	if (held)
		printf("ok    %s to depth %u: %zu states, %llu steps\n", policy, depth,
		       states_seen(), (unsigned long long)steps);
	else
		puts(complaint);
	fflush(stdout);
	return held;
}

static int usage(void)
{
	char known[400];

	sched_policy_names(known, sizeof(known));
	fprintf(stderr, "usage: explore [-m] [-d 1..%d] [POLICY...]; known policies: %s\n", DEEPEST,
		known);
	return 2;
}

int main(int argc, char **argv)
{
	unsigned depth = 7;
	bool held = true;
	int c;

	sched_register_policies();
	while ((c = getopt(argc, argv, "md:")) != -1) {
		if (c == 'm')
			actions = ACTIONS;
		else if (c == 'd')
			depth = atoi(optarg);
		else
			return usage();
	}
	if (depth < 1 || depth > DEEPEST)
		return usage();
	for (int i = optind; i < argc; i++)
		if (!strcmp(argv[i], broken_policy.name))
			sched_register_policy(&broken_policy);
		else if (!sched_policy_by_name(argv[i]))
			return usage();
	for (int i = optind; i < argc; i++)
		held &= explore_policy(argv[i], depth);
	for (unsigned i = 0; optind == argc && sched_policy_at(i); i++)
		held &= explore_policy(sched_policy_at(i)->name, depth);
	return !held;
}
