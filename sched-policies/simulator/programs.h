/* SPDX-License-Identifier: MIT */
/*
 * Programs of simulated vCPUs, named after those of the bench guests.  Times
 * are ns; arguments in order.
 */
#ifndef ORRERY_SIM_PROGRAMS_H
#define ORRERY_SIM_PROGRAMS_H

#include "sched-policies/simulator/sim.h"

/* Computes for ever.  [0]: length of a step (default 1 ms; it has no other effect). */
struct sim_step sim_hog(struct sim *sim, struct sim_vcpu *v);
/* Works [0], then sleeps a random time from [1] to [2]. */
struct sim_step sim_ponger(struct sim *sim, struct sim_vcpu *v);
/* Awake from [1] after a multiple of [0] until [2] before the next one, asleep in between: computes
 * only where a sampling tick of that period does not look. */
struct sim_step sim_evader(struct sim *sim, struct sim_vcpu *v);
/* A job of [1] each period [0], first at [2]; counts rounds and misses.  Jobs whose deadline has
 * passed before they could begin are given up, as missed. */
struct sim_step sim_rtask(struct sim *sim, struct sim_vcpu *v);
/* Anything: computes up to [0], sleeps up to [1], yields now and then. */
struct sim_step sim_chaos(struct sim *sim, struct sim_vcpu *v);
/* Yields after each [0] of work. */
struct sim_step sim_yielder(struct sim *sim, struct sim_vcpu *v);
/* Computes [0] in all, then is gone. */
struct sim_step sim_finite(struct sim *sim, struct sim_vcpu *v);

/* Serves requests that come from outside, [1] to [2] apart at random, each [0] of work; sleeps
 * between them.  Tells responses. */
struct sim_step sim_server(struct sim *sim, struct sim_vcpu *v);
/* The same in a vCPU that computes otherwise: it never sleeps. */
struct sim_step sim_mixed(struct sim *sim, struct sim_vcpu *v);
/* Takes the domain's one lock for about [0], is outside it for about [1], again; who finds it taken
 * spins, and after [2] of it (0: never) yields between looks.  Tells lock waits as responses, and
 * sums up the time spun in state[3]. */
struct sim_step sim_locker(struct sim *sim, struct sim_vcpu *v);

#endif
