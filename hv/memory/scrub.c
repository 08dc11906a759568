/* SPDX-License-Identifier: MIT */
/*
 * Clearing in idle time; see scrub.h.  Waiting frames are a list through page_info.next; one that is
 * being cleared is on no list and still held back.  scrub_lock is a leaf, never held together with the
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

void scrub_later(struct page_info *pg)
{
	unsigned long flags;

	frame_hold_back(); /* first: once it is in the list another pCPU may give it to the policy */
	flags = spin_lock_irqsave(&scrub_lock);
	pg->next = first_waiting;
	first_waiting = page_to_mfn(pg);
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

bool scrub_give_up_some(void)
{
	struct page_info *pg;
	unsigned n;

	for (n = 0; n < GIVEN_UP_AT_ONCE && (pg = take_waiting()); n++)
		frame_free_held_back(page_to_mfn(pg));
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
	frame_free_held_back(page_to_mfn(pg));
	return true;
}
