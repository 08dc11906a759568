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
/* A job of [1] each period [0], first at [2]; counts rounds and misses. */
struct sim_step sim_rtask(struct sim *sim, struct sim_vcpu *v);
/* Anything: computes up to [0], sleeps up to [1], yields now and then. */
struct sim_step sim_chaos(struct sim *sim, struct sim_vcpu *v);
/* Yields after each [0] of work. */
struct sim_step sim_yielder(struct sim *sim, struct sim_vcpu *v);
/* Computes [0] in all, then is gone. */
struct sim_step sim_finite(struct sim *sim, struct sim_vcpu *v);

#endif
