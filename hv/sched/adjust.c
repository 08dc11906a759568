/* SPDX-License-Identifier: MIT */
/*
 * The control tools' parameters: finds the objects for engine/xen-params.c and
 * walks the caller's array for the per-vCPU commands.
 */
#include "lib/errno.h"
#include "lib/types.h"

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "domain/domain.h"
#include "memory/guest.h"
#include "sched/engine/xen-params.h"
#include "sched/sched.h"
#include "trace/trace.h"
#include "x86/cpu.h"

static int one_vcpu(struct domain *d, struct xen_domctl_scheduler_op *op, u32 index, bool set)
{
	struct xen_domctl_schedparam_vcpu p;
	unsigned long flags;
	struct vcpu *v;
	int rc;

	if (copy_from_handle_idx(&p, op->u.v.vcpus, index))
		return -EFAULT;
	v = domain_vcpu(d, p.vcpuid);
	if (!v)
		return -EINVAL;
	flags = irq_save();
	rc = sched_xen_vcpu_params(&v->sched, &p, set, now_ns());
	irq_restore(flags);
	if (!rc && !set && copy_to_handle_idx(op->u.v.vcpus, index, &p))
		rc = -EFAULT;
	return rc;
}

/* At most as many elements as the domain can have vCPUs; nr_vcpus tells how many were done. */
static int vcpu_params(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	bool set = op->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo;
	u32 done = 0;
	int rc = 0;

	if (op->sched_id != d->sched.pool->p.policy->xen_id)
		return -EINVAL;
	if (op->u.v.nr_vcpus > MAX_VCPUS)
		return -E2BIG;
	if (!d->sched.pool->p.policy->nr_vcpu_params)
		return -EINVAL;
	while (!rc && done < op->u.v.nr_vcpus) {
		rc = one_vcpu(d, op, done, set);
		done += !rc;
	}
	op->u.v.nr_vcpus = done;
	return rc;
}

int sched_domctl_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	struct sched_vcpu *vcpus[MAX_VCPUS];
	unsigned long flags;
	struct vcpu *v;
	unsigned i;
	u32 nr = 0;
	int rc;

	if (op->cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo ||
	    op->cmd == XEN_DOMCTL_SCHEDOP_getvcpuinfo)
		return vcpu_params(d, op);
	for_each_vcpu(d, v, i)
		vcpus[nr++] = &v->sched;
	flags = irq_save();
	rc = sched_xen_domain_op(&d->sched, vcpus, nr, op, now_ns());
	irq_restore(flags);
	if (!rc && op->cmd == XEN_DOMCTL_SCHEDOP_putinfo)
		trace_sched_adjdom(d->id);
	return rc;
}

int sched_sysctl_adjust(struct xen_sysctl_scheduler_op *op)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, op->cpupool_id);
	unsigned long flags;
	int rc;

	if (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (!pool)
		return -ESRCH;
	flags = irq_save();
	rc = sched_xen_pool_op(pool, op, now_ns());
	irq_restore(flags);
	if (!rc && op->cmd == XEN_SYSCTL_SCHEDOP_putinfo)
		trace_sched_ctl();
	return rc;
}
