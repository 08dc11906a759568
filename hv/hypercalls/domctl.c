/* SPDX-License-Identifier: MIT */
/*
 * domctl: Dom0's orders about one domain.  The table of sub-operations;
 * <xen/domctl.h> has numbers and structures.  Whatever is not in the table
 * answers -ENOSYS: HVM, devices, debugging.
 */
#include "hypercalls/domctl.h"

#include "hypercalls/domain_info.h"
#include "lib/errno.h"
#include "memory/guest.h"

#define COPY_BACK true

static const struct {
	int (*fn)(struct domain *d, struct xen_domctl *op);
	bool copy_back;
} sub_ops[] = {
	[XEN_DOMCTL_destroydomain] = { domctl_destroydomain },
	[XEN_DOMCTL_pausedomain] = { domctl_pausedomain },
	[XEN_DOMCTL_unpausedomain] = { domctl_unpausedomain },
	[XEN_DOMCTL_resumedomain] = { domctl_resumedomain },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem },
	[XEN_DOMCTL_setvcpucontext] = { domctl_setvcpucontext },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus },
	[XEN_DOMCTL_scheduler_op] = { domctl_scheduler_op, COPY_BACK },
	[XEN_DOMCTL_setdomainhandle] = { domctl_setdomainhandle },
	[XEN_DOMCTL_hypercall_init] = { domctl_hypercall_init },
	[XEN_DOMCTL_settimeoffset] = { domctl_settimeoffset },
	[XEN_DOMCTL_sendtrigger] = { domctl_sendtrigger },
	[XEN_DOMCTL_set_address_size] = { domctl_set_address_size },
	[XEN_DOMCTL_get_address_size] = { domctl_get_address_size, COPY_BACK },
	[XEN_DOMCTL_set_ext_vcpucontext] = { domctl_set_ext_vcpucontext },
	[XEN_DOMCTL_get_ext_vcpucontext] = { domctl_get_ext_vcpucontext, COPY_BACK },
	[XEN_DOMCTL_gettscinfo] = { domctl_gettscinfo, COPY_BACK },
	[XEN_DOMCTL_settscinfo] = { domctl_settscinfo },
	[XEN_DOMCTL_getpageframeinfo3] = { domctl_getpageframeinfo3 },
	[XEN_DOMCTL_set_virq_handler] = { domctl_set_virq_handler },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_setnodeaffinity },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_getnodeaffinity },
	[XEN_DOMCTL_setvcpuextstate] = { domctl_setvcpuextstate },
	[XEN_DOMCTL_getvcpuextstate] = { domctl_getvcpuextstate, COPY_BACK },
	[XEN_DOMCTL_get_vcpu_msrs] = { domctl_get_vcpu_msrs, COPY_BACK },
	[XEN_DOMCTL_set_vcpu_msrs] = { domctl_set_vcpu_msrs },
	[XEN_DOMCTL_get_cpu_policy] = { domctl_get_cpu_policy, COPY_BACK },
	[XEN_DOMCTL_set_cpu_policy] = { domctl_set_cpu_policy, COPY_BACK },
	[XEN_DOMCTL_subscribe] = { domctl_subscribe },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, COPY_BACK },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_getvcpuaffinity },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_setvcpuaffinity },
	[XEN_DOMCTL_getvcpucontext] = { domctl_getvcpucontext },
};

/* The one that walks the list of domains: the first with an id from the given one on. */
static long getdomaininfo(struct xen_domctl *op, u64 arg)
{
	struct domain *d;

	if (op->domain >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	d = domain_get_from(op->domain);
	if (!d)
		return -ESRCH;
	domain_info_fill(d, &op->u.getdomaininfo);
	op->domain = d->id;
	domain_put(d);
	return copy_to_guest(arg, op, sizeof(*op)) ? -EFAULT : 0;
}

static long createdomain(struct xen_domctl *op, u64 arg)
{
	int rc = domctl_createdomain(op);

	return !rc && copy_to_guest(arg, op, sizeof(*op)) ? -EFAULT : rc;
}

/* The one that may be long and has a continuation of its own. */
static long shadow_op(struct xen_domctl *op, u64 arg)
{
	struct domain *d = domain_get(op->domain);
	long rc;

	if (!d)
		return -ESRCH;
	rc = domctl_shadow_op(d, op, arg);
	domain_put(d);
	return rc;
}

/* Some tell in the structure what they need (-ENOBUFS) or object to (-ERANGE). */
static bool result_goes_back(int rc)
{
	return !rc || rc == -ENOBUFS || rc == -ERANGE;
}

static long run_sub_op(struct xen_domctl *op, u64 arg)
{
	struct domain *d = domain_get(op->domain);
	int rc;

	if (!d)
		return -ESRCH;
	rc = sub_ops[op->cmd].fn(d, op);
	domain_put(d);
	if (rc == -ERESTART)
		return HYPERCALL_CONTINUE(domctl, arg);
	if (sub_ops[op->cmd].copy_back && result_goes_back(rc) && copy_to_guest(arg, op, sizeof(*op)))
		return -EFAULT;
	return rc;
}

long hypercall_domctl(u64 arg)
{
	struct xen_domctl op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd == XEN_DOMCTL_getdomaininfo)
		return getdomaininfo(&op, arg);
	if (op.cmd == XEN_DOMCTL_createdomain)
		return createdomain(&op, arg);
	if (op.cmd == XEN_DOMCTL_shadow_op)
		return shadow_op(&op, arg);
	if (op.cmd >= ARRAY_SIZE(sub_ops) || !sub_ops[op.cmd].fn)
		return -ENOSYS;
	return run_sub_op(&op, arg);
}
