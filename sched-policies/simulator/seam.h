/* SPDX-License-Identifier: MIT */
/*
 * Between sim.c and seam.c: which simulation the engine's calls are for.
 */
#ifndef ORRERY_SIM_SEAM_H
#define ORRERY_SIM_SEAM_H

#include "sched-policies/simulator/sim.h"
#include "sched/engine/seam.h"

void sim_make_current(struct sim *sim);
struct sim *sim_current(void);
/* @pc decides @cost from now (0: as soon as the event under way is over), or earlier if a kick is on its
 * way. */
void sim_kick(struct sim_pcpu *pc, s_time_t cost);
/* TIME_MAX stops; the past is now. */
void sim_timer_set(struct sim *sim, struct timer *t, s_time_t when);
void sim_pcpu_timers_init(struct sim_pcpu *pc);
void sim_pool_timers_init(struct sim_pool *pool);

#endif
