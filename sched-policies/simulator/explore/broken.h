/* SPDX-License-Identifier: MIT */
/* The policy that the explorer must refute: see broken.c. */
#ifndef ORRERY_EXPLORE_BROKEN_H
#define ORRERY_EXPLORE_BROKEN_H

#include "sched-policies/api/sched_policy.h"

extern const struct sched_policy broken_policy;

#endif
