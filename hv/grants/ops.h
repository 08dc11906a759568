/* SPDX-License-Identifier: MIT */
/*
 * The operations behind grant_table_op, on arguments copied from the guest and
 * domains the caller may act on.  Results: GNTST_* where the ABI's structure
 * has a status, -errno otherwise.
 */
#ifndef ORRERY_GRANTS_OPS_H
#define ORRERY_GRANTS_OPS_H

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

struct domain;

#define GRANT_BATCH 32

/* table.c */
void grant_table_size(struct domain *d, u32 *frames, u32 *max_frames);
unsigned grant_table_version(struct domain *d);
/* -EINVAL, -ENOSYS above the domain's limit, -EBUSY grants in use, -ERANGE frames do not fit
 * version 1, -ENOMEM. */
int grant_table_set_version(struct domain *d, u32 version);
/* Grow to @frames: 0, -EINVAL, -ENOMEM. */
int grant_table_setup(struct domain *d, u32 frames);
u64 grant_shared_mfn(struct domain *d, u32 i); /* @pre i below the number set up */
u64 grant_status_mfn(struct domain *d, u32 i); /* 0: no such frame (any more) */
u32 grant_status_frame_count(struct domain *d);
s16 grant_table_swap(struct domain *d, u32 a, u32 b);

/* map.c, for the current vCPU and its domain; status in the structures. */
/* Up to GRANT_BATCH of them. */
void grant_map(struct gnttab_map_grant_ref *ops, unsigned n);
/* Up to GRANT_BATCH, with one TLB flush, after which no mapping is left anywhere. */
void grant_unmap(struct gnttab_unmap_grant_ref *ops, unsigned n);
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op);

/* copy.c; one after another, status in the structures. */
void grant_copy(struct gnttab_copy *ops, unsigned n);

/* transfer.c */
void grant_transfer(struct gnttab_transfer *op);

#endif
