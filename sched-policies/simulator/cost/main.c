/* SPDX-License-Identifier: MIT */
/*
 * `cost [POLICY...]`: what a scheduling decision costs, in basic blocks of the
 * policy, its queues and the engine, from 10 to 10,000 vCPUs.  Those are
 * compiled to call us in each block (-fsanitize-coverage=trace-pc), the
 * simulator around them is not; so the figures are counts, the same everywhere.
 * A quarter of the vCPUs computes, the others serve requests, as many a second
 * whatever their number, on 4 pCPUs.  Prints policy, vCPUs, decisions, blocks.
 */
#include <stdio.h>

#include "sched-policies/simulator/sim.h"

#define PCPUS 4
#define WORK 50000LL /* ns of a request */

static const u32 sizes[] = { 10, 100, 1000, 10000 };

static u64 blocks;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

static u64 decisions(const struct sim *sim)
{
	u64 sum = 0;

	for (u32 i = 0; i < PCPUS; i++)
		sum += sim->pcpus[i].s.decisions;
	return sum;
}

/* Until so many more have been made, or two seconds have passed: null hardly decides. */
static u64 run_for(struct sim *sim, u64 more)
{
	s_time_t end = sim->now + 2000000000LL;
	u64 start = decisions(sim);

	while (decisions(sim) < start + more && sim_step(sim, end))
		;
	return decisions(sim) - start;
}

static void measure(const char *policy, u32 vcpus)
{
	struct sim_config config = { .pcpus = PCPUS, .policy = policy, .seed = 1 };
	s64 serve[] = { WORK, vcpus * WORK / 2, vcpus * WORK * 3 / 2 };
	s64 endless = INT64_MAX / 2;
	struct sim *sim = sim_new(&config);
	u64 made;

	for (u32 i = 0; i < vcpus; i++) {
		struct sim_domain *d = sim_add_domain(sim, sim->pool0);

		if (i % 4)
			sim_add_vcpu(d, program_server, serve, 3);
		else
			sim_add_vcpu(d, program_hog, &endless, 1);
	}
	run_for(sim, 5000 + vcpus);
	blocks = 0;
	made = run_for(sim, 20000 + 4 * vcpus);
	printf("%s\t%u\t%llu\t%llu\n", policy, vcpus, (unsigned long long)made,
	       (unsigned long long)blocks);
	fflush(stdout);
	sim_free(sim);
}

int main(int argc, char **argv)
{
	const struct sched_policy *p;

	sched_register_policies();
	for (int i = 1; i < argc; i++)
		if (!sched_policy_by_name(argv[i])) {
			fprintf(stderr, "cost: no policy '%s'\n", argv[i]);
			return 2;
		}
	for (unsigned n = 0; (p = sched_policy_at(n)); n++)
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			bool wanted = argc == 1;

			for (int k = 1; k < argc; k++)
				wanted |= sched_policy_by_name(argv[k]) == p;
			if (wanted)
				measure(p->name, sizes[i]);
		}
	return 0;
}
