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

#define GIVEN_UP_AT_ONCE 64

static spinlock_t scrub_lock = SPINLOCK_INIT;
static u32 first_waiting = PAGE_LIST_END; /* scrub_lock */
static u64 waiting;                       /* atomic */

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

bool scrub_one(void)
{
	struct page_info *pg = take_waiting();

	if (!pg)
		return false;
	tlb_flush_before_reuse(pg); /* its last users may still be able to write there */
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	pg->nr_valid = FRAME_ZERO;
	give(pg);
	return true;
}
