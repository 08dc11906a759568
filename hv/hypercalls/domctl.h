/* SPDX-License-Identifier: MIT */
/*
 * Between the files of domctl: one function per sub-operation, with the domain
 * it names (a reference is held) and a copy of the caller's structure, which
 * goes back when the result is 0 if the table says so.  Returns 0, -errno, or
 * -ERESTART to have the guest issue the same call again.
 */
#ifndef ORRERY_HYPERCALLS_DOMCTL_H
#define ORRERY_HYPERCALLS_DOMCTL_H

#include "hypercalls/hypercall.h"

#include <xen/domctl.h>

/* A vCPU by number: NULL and *err -EINVAL beyond the domain's, -ESRCH for one not created. */
struct vcpu *domctl_vcpu(const struct domain *d, u32 id, int *err);

/* domctl_life.c; the first gets no domain. */
int domctl_createdomain(struct xen_domctl *op);
int domctl_destroydomain(struct domain *d, struct xen_domctl *op);
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op);
int domctl_set_address_size(struct domain *d, struct xen_domctl *op);
int domctl_hypercall_init(struct domain *d, struct xen_domctl *op);
int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op);
/* domctl_build.c */
int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op);
int domctl_settscinfo(struct domain *d, struct xen_domctl *op);
int domctl_gettscinfo(struct domain *d, struct xen_domctl *op);
int domctl_sendtrigger(struct domain *d, struct xen_domctl *op);
int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op);
int domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op);
int domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op);
int domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op);
int domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op);
/* domctl_shadow.c: log-dirty.  With its own continuation, paging_domctl_cont. */
long domctl_shadow_op(struct domain *d, struct xen_domctl *op, u64 arg);
/* domctl_xstate.c */
int domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op);
int domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op);
/* cpu_policy.c */
int domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op);
int domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op);
/* domctl_domain.c */
int domctl_pausedomain(struct domain *d, struct xen_domctl *op);
int domctl_unpausedomain(struct domain *d, struct xen_domctl *op);
int domctl_resumedomain(struct domain *d, struct xen_domctl *op);
int domctl_max_mem(struct domain *d, struct xen_domctl *op);
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op);
int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op);
int domctl_settimeoffset(struct domain *d, struct xen_domctl *op);
int domctl_get_address_size(struct domain *d, struct xen_domctl *op);
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op);
int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op);
int domctl_subscribe(struct domain *d, struct xen_domctl *op);
/* domctl_vcpu.c */
int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op);
int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op);
int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op);
int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op);

#endif
