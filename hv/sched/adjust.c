/* SPDX-License-Identifier: MIT */
/*
 * The control tools' parameters: finds the objects for engine/xen-params.c and
 * walks the caller's array for the per-vCPU commands.  The table of arinc653
 * is an array too.
 */
#include "lib/errno.h"
#include "lib/types.h"

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "domain/domain.h"
#include "memory/guest.h"
#include "memory/heap.h"
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

static int domain_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
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

int sched_domctl_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
	int rc;

	sched_pools_hold();
	rc = domain_adjust(d, op);
	sched_pools_release();
	return rc;
}

/* --- the table of arinc653 ----------------------------------------------------------- */

#define MAX_ENTRIES (sizeof(((struct xen_sysctl_arinc653_schedule *)0)->sched_entries) /       \
		     sizeof(((struct xen_sysctl_arinc653_schedule *)0)->sched_entries[0]))

/* Too large for the stack. */
struct table_args {
	struct xen_sysctl_arinc653_schedule xen;
	struct policy_table_entry entry[MAX_ENTRIES];
};

/* Xen's entries name no pCPU: its pools under this policy have one. */
static int table_in(struct sched_pool *pool, struct table_args *t)
{
	u32 nr = t->xen.num_sched_entries;
	unsigned long flags;
	int rc;

	if (!nr || nr > MAX_ENTRIES || t->xen.major_frame > INT64_MAX)
		return -EINVAL;
	for (u32 i = 0; i < nr; i++) {
		struct policy_table_entry *e = &t->entry[i];

		memcpy(e->handle, t->xen.sched_entries[i].dom_handle, sizeof(e->handle));
		e->vcpu = t->xen.sched_entries[i].vcpu_id;
		e->pcpu = SCHED_TABLE_FIRST_PCPU;
		if (t->xen.sched_entries[i].runtime > INT64_MAX)
			return -EINVAL;
		e->length = t->xen.sched_entries[i].runtime;
	}
	flags = irq_save();
	rc = sched_table_set(pool, t->entry, nr, t->xen.major_frame, now_ns());
	irq_restore(flags);
	return rc;
}

static void table_out(struct sched_pool *pool, struct table_args *t)
{
	unsigned long flags = irq_save();
	s_time_t cycle;
	u32 nr = sched_table_get(pool, t->entry, MAX_ENTRIES, &cycle);

	irq_restore(flags);
	memset(&t->xen, 0, sizeof(t->xen));
	t->xen.major_frame = cycle;
	t->xen.num_sched_entries = nr;
	for (u32 i = 0; i < nr; i++) {
		memcpy(t->xen.sched_entries[i].dom_handle, t->entry[i].handle,
		       sizeof(t->entry[i].handle));
		t->xen.sched_entries[i].vcpu_id = t->entry[i].vcpu;
		t->xen.sched_entries[i].runtime = t->entry[i].length;
	}
}

static int adjust_table(struct sched_pool *pool, struct xen_sysctl_scheduler_op *op)
{
	struct table_args *t;
	int rc = 0;

	if (op->sched_id != pool->p.policy->xen_id)
		return -EINVAL;
	t = xnew(struct table_args);
	if (!t)
		return -ENOMEM;
	if (op->cmd == XEN_SYSCTL_SCHEDOP_getinfo) {
		table_out(pool, t);
		rc = copy_to_handle(op->u.sched_arinc653.schedule, &t->xen) ? -EFAULT : 0;
	} else {
		rc = copy_from_handle(&t->xen, op->u.sched_arinc653.schedule) ? -EFAULT :
		     table_in(pool, t);
	}
	xfree(t);
	return rc;
}

static int pool_adjust(struct xen_sysctl_scheduler_op *op)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, op->cpupool_id);
	unsigned long flags;
	int rc;

	if (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (!pool)
		return -ESRCH;
	if (op->sched_id == XEN_SCHEDULER_ARINC653) {
		rc = adjust_table(pool, op);
	} else {
		flags = irq_save();
		rc = sched_xen_pool_op(pool, op, now_ns());
		irq_restore(flags);
	}
	if (!rc && op->cmd == XEN_SYSCTL_SCHEDOP_putinfo)
		trace_sched_ctl();
	return rc;
}

int sched_sysctl_adjust(struct xen_sysctl_scheduler_op *op)
{
	int rc;

	sched_pools_hold();
	rc = pool_adjust(op);
	sched_pools_release();
	return rc;
}
