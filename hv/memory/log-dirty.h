/* SPDX-License-Identifier: MIT */
/*
 * Which frames of a domain have changed (XEN_DOMCTL_shadow_op, for live
 * migration).  A frame carries the mark PGC_clean from the moment its state was
 * reported until the first write to it; a frame without is dirty.  So whatever
 * is new is dirty by itself, and a domain that is not logged never meets a mark.
 *
 * Whoever writes guest memory clears the mark: the guest's own stores through
 * the software TLB (pv/vtlb.h), we ourselves by frame_dirtied() when we write by
 * machine frame; when we write by guest address the software TLB sees it.  For
 * page tables in use get_page_if_type() does it, by PGT_clean.  What
 * is written without anybody looking, for as long as it lasts, is dirty all the
 * time: event pages, vcpu_info, frames that others have mapped writable by a
 * grant, descriptor tables in use.  A frame that Dom0's tools have mapped writable
 * without a grant is dirty when that mapping goes.
 *
 * A frame is looked at while its domain is paused: its vCPUs are in no
 * hypercall then, so a hypercall may clear the mark before it writes.
 */
#ifndef ORRERY_MEMORY_LOG_DIRTY_H
#define ORRERY_MEMORY_LOG_DIRTY_H

#include "memory/page.h"

struct domain;

static inline bool frame_is_clean(const struct page_info *pg)
{
	return READ_ONCE(pg->count) & PGC_clean;
}

/* The contents have changed or are about to. Any context. */
static inline void frame_dirtied(struct page_info *pg)
{
	if (unlikely(frame_is_clean(pg)))
		__atomic_fetch_and(&pg->count, ~PGC_clean, __ATOMIC_SEQ_CST);
}

/* The same for a guest's first write to a page of its own, which is counted. */
void log_dirty_fault(struct domain *d, struct page_info *pg);

/* Begin and end. -EINVAL: it is so already, or @d is dying; -ENOMEM. @pre @d is not current's. */
int log_dirty_enable(struct domain *d);
int log_dirty_disable(struct domain *d);

/* Where a walk over the domain's frames is. */
struct dirty_walk {
	u64 at;           /* frame to go on with; LOG_DIRTY_START; PAGE_LIST_END: done */
	u64 limit;        /* frame numbers of the guest (pfn) below this are reported */
	bool clean;       /* mark as clean what is reported */
	unsigned nr;      /* found by the last step */
	u64 pfn[64];
};
#define LOG_DIRTY_START (1ULL << 32)

/* One step, short: up to 64 dirty frames' pfns.  @pre @d is paused. */
void log_dirty_step(struct domain *d, struct dirty_walk *w);
/* After a walk that cleaned: what is being written all the time is dirty again. */
void log_dirty_finish(struct domain *d);

#endif
