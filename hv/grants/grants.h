/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: how a domain lets another one use single frames of its memory.
 * What the rest of the hypervisor may ask; the guest interface is
 * grant_table_op (hypercalls/grant_table.c calls grants/ops.h).
 */
#ifndef ORRERY_GRANTS_GRANTS_H
#define ORRERY_GRANTS_GRANTS_H

#include "lib/types.h"

struct domain;

/*
 * Domain creation.  Limits in frames, negative: the defaults (gnttab_max_frames=,
 * gnttab_max_maptrack_frames=); @max_version 1 or 2, 0: the default.  -EINVAL above the
 * defaults, -ENOMEM.
 */
int grants_domain_init(struct domain *d, s32 max_frames, s32 max_maptrack_frames,
		       unsigned max_version);
/* Domain death: first every mapping @d has of other domains' frames (-ERESTART: call again) ... */
int grants_release_mappings(struct domain *d);
/* ... and with the last reference the table itself. @pre nobody maps a grant of @d. */
void grants_domain_free(struct domain *d);

/* Frames of @d that others may write to now count as changed (memory/log-dirty.h). */
void grants_dirty_frames(struct domain *d);

/*
 * XENMEM_acquire_resource of type grant_table: machine frames [@frame, @frame + @nr) of the
 * shared (@id XENMEM_resource_grant_table_id_shared) or status table into @mfns; the table grows
 * to cover them.  -EINVAL: no such id, beyond the limit, no version 2.
 */
int grants_acquire_frames(struct domain *d, u32 id, u64 frame, u32 nr, u64 *mfns);
/* The largest number of frames of that table, 0 for a bad @id. */
u32 grants_resource_frames(const struct domain *d, u32 id);
/* Grants and mappings of @d to the console, for the debug key. */
void grants_dump(struct domain *d);

#endif
