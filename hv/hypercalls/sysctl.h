/* SPDX-License-Identifier: MIT */
/*
 * Between the files of sysctl: one function per sub-operation.  Each works on
 * a copy of the caller's structure, which goes back when the result is 0 (or
 * when the operation says so); arrays it names are guest memory.  Returns 0 or
 * -errno.
 */
#ifndef ORRERY_HYPERCALLS_SYSCTL_H
#define ORRERY_HYPERCALLS_SYSCTL_H

#include "hypercalls/hypercall.h"

#include <xen/sysctl.h>

/* sysctl_console.c */
int sysctl_readconsole(struct xen_sysctl *op);
int sysctl_debug_keys(struct xen_sysctl *op);
/* sysctl_machine.c */
int sysctl_physinfo(struct xen_sysctl *op);
int sysctl_getcpuinfo(struct xen_sysctl *op);
int sysctl_availheap(struct xen_sysctl *op);
int sysctl_get_pmstat(struct xen_sysctl *op);
int sysctl_pm_op(struct xen_sysctl *op);
int sysctl_cputopoinfo(struct xen_sysctl *op);
int sysctl_numainfo(struct xen_sysctl *op);
int sysctl_pcitopoinfo(struct xen_sysctl *op);
int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op);
int sysctl_get_cpu_featureset(struct xen_sysctl *op);
/* cpu_policy.c */
int sysctl_get_cpu_policy(struct xen_sysctl *op);
/* sysctl_sched.c */
int sysctl_sched_id(struct xen_sysctl *op);
int sysctl_scheduler_op(struct xen_sysctl *op);
int sysctl_cpupool_op(struct xen_sysctl *op);
int sysctl_getdomaininfolist(struct xen_sysctl *op);
/* sysctl_counters.c */
int sysctl_perfc_op(struct xen_sysctl *op);

#endif
