/* SPDX-License-Identifier: MIT */
/*
 * The programs; contracts in programs.h.  A program is a function that says
 * what its vCPU does next; what it must remember is in v->state.
 */
#include "sched-policies/simulator/programs.h"

enum { PHASE, DUE, COUNT };

struct sim_step sim_hog(struct sim *sim, struct sim_vcpu *v)
{
	return (struct sim_step){ SIM_RUN, v->arg[0] ? v->arg[0] : 1000000 };
}

struct sim_step sim_ponger(struct sim *sim, struct sim_vcpu *v)
{
	v->state[PHASE] = !v->state[PHASE];
	if (v->state[PHASE])
		return (struct sim_step){ SIM_SLEEP, sim_random_in(sim, v->arg[1], v->arg[2]) };
	v->rounds++;
	return (struct sim_step){ SIM_RUN, v->arg[0] };
}

struct sim_step sim_evader(struct sim *sim, struct sim_vcpu *v)
{
	s_time_t start = sim->now - sim->now % v->arg[0];
	s_time_t from = start + v->arg[1], to = start + v->arg[0] - v->arg[2];

	if (sim->now < from)
		return (struct sim_step){ SIM_SLEEP_TILL, from };
	if (sim->now < to) /* little by little: it looks at the clock */
		return (struct sim_step){ SIM_RUN, MIN(to - sim->now, 20000) };
	return (struct sim_step){ SIM_SLEEP_TILL, from + v->arg[0] };
}

struct sim_step sim_rtask(struct sim *sim, struct sim_vcpu *v)
{
	if (!v->state[PHASE]) {
		if (!v->state[COUNT]++)
			v->state[DUE] = v->arg[2];
		v->state[PHASE] = 1;
		return (struct sim_step){ SIM_SLEEP_TILL, v->state[DUE] };
	}
	if (v->state[PHASE] == 1) {
		v->state[PHASE] = 2;
		return (struct sim_step){ SIM_RUN, v->arg[1] };
	}
	v->rounds++;
	v->state[DUE] += v->arg[0];
	v->missed += sim->now > v->state[DUE];
	v->state[PHASE] = 1;
	return (struct sim_step){ SIM_SLEEP_TILL, v->state[DUE] };
}

struct sim_step sim_chaos(struct sim *sim, struct sim_vcpu *v)
{
	switch (sim_random(sim) >> 61) {
	case 0:
		return (struct sim_step){ SIM_YIELD, 0 };
	case 1:
	case 2:
		return (struct sim_step){ SIM_SLEEP, sim_random_in(sim, 0, v->arg[1]) };
	default:
		return (struct sim_step){ SIM_RUN, sim_random_in(sim, 1, v->arg[0]) };
	}
}

struct sim_step sim_yielder(struct sim *sim, struct sim_vcpu *v)
{
	v->state[PHASE] = !v->state[PHASE];
	if (v->state[PHASE])
		return (struct sim_step){ SIM_RUN, v->arg[0] };
	v->rounds++;
	return (struct sim_step){ SIM_YIELD, 0 };
}

struct sim_step sim_finite(struct sim *sim, struct sim_vcpu *v)
{
	if (v->state[COUNT]++)
		return (struct sim_step){ SIM_END, 0 };
	return (struct sim_step){ SIM_RUN, v->arg[0] };
}
