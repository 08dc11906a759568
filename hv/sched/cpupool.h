/* SPDX-License-Identifier: MIT */
/*
 * Between boot.c and cpupool.c.
 */
#ifndef ORRERY_SCHED_CPUPOOL_H
#define ORRERY_SCHED_CPUPOOL_H

#include "sched/engine/engine.h"

#define SCHED_MAX_POOL_ID 0x10000

/* Allocate a pool without pCPUs and start @policy with the command line's tunables. 0, -ENOMEM,
 * -EEXIST, or what the policy says. */
int machine_pool_create(u32 id, const struct sched_policy *policy);

#endif
