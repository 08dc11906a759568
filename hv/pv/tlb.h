/* SPDX-License-Identifier: MIT */
/*
 * TLB bookkeeping.  A clock counts full flushes; each pCPU notes its reading at
 * its last flush, each frame the reading when its last use of a kind ended.  A
 * pCPU may still hold a translation to the frame only if it has not flushed
 * since: those are the ones to flush before the frame is used for something else.
 */
#ifndef ORRERY_PV_TLB_H
#define ORRERY_PV_TLB_H

#include "domain/domain.h"
#include "memory/page.h"
#include "pv/vtlb.h"
#include "x86/cpu.h"

/* Flush this pCPU's TLB (no guest entry is ever global, so reloading CR3 does it). */
void tlb_flush_local(void);
static inline void tlb_flush_page_local(u64 va)
{
	if (unlikely(vtlb_users))
		vtlb_flush_page(va);
	invlpg(va);
}
/* Full flush, or of one page (@va), on every pCPU of @mask (this one too if set); waits.
 * @pre interrupts on, no spinlock held. */
void tlb_flush_mask(const u64 *mask);
void tlb_flush_page_mask(const u64 *mask, u64 va);
/* pCPUs on which vCPUs of @d are loaded; of those vCPUs in @vcpus only when not NULL. */
void tlb_domain_mask(const struct domain *d, const u64 *vcpus, u64 *mask);
/* Every pCPU there is. */
void tlb_online_mask(u64 *mask);
/* Before frame @mfn goes to a new owner: flush whoever may still reach it. */
void tlb_flush_before_reuse(struct page_info *pg);

#define PCPU_MASK_WORDS (MAX_PCPUS / 64)

#endif
