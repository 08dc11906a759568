/* SPDX-License-Identifier: MIT */
/*
 * Between the files of memory_op: one function per sub-operation.  @arg is the
 * guest address of the sub-operation's structure.  Those that change a
 * reservation get the extent to start from (upper bits of the command, which
 * is how the ABI carries a continuation) and return how many extents are done.
 */
#ifndef ORRERY_HYPERCALLS_MEMORY_OP_H
#define ORRERY_HYPERCALLS_MEMORY_OP_H

#include "hypercalls/hypercall.h"

#include <xen/memory.h>

#define MEMOP_EXTENT_SHIFT 6 /* cmd[:6]: start extent */
#define MEMOP_CMD_MASK ((1U << MEMOP_EXTENT_SHIFT) - 1)

/* memory_reservation.c */
long memory_change_reservation(u32 op, u32 start_extent, u64 arg);
/* Largest extent @d may ask for, as an order. */
unsigned memory_max_order(const struct domain *d);
long memory_claim_pages(u64 arg);

/* memory_exchange.c */
long memory_exchange(u64 arg);

/* memory_info.c */
long memory_current_reservation(u64 arg);
long memory_maximum_reservation(u64 arg);
long memory_maximum_gpfn(u64 arg);
long memory_maximum_ram_page(u64 arg);
long memory_machphys_mapping(u64 arg);
long memory_machphys_mfn_list(u64 arg);
long memory_machine_memory_map(u64 arg);
long memory_reserved_device_memory_map(u64 arg);
long memory_nothing_shared(u64 arg);

/* memory_map.c */
long memory_set_memory_map(u64 arg);
long memory_memory_map(u64 arg);

/* memory_resource.c */
long memory_acquire_resource(u64 arg);

#endif
