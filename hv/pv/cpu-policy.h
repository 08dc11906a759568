/* SPDX-License-Identifier: MIT */
/*
 * CPUID policies: what a kind of domain, or one domain, finds in CPUID, as a
 * list of leaves in the form the control tools exchange (<xen/arch-x86/xen.h>).
 * A domain without one of its own has all that a PV guest can have.  A domain's
 * policy is set before it first runs and read by its vCPUs without a lock.
 */
#ifndef ORRERY_PV_CPU_POLICY_H
#define ORRERY_PV_CPU_POLICY_H

#include <xen/xen.h>

#include "domain/domain.h"

#define CPU_POLICY_LEAVES 128 /* more than any policy has */
#define CPU_POLICY_MSRS 2

struct cpu_policy {
	u32 nr;
	struct xen_cpuid_leaf leaf[CPU_POLICY_LEAVES]; /* ascending by leaf, then subleaf */
};

/* The processor's own leaves, or those of a PV guest, up to what the tools know of. */
void cpu_policy_host(struct cpu_policy *p);
void cpu_policy_pv(struct cpu_policy *p);
/* @d's: its own, or cpu_policy_pv(). */
void cpu_policy_of(const struct domain *d, struct cpu_policy *p);

/*
 * XEN_DOMCTL_set_cpu_policy: @leaf[] replace what @p has of them.  -ERANGE: no such leaf (it is
 * *bad).  Features beyond what a PV guest can have are taken out without a word, as in Xen.
 */
int cpu_policy_merge(struct cpu_policy *p, const struct xen_cpuid_leaf *leaf, u32 n,
		     const struct xen_cpuid_leaf **bad);

/* NULL if the policy has no such leaf.  @subleaf is ignored for leaves that have none. */
const struct xen_cpuid_leaf *cpu_policy_find(const struct cpu_policy *p, u32 leaf, u32 subleaf);

#endif
