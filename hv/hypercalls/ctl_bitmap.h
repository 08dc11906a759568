/* SPDX-License-Identifier: MIT */
/*
 * pCPU masks in the form sysctl and domctl exchange them: struct xenctl_bitmap,
 * a guest buffer with a length in bits.
 */
#ifndef ORRERY_HYPERCALLS_CTL_BITMAP_H
#define ORRERY_HYPERCALLS_CTL_BITMAP_H

#include <xen/domctl.h>

#include "sched-policies/api/sched_policy.h"

/* The pCPUs there are.  What the caller has no room for is lost, other room becomes zero. -EFAULT. */
int ctl_bitmap_put(const struct xenctl_bitmap *out, const struct pcpu_mask *mask);
/* Bits beyond the caller's length are zero, those beyond ours ignored. -EFAULT. */
int ctl_bitmap_get(struct pcpu_mask *mask, const struct xenctl_bitmap *in);

#endif
