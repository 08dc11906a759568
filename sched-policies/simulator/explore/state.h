/* SPDX-License-Identifier: MIT */
/*
 * States of a simulation, for the explorer: their identity, copies of them, and
 * the set of those already seen.
 */
#ifndef ORRERY_EXPLORE_STATE_H
#define ORRERY_EXPLORE_STATE_H

#include "sched-policies/simulator/explore/arena.h"
#include "sched-policies/simulator/sim.h"

#define EXPLORE_EPOCH (60000000LL << 24) /* about 2^50 ns, a multiple of every period */

struct state_copy {
	size_t used;
	unsigned char bytes[ARENA_BYTES];
};

u64 state_hash(const struct sim *sim);
void state_save(struct state_copy *copy);
void state_restore(const struct state_copy *copy);

/* Never seen with so many steps to go, or more; it is from now on.  @pre depth_left < 16 */
bool state_is_new(u64 hash, unsigned depth_left);
size_t states_seen(void);
void state_forget_all(void);

/* Memory outside the arena. */
void *explore_alloc(size_t bytes);
void explore_release(void *p);

#endif
