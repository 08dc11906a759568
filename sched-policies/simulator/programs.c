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
	while (v->state[DUE] + v->arg[0] <= sim->now) { /* too late to begin: given up */
		v->rounds++;
		v->missed++;
		v->state[DUE] += v->arg[0];
	}
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

/* When the next request comes; they do not wait for each other. */
static s_time_t next_request(struct sim *sim, struct sim_vcpu *v)
{
	if (!v->state[COUNT]++)
		v->state[DUE] = sim->now;
	v->state[DUE] += sim_random_in(sim, v->arg[1], v->arg[2]);
	return v->state[DUE];
}

enum { WAITING = 0, SERVING = 1 };

/* The request under way, if any, is done: tell, and expect the next. */
static void finish_request(struct sim *sim, struct sim_vcpu *v)
{
	if (v->state[PHASE] == SERVING) {
		v->rounds++;
		sim_note_response(v, sim->now - v->state[DUE]);
		v->state[PHASE] = WAITING;
		next_request(sim, v);
	} else if (!v->state[COUNT]) {
		next_request(sim, v);
	}
}

struct sim_step sim_server(struct sim *sim, struct sim_vcpu *v)
{
	finish_request(sim, v);
	if (v->state[DUE] > sim->now)
		return (struct sim_step){ SIM_SLEEP_TILL, v->state[DUE] };
	v->state[PHASE] = SERVING;
	return (struct sim_step){ SIM_RUN, v->arg[0] };
}

struct sim_step sim_mixed(struct sim *sim, struct sim_vcpu *v)
{
	finish_request(sim, v);
	if (v->state[DUE] > sim->now) {
		sim_alarm(v, v->state[DUE]);
		return (struct sim_step){ SIM_RUN, 1000000000 };
	}
	v->state[PHASE] = SERVING;
	return (struct sim_step){ SIM_RUN, v->arg[0] };
}

/* --- lockpair ------------------------------------------------------------------- */

enum { OUTSIDE, INSIDE, SPINNING, YIELDED };
enum { SPIN_BEGAN_AT = 1, SPIN_BEGAN_RUN = 2, SPUN = 3 };
enum { HOLDER }; /* in domain->shared: vCPU id plus one, 0 free */

/* Within a quarter: exact lengths would lock step with the slices. */
static s64 about(struct sim *sim, s64 ns)
{
	return sim_random_in(sim, ns - ns / 4, ns + ns / 4);
}

static void release(struct sim_vcpu *v)
{
	struct sim_domain *d = v->domain;

	d->shared[HOLDER] = 0;
	for (u32 i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i] && d->vcpu[i]->state[PHASE] == SPINNING)
			sim_cut_step(d->vcpu[i]);
}

static struct sim_step enter(struct sim *sim, struct sim_vcpu *v)
{
	if (v->state[PHASE] == SPINNING || v->state[PHASE] == YIELDED) {
		v->state[SPUN] += sim_runtime(v) - v->state[SPIN_BEGAN_RUN];
		sim_note_response(v, sim->now - v->state[SPIN_BEGAN_AT]);
	}
	v->domain->shared[HOLDER] = v->s.p.id + 1;
	v->state[PHASE] = INSIDE;
	v->rounds++;
	return (struct sim_step){ SIM_RUN, about(sim, v->arg[0]) };
}

static struct sim_step spin(struct sim *sim, struct sim_vcpu *v)
{
	if (v->state[PHASE] == OUTSIDE) {
		v->state[SPIN_BEGAN_AT] = sim->now;
		v->state[SPIN_BEGAN_RUN] = sim_runtime(v);
	} else if (v->state[PHASE] == SPINNING && v->arg[2]) {
		v->state[PHASE] = YIELDED;
		return (struct sim_step){ SIM_YIELD, 0 };
	}
	v->state[PHASE] = SPINNING;
	return (struct sim_step){ SIM_RUN, v->arg[2] ? v->arg[2] : 1000000000 };
}

struct sim_step sim_locker(struct sim *sim, struct sim_vcpu *v)
{
	if (v->state[PHASE] == INSIDE) {
		v->state[PHASE] = OUTSIDE;
		release(v);
		return (struct sim_step){ SIM_RUN, about(sim, v->arg[1]) };
	}
	return v->domain->shared[HOLDER] ? spin(sim, v) : enter(sim, v);
}
