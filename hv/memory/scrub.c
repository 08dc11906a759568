/* SPDX-License-Identifier: MIT */
/*
 * Clearing in idle time; see scrub.h.  Waiting frames are a list through page_info.next; one that is
 * being cleared is on no list and still counted.  scrub_lock is a leaf, never held together with the
 * frame allocator's lock.
 */
#include "memory/scrub.h"

#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/page.h"
#include "pv/tlb.h"

#define LOOKS_AT_ONCE 16   /* at frames in search of one to clear */
#define GIVEN_UP_AT_ONCE 64

static spinlock_t scrub_lock = SPINLOCK_INIT;
static u32 first_waiting = PAGE_LIST_END; /* scrub_lock */
static u64 waiting;                       /* atomic */

static mfn_t sweep_at = MFN_NONE; /* the next is below it; MFN_NONE: not begun.  pCPU 0 only */

u64 scrub_waiting(void)
{
	return READ_ONCE(waiting);
}

void scrub_later(struct page_info *pg)
{
	unsigned long flags = spin_lock_irqsave(&scrub_lock);

	pg->next = first_waiting;
	first_waiting = page_to_mfn(pg);
	__atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
	spin_unlock_irqrestore(&scrub_lock, flags);
}

static struct page_info *take_waiting(void)
{
	struct page_info *pg = NULL;
	unsigned long flags;

	if (READ_ONCE(first_waiting) == PAGE_LIST_END)
		return NULL;
	flags = spin_lock_irqsave(&scrub_lock);
	if (first_waiting != PAGE_LIST_END) {
		pg = mfn_to_page(first_waiting);
		first_waiting = pg->next;
	}
	spin_unlock_irqrestore(&scrub_lock, flags);
	return pg;
}

/* To the policy, before it is not counted here any more: nobody is told too few. */
static void give(struct page_info *pg)
{
	frame_free(page_to_mfn(pg), 0);
	__atomic_fetch_sub(&waiting, 1, __ATOMIC_RELAXED);
}

bool scrub_give_up_some(void)
{
	struct page_info *pg;
	unsigned n;

	for (n = 0; n < GIVEN_UP_AT_ONCE && (pg = take_waiting()); n++)
		give(pg);
	return n;
}

/* A free frame that stays so meanwhile, and that nobody may be able to write to any more: clear it. */
static bool clear_free(mfn_t mfn)
{
	struct page_info *pg = mfn_to_page(mfn);

	if (pg->nr_valid == FRAME_ZERO || (pg->tlb_stamp && !tlb_flushed_since(pg->tlb_stamp)))
		return false;
	memset(mfn_to_virt(mfn), 0, PAGE_SIZE);
	pg->nr_valid = FRAME_ZERO;
	return true;
}

/* Look for one to clear; false: all have been looked at. */
static bool sweep(void)
{
	if (unlikely(sweep_at == MFN_NONE))
		sweep_at = max_mfn;
	for (unsigned i = 0; sweep_at && i < LOOKS_AT_ONCE; i++)
		if (frame_if_free(--sweep_at, clear_free))
			break;
	return sweep_at;
}

bool scrub_one(void)
{
	struct page_info *pg = take_waiting();

	if (!pg)
		return !smp_processor_id() && sweep();
	tlb_flush_before_reuse(pg); /* its last users may still be able to write there */
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	pg->nr_valid = FRAME_ZERO;
	give(pg);
	return true;
}
