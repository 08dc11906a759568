/* SPDX-License-Identifier: MIT */
/*
 * Names of what hypercall and trap records carry as numbers: hypercalls, their
 * sub-operations, exceptions, VIRQs.  Numbers come from Xen's public headers.
 */
#ifndef ORRERY_TRACING_DECODE_NAMES_H
#define ORRERY_TRACING_DECODE_NAMES_H

#include "lib/types.h"

/* "mmu_update", or NULL. */
const char *hypercall_name(u32 op);
/* Name of sub-operation @sub of hypercall @op ("XENMEM_..." without the prefix), or NULL. */
const char *hypercall_sub_name(u32 op, u32 sub);
/* Which recorded argument is the sub-operation of @op (0), or -1 when it has none. */
int hypercall_sub_arg(u32 op);
/* Which recorded argument counts the items of a batch, or -1. */
int hypercall_items_arg(u32 op);
/* "page_fault", or NULL. */
const char *trap_name(u32 vector);
/* "timer", or NULL. */
const char *virq_name(u32 virq);

#endif
