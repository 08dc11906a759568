/* SPDX-License-Identifier: MIT */
/*
 * CPU policies between the tools and pv/cpu-policy.c: sysctl and domctl
 * get_cpu_policy, domctl set_cpu_policy.  The MSRs of a policy are the two Xen
 * 4.17 knows, PLATFORM_INFO and ARCH_CAPABILITIES; both are zero here.
 */
#include "hypercalls/domctl.h"
#include "hypercalls/sysctl.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "memory/heap.h"
#include "pv/cpu-policy.h"

#define MSR_PLATFORM_INFO 0xce
#define MSR_ARCH_CAPABILITIES 0x10a

/* Write leaves and MSRs out: *nr says how much room there is, then how many there are. */
static int put_leaves(const struct cpu_policy *p, u64 va, u32 *nr)
{
	u32 room = *nr;

	*nr = p->nr;
	if (!va) {
		*nr = CPU_POLICY_LEAVES;
		return 0;
	}
	if (room < p->nr)
		return -ENOBUFS;
	return copy_to_guest(va, p->leaf, p->nr * sizeof(p->leaf[0])) ? -EFAULT : 0;
}

static int put_msrs(u64 va, u32 *nr)
{
	static const struct xen_msr_entry msrs[CPU_POLICY_MSRS] = {
		{ .idx = MSR_PLATFORM_INFO }, { .idx = MSR_ARCH_CAPABILITIES },
	};
	u32 room = *nr;

	*nr = CPU_POLICY_MSRS;
	if (!va)
		return 0;
	if (room < CPU_POLICY_MSRS)
		return -ENOBUFS;
	return copy_to_guest(va, msrs, sizeof(msrs)) ? -EFAULT : 0;
}

static int put_policy(const struct cpu_policy *p, u64 leaves, u32 *nr_leaves, u64 msrs,
		      u32 *nr_msrs)
{
	int rc = put_leaves(p, leaves, nr_leaves), rc2 = put_msrs(msrs, nr_msrs);

	return rc ? rc : rc2;
}

int sysctl_get_cpu_policy(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_policy *args = &op->u.cpu_policy;
	struct cpu_policy *p;
	int rc;

	if (args->_rsvd || args->index > XEN_SYSCTL_cpu_policy_hvm_default)
		return -EINVAL;
	if (args->index == XEN_SYSCTL_cpu_policy_hvm_max ||
	    args->index == XEN_SYSCTL_cpu_policy_hvm_default)
		return -EOPNOTSUPP;
	p = xnew(struct cpu_policy);
	if (!p)
		return -ENOMEM;
	if (args->index <= XEN_SYSCTL_cpu_policy_host)
		cpu_policy_host(p);
	else
		cpu_policy_pv(p);
	rc = put_policy(p, guest_handle_va(args->leaves), &args->nr_leaves,
			guest_handle_va(args->msrs), &args->nr_msrs);
	xfree(p);
	return rc;
}

int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *args = &op->u.cpu_policy;
	struct cpu_policy *p = xnew(struct cpu_policy);
	int rc;

	if (!p)
		return -ENOMEM;
	cpu_policy_of(d, p);
	rc = put_policy(p, guest_handle_va(args->leaves), &args->nr_leaves,
			guest_handle_va(args->msrs), &args->nr_msrs);
	xfree(p);
	return rc;
}

/* -ERANGE for an MSR that no policy has, -EINVAL for a value that no guest can be given. */
static int check_msrs(struct xen_domctl_cpu_policy *args)
{
	if (args->nr_msrs > CPU_POLICY_MSRS)
		return -E2BIG;
	for (u32 i = 0; i < args->nr_msrs; i++) {
		struct xen_msr_entry msr;

		if (copy_from_handle_idx(&msr, args->msrs, i))
			return -EFAULT;
		args->err_msr = msr.idx;
		if (msr.flags || msr.val)
			return -EINVAL;
		if (msr.idx != MSR_PLATFORM_INFO && msr.idx != MSR_ARCH_CAPABILITIES)
			return -ERANGE;
	}
	return 0;
}

/* @pre d->lock held. */
static int install(struct domain *d, struct cpu_policy *p)
{
	if (d->state != DOM_BUILDING)
		return -EEXIST; /* its vCPUs have read the old one */
	if (!d->cpu_policy) {
		struct cpu_policy *own = xnew(struct cpu_policy);

		if (!own)
			return -ENOMEM;
		*own = *p;
		/* Readers take no lock: whole before it can be found. */
		__atomic_store_n(&d->cpu_policy, own, __ATOMIC_RELEASE);
		return 0;
	}
	*d->cpu_policy = *p;
	return 0;
}

/* @p: room for two policies; the second takes the caller's leaves. */
static int set_policy(struct domain *d, struct xen_domctl_cpu_policy *args, struct cpu_policy *p)
{
	const struct xen_cpuid_leaf *bad;
	int rc;

	if (copy_from_guest(p[1].leaf, guest_handle_va(args->leaves),
			    args->nr_leaves * sizeof(p->leaf[0])))
		return -EFAULT;
	cpu_policy_of(d, p);
	rc = cpu_policy_merge(p, p[1].leaf, args->nr_leaves, &bad);
	if (rc) {
		args->err_leaf = bad->leaf;
		args->err_subleaf = bad->subleaf;
		return rc;
	}
	rc = check_msrs(args);
	if (rc)
		return rc;
	spin_lock(&d->lock);
	rc = install(d, p);
	spin_unlock(&d->lock);
	return rc;
}

int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *args = &op->u.cpu_policy;
	struct cpu_policy *p;
	int rc;

	args->err_leaf = args->err_subleaf = args->err_msr = ~0U;
	if (d == current->domain)
		return -EINVAL;
	if (args->nr_leaves > CPU_POLICY_LEAVES)
		return -E2BIG;
	p = xnew_array(struct cpu_policy, 2);
	if (!p)
		return -ENOMEM;
	rc = set_policy(d, args, p);
	xfree(p);
	return rc;
}
