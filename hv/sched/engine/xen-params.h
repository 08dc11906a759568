/* SPDX-License-Identifier: MIT */
/*
 * Xen's XEN_DOMCTL_scheduler_op and XEN_SYSCTL_scheduler_op on local copies.
 * The caller has found the objects and holds them; no lock held.
 */
#ifndef ORRERY_SCHED_XEN_PARAMS_H
#define ORRERY_SCHED_XEN_PARAMS_H

#include "sched/engine/engine.h"

struct xen_domctl_scheduler_op;
struct xen_domctl_schedparam_vcpu;
struct xen_sysctl_scheduler_op;

/* putinfo and getinfo. @vcpus: all of the domain's.  0 or -EINVAL (command, id, values). */
int sched_xen_domain_op(struct sched_domain *d, struct sched_vcpu **vcpus, u32 nr,
			struct xen_domctl_scheduler_op *op, s_time_t now);
/* One element of putvcpuinfo (@set) or getvcpuinfo. -EINVAL also if the policy has none. */
int sched_xen_vcpu_params(struct sched_vcpu *sv, struct xen_domctl_schedparam_vcpu *p, bool set,
			  s_time_t now);
int sched_xen_pool_op(struct sched_pool *pool, struct xen_sysctl_scheduler_op *op, s_time_t now);

#endif
