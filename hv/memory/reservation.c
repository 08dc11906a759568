/* SPDX-License-Identifier: MIT */
/*
 * What a domain owns and how that changes; see reservation.h.  A stolen frame
 * has its allocated mark and no reference: get_page() fails on it and the
 * frame allocator does not take it for free.  It stays on its owner's list, so
 * only a running domain may steal from itself: its death, which walks the
 * list, waits until none of its vCPUs run.
 */
#include "memory/reservation.h"

#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/frame-type.h"
#include "pv/tlb.h"

/* State of a frame that is allocated, referenced by nothing else and untyped. */
#define STATE_COUNTS_MASK ((u64)(u32)~PGC_clean << 32 | PGT_count_mask | PGT_pinned | PGT_partial | PGT_busy)
#define STATE_UNUSED ((u64)(PGC_allocated | 1) << 32)
#define STATE_STOLEN ((u64)PGC_allocated << 32)

/* What another domain or we have left in a frame is not @d's business.  Dom0 has its own frames
 * back as they were, and those nobody has used since the machine started.  Whoever makes the frame
 * @d's sees to the TLBs that may show it still. */
static void frame_clear_for(const struct domain *d, mfn_t mfn)
{
	struct page_info *pg = mfn_to_page(mfn);

	if (pg->nr_valid == FRAME_ZERO || (d->privileged && pg->nr_valid == d->id))
		return;
	tlb_flush_before_reuse(pg); /* its last owner may still be able to write there */
	memset(mfn_to_virt(mfn), 0, PAGE_SIZE);
	pg->nr_valid = FRAME_ZERO;
}

mfn_t guest_frames_alloc(const struct domain *d, unsigned order, unsigned address_bits)
{
	struct frame_constraints want = frame_wish(d->id, address_bits);
	mfn_t mfn;

	if (address_bits && address_bits < PAGE_SHIFT)
		return MFN_NONE;
	mfn = frame_alloc(order, &want);
	for (u64 i = 0; mfn != MFN_NONE && i < 1UL << order; i++)
		frame_clear_for(d, mfn + i);
	return mfn;
}

int reservation_add(struct domain *d, unsigned order, unsigned address_bits, gfn_t gfn, mfn_t *mfn)
{
	int rc;

	if (d->tot_pages + (1UL << order) > d->max_pages)
		return -E2BIG; /* cheap look first; assign_page() decides */
	*mfn = guest_frames_alloc(d, order, address_bits);
	if (*mfn == MFN_NONE)
		return -ENOMEM;
	rc = assign_page(d, *mfn, order);
	if (rc) {
		frame_free(*mfn, order);
		return rc;
	}
	if (gfn != GFN_NONE)
		for (u64 i = 0; i < 1UL << order; i++)
			m2p_table[*mfn + i] = gfn + i;
	return 0;
}

int reservation_remove(struct domain *d, mfn_t mfn)
{
	struct page_info *pg;
	bool dropped;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!get_page(pg, d))
		return -EINVAL;
	dropped = !(READ_ONCE(pg->count) & PGC_hv) && drop_page_allocation(pg, d);
	put_page(pg);
	return dropped ? 0 : -EINVAL;
}

int page_steal(const struct domain *d, mfn_t mfn)
{
	struct page_info *pg;
	u64 state;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!get_page(pg, d)) /* the owner is stable now; only we and the allocation refer */
		return -EINVAL;
	state = READ_ONCE(pg->state);
	if ((state & STATE_COUNTS_MASK) == STATE_UNUSED + STATE_COUNT_ONE) {
		u64 stolen = (state & ~STATE_COUNTS_MASK) | STATE_STOLEN;

		if (__atomic_compare_exchange_n(&pg->state, &state, stolen, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return 0;
	}
	put_page(pg);
	return -EINVAL;
}

void page_unsteal(mfn_t mfn)
{
	__atomic_store_n(&mfn_to_page(mfn)->count, PGC_allocated | 1, __ATOMIC_SEQ_CST);
}

/* A stolen frame becomes nobody's.  True: it was the last @from had, whose reference is the caller's. */
static bool page_orphan(struct domain *from, mfn_t mfn)
{
	struct page_info *pg = mfn_to_page(mfn);
	bool last = page_disown(from, pg);

	m2p_table[mfn] = INVALID_M2P;
	pg->tlb_stamp = frame_tlb_stamp();
	pg->type = PGT_none;
	pg->owner = DOMID_INVALID;
	pg->nr_valid = from->id;
	__atomic_store_n(&pg->count, 0, __ATOMIC_RELEASE);
	return last;
}

int page_give(struct domain *from, struct domain *to, mfn_t mfn)
{
	bool last = page_orphan(from, mfn);
	int rc = assign_page(to, mfn, 0);

	if (rc)
		frame_free(mfn, 0);
	if (last)
		domain_put(from);
	return rc;
}

void page_lose(struct domain *from, mfn_t mfn)
{
	bool last = page_orphan(from, mfn);

	frame_free(mfn, 0);
	if (last)
		domain_put(from);
}

/* @fresh stands in the list where @old stood.  @pre d->page_lock */
static void list_substitute(struct domain *d, const struct page_info *old, struct page_info *fresh)
{
	u32 mfn = page_to_mfn(fresh);

	fresh->prev = old->prev;
	fresh->next = old->next;
	if (fresh->prev == PAGE_LIST_END)
		d->page_list = mfn;
	else
		mfn_to_page(fresh->prev)->next = mfn;
	if (fresh->next != PAGE_LIST_END)
		mfn_to_page(fresh->next)->prev = mfn;
}

void page_replace(struct domain *d, mfn_t old_mfn, mfn_t fresh_mfn)
{
	struct page_info *old = mfn_to_page(old_mfn), *fresh = mfn_to_page(fresh_mfn);
	unsigned long flags;

	tlb_flush_before_reuse(fresh);
	flags = spin_lock_irqsave(&d->page_lock);
	list_substitute(d, old, fresh);
	fresh->owner = d->id;
	fresh->type = PGT_none;
	__atomic_store_n(&fresh->count, PGC_allocated | 1, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&d->page_lock, flags);

	m2p_table[old_mfn] = INVALID_M2P;
	old->nr_valid = d->id;
	old->tlb_stamp = frame_tlb_stamp();
	old->type = PGT_none;
	old->owner = DOMID_INVALID;
	__atomic_store_n(&old->count, 0, __ATOMIC_RELEASE);
	frame_free(old_mfn, 0);
}
