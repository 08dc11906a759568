/* SPDX-License-Identifier: MIT */
/*
 * References to frames, ownership, and the lists of what a domain owns; see
 * page.h.  page_lock of the owner protects its list and counters; counts in
 * the frame table are atomic.
 */
#include "memory/page.h"

#include "console/console.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/frame-type.h"
#include "memory/log-dirty.h"
#include "memory/scrub.h"
#include "pv/tlb.h"

/* domain_io's id is one that owns no frame: an L1 entry made in its name is never taken for one of
 * ordinary memory (pv/validate.c). */
struct domain domain_io = { .id = DOMID_COW }, domain_xen = { .id = DOMID_XEN };

bool frame_is_free(mfn_t mfn)
{
	return mfn_valid(mfn) && !mfn_to_page(mfn)->count;
}

bool get_page(struct page_info *pg, const struct domain *d)
{
	return get_page_of(pg, d->id);
}

/* @pre d->page_lock */
static void list_unlink(struct domain *d, struct page_info *pg)
{
	if (unlikely(d->relinquish_at == page_to_mfn(pg)))
		d->relinquish_at = pg->next;
	if (pg->prev == PAGE_LIST_END)
		d->page_list = pg->next;
	else
		mfn_to_page(pg->prev)->next = pg->next;
	if (pg->next != PAGE_LIST_END)
		mfn_to_page(pg->next)->prev = pg->prev;
}

/* @pre d->page_lock */
static void list_push(struct domain *d, struct page_info *pg)
{
	pg->prev = PAGE_LIST_END;
	pg->next = d->page_list;
	if (pg->next != PAGE_LIST_END)
		mfn_to_page(pg->next)->prev = page_to_mfn(pg);
	d->page_list = page_to_mfn(pg);
}

bool page_disown(struct domain *d, struct page_info *pg)
{
	unsigned long flags = spin_lock_irqsave(&d->page_lock);
	bool last;

	list_unlink(d, pg);
	last = !--d->tot_pages;
	spin_unlock_irqrestore(&d->page_lock, flags);
	return last;
}

/* The last reference went; @d is the owner, NULL for the hypervisor's own. */
static void free_page_of(struct domain *d, struct page_info *pg)
{
	bool last = d && page_disown(d, pg);
	bool zero = d && pg->type == PGT_none && pg->nr_valid == FRAME_ZERO;

	BUG_ON((pg->type & PGT_count_mask) != 0);
	m2p_table[page_to_mfn(pg)] = INVALID_M2P;
	if (!zero)
		pg->nr_valid = d ? d->id : DOMID_XEN;
	pg->tlb_stamp = frame_tlb_stamp();
	pg->type = PGT_none;
	pg->owner = DOMID_INVALID;
	__atomic_store_n(&pg->count, 0, __ATOMIC_RELEASE);
	if (d && !zero && d->state >= DOM_DYING)
		scrub_later(pg);
	else
		frame_free(page_to_mfn(pg), 0);
	if (unlikely(last))
		domain_put(d);
}

void free_page(struct page_info *pg)
{
	free_page_of(pg->count & PGC_hv ? NULL : domain_lookup_any(pg->owner), pg);
}

bool get_page_undo(struct page_info *pg)
{
	put_page(pg);
	return false;
}

int get_page_type(struct page_info *pg, u32 type, bool preemptible)
{
	return frame_type_get(pg, type, preemptible);
}

int put_page_type(struct page_info *pg, bool preemptible)
{
	return frame_type_put(pg, preemptible);
}

static __attribute__((noinline, cold)) bool get_clean_table(struct page_info *pg,
							    const struct domain *d, u32 type);

bool get_page_if_type(struct page_info *pg, const struct domain *d, u32 type)
{
	u64 x = READ_ONCE(pg->state);

	/* In use as @type, checked, not the last count: one exchange takes both references. */
	while (likely(((u32)x & ~(PGT_count_mask | PGT_pinned)) == (type | PGT_validated) &&
		      ((u32)x & PGT_count_mask) - 1 < PGT_count_mask - 1 && pg->owner == d->id)) {
		u64 n = x + STATE_COUNT_ONE + 1;

		if (likely(__atomic_compare_exchange_n(&pg->state, &x, n, false, __ATOMIC_SEQ_CST,
						       __ATOMIC_RELAXED))) {
			if (likely(pg->owner == d->id))
				return true;
			put_page_writable_slow(pg);
			return false;
		}
	}
	/* Read again, so that the common case need not keep it. */
	return unlikely(READ_ONCE(pg->type) & PGT_clean) ?
		get_clean_table(pg, d, type | PGT_validated) : false;
}

/* Whoever takes a table may write to it: with that it is not clean any more. */
static bool get_clean_table(struct page_info *pg, const struct domain *d, u32 type)
{
	type &= PGT_type_mask;
	if (!get_page(pg, d))
		return false;
	__atomic_fetch_and(&pg->type, ~PGT_clean, __ATOMIC_SEQ_CST);
	frame_dirtied(pg);
	put_page(pg);
	return get_page_if_type(pg, d, type);
}

bool get_page_writable_slow(struct page_info *pg, const struct domain *d)
{
	if (get_page_if_type(pg, d, PGT_writable))
		return true;
	if (!get_page(pg, d))
		return false;
	if (!frame_type_get(pg, PGT_writable, false))
		return true;
	put_page(pg);
	return false;
}

void put_page_writable_slow(struct page_info *pg)
{
	u64 x = READ_ONCE(pg->state);

	/* Neither count reaches zero: both go down at once. */
	while (likely(((u32)x & PGT_count_mask) > 1 && !((u32)x & PGT_busy) &&
		      (x >> 32 & PGC_count_mask) > 1))
		if (likely(__atomic_compare_exchange_n(&pg->state, &x, x - STATE_COUNT_ONE - 1, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
			return;
	/* Too long for one go if it was the root of many tables: then it stays partial. */
	frame_type_put(pg, true);
	put_page(pg);
}

int assign_page(struct domain *d, mfn_t mfn, unsigned order)
{
	unsigned long n = 1UL << order, flags;

	/* Before anybody can find them as @d's: the last owner may still reach them till then. */
	for (unsigned long i = 0; i < n; i++)
		tlb_flush_before_reuse(mfn_to_page(mfn + i));
	flags = spin_lock_irqsave(&d->page_lock);
	if (d->tot_pages + n > d->max_pages || d->state >= DOM_DYING) {
		spin_unlock_irqrestore(&d->page_lock, flags);
		return -E2BIG;
	}
	/* Backwards, so that the list runs upwards within the extent. */
	for (unsigned long i = n; i-- > 0;) {
		struct page_info *pg = mfn_to_page(mfn + i);

		pg->owner = d->id;
		pg->type = PGT_none;
		list_push(d, pg);
		__atomic_store_n(&pg->count, PGC_allocated | 1, __ATOMIC_RELEASE);
	}
	if (!d->tot_pages) /* a domain lasts as long as its frames; dropped in free_page() */
		domain_hold(d);
	d->tot_pages += n;
	spin_unlock_irqrestore(&d->page_lock, flags);
	return 0;
}

bool drop_page_allocation(struct page_info *pg, struct domain *d)
{
	u32 old = __atomic_fetch_and(&pg->count, ~PGC_allocated, __ATOMIC_SEQ_CST);

	if (!(old & PGC_allocated))
		return false;
	put_page(pg);
	return true;
}

void drop_held_page(struct page_info *pg, struct domain *d)
{
	u32 old = __atomic_fetch_and(&pg->count, ~PGC_allocated, __ATOMIC_SEQ_CST);
	u32 drop = old & PGC_allocated ? 2 : 1;

	if (!(__atomic_sub_fetch(&pg->count, drop, __ATOMIC_SEQ_CST) & PGC_count_mask))
		free_page_of(d, pg);
}

static void *alloc_marked(unsigned order, domid_t owner, u32 type)
{
	mfn_t mfn = frame_alloc(order, NULL);

	if (mfn == MFN_NONE)
		return NULL;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		struct page_info *pg = mfn_to_page(mfn + i);

		tlb_flush_before_reuse(pg);
		if (pg->nr_valid != FRAME_ZERO)
			memset(page_to_virt(pg), 0, PAGE_SIZE);
		pg->nr_valid = 0;
		pg->owner = owner;
		pg->type = type;
		pg->count = PGC_hv | 1;
	}
	return mfn_to_virt(mfn);
}

void *alloc_hv_pages(unsigned order)
{
	return alloc_marked(order, DOMID_INVALID, PGT_none | 1);
}

void free_hv_pages(void *va, unsigned order)
{
	mfn_t mfn;

	if (!va)
		return;
	mfn = virt_to_mfn(va);
	for (unsigned long i = 0; i < 1UL << order; i++) {
		mfn_to_page(mfn + i)->nr_valid = DOMID_XEN;
		mfn_to_page(mfn + i)->type = PGT_none;
		mfn_to_page(mfn + i)->count = 0;
	}
	frame_free(mfn, order);
}

void *alloc_shared_pages(domid_t owner, unsigned order, bool writable)
{
	void *va = alloc_marked(order, owner,
				writable ? PGT_writable | PGT_validated | 1 : PGT_none | 1);
	struct domain *d = va ? domain_lookup_any(owner) : NULL;

	if (d)
		__atomic_fetch_add(&d->hv_pages, 1UL << order, __ATOMIC_RELAXED);
	return va;
}

void *alloc_shared_page(domid_t owner, bool writable)
{
	return alloc_shared_pages(owner, 0, writable);
}

/* Guests may still map it: the frame, now nobody's, goes when the last mapping does. */
void free_shared_pages(void *va, unsigned order)
{
	struct domain *d;
	mfn_t mfn;

	if (!va)
		return;
	mfn = virt_to_mfn(va);
	d = domain_lookup_any(mfn_to_page(mfn)->owner);
	if (d)
		__atomic_fetch_sub(&d->hv_pages, 1UL << order, __ATOMIC_RELAXED);
	for (unsigned long i = 0; i < 1UL << order; i++) {
		struct page_info *pg = mfn_to_page(mfn + i);

		WRITE_ONCE(pg->owner, DOMID_INVALID);
		__atomic_fetch_sub(&pg->type, 1, __ATOMIC_SEQ_CST);
		put_page(pg);
	}
}

void free_shared_page(void *va)
{
	free_shared_pages(va, 0);
}
