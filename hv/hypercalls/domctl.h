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
