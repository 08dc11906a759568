/* SPDX-License-Identifier: MIT */
/*
 * sysctl: Dom0's questions about and orders to the machine as a whole.  The
 * table of sub-operations; <xen/sysctl.h> has numbers and structures.  Not
 * there, -ENOSYS: cpu_hotplug, page_offline_op, lockprof_op, coverage_op,
 * psr_*, livepatch_op.
 */
#include "hypercalls/sysctl.h"

#include "hypercalls/dispatch.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "trace/trace.h"

static int sysctl_tbuf_op(struct xen_sysctl *op)
{
	int rc = trace_tbuf_op(&op->u.tbuf_op);

	hypercall_tracing_changed();
	return rc;
}

static int (*const sub_ops[])(struct xen_sysctl *op) = {
	[XEN_SYSCTL_readconsole] = sysctl_readconsole,
	[XEN_SYSCTL_tbuf_op] = sysctl_tbuf_op,
	[XEN_SYSCTL_physinfo] = sysctl_physinfo,
	[XEN_SYSCTL_sched_id] = sysctl_sched_id,
	[XEN_SYSCTL_perfc_op] = sysctl_perfc_op,
	[XEN_SYSCTL_getdomaininfolist] = sysctl_getdomaininfolist,
	[XEN_SYSCTL_debug_keys] = sysctl_debug_keys,
	[XEN_SYSCTL_getcpuinfo] = sysctl_getcpuinfo,
	[XEN_SYSCTL_availheap] = sysctl_availheap,
	[XEN_SYSCTL_get_pmstat] = sysctl_get_pmstat,
	[XEN_SYSCTL_pm_op] = sysctl_pm_op,
	[XEN_SYSCTL_cputopoinfo] = sysctl_cputopoinfo,
	[XEN_SYSCTL_numainfo] = sysctl_numainfo,
	[XEN_SYSCTL_cpupool_op] = sysctl_cpupool_op,
	[XEN_SYSCTL_scheduler_op] = sysctl_scheduler_op,
	[XEN_SYSCTL_pcitopoinfo] = sysctl_pcitopoinfo,
	[XEN_SYSCTL_get_cpu_levelling_caps] = sysctl_get_cpu_levelling_caps,
	[XEN_SYSCTL_get_cpu_featureset] = sysctl_get_cpu_featureset,
	[XEN_SYSCTL_get_cpu_policy] = sysctl_get_cpu_policy,
};

long hypercall_sysctl(u64 arg)
{
	struct xen_sysctl op;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(sub_ops) || !sub_ops[op.cmd])
		return -ENOSYS;
	rc = sub_ops[op.cmd](&op);
	if (rc == -ERESTART)
		return HYPERCALL_CONTINUE(sysctl, arg);
	/* -ENOBUFS: the structure tells how much room is needed. */
	if ((!rc || rc == -ENOBUFS) && copy_to_guest(arg, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}
