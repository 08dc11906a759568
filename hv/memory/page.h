/* SPDX-License-Identifier: MIT */
/*
 * The frame table: for every machine frame its owner, what it is used as, and
 * two counts.  This is the root of memory safety for PV guests:
 *
 *  - `count` says how many references keep the frame from being freed;
 *  - `type` says what the frame may be used as while its type count is not
 *    zero: a page table of one level, a descriptor table, or writable data,
 *    never two of them at once.
 *
 * Both live in one 64-bit word, so that "take a reference and a writable type
 * reference" is a single compare-and-exchange.  The owner is stable while a
 * reference is held; whoever takes a reference checks the owner afterwards.
 */
#ifndef ORRERY_MEMORY_PAGE_H
#define ORRERY_MEMORY_PAGE_H

#include "lib/types.h"
#include "x86/layout.h"

struct domain;

/* TLB clock now, kept in the frame when its last use as a type ends; see pv/tlb.h. */
extern u32 tlb_clock;
static inline u32 frame_tlb_stamp(void)
{
	return READ_ONCE(tlb_clock);
}

struct page_info {
	union {
		u64 state;
		struct {
			u32 type;  /* PGT_* */
			u32 count; /* PGC_* */
		};
	};
	domid_t owner;     /* DOMID_*; meaningful while count != 0 */
	u16 nr_valid;      /* page table under (de)validation: entries done; data: FRAME_FOREIGN or
			    * nothing; free: the domain it came from, DOMID_XEN for us; free, or
			    * owned and never of a type: FRAME_ZERO */
	u32 tlb_stamp;     /* tlb generation when last typed or freed; see pv/tlb.h */
	u32 next, prev;    /* owner's page list, mfn numbers; PAGE_LIST_END ends it */
};
_Static_assert(sizeof(struct page_info) == 24, "frame table budget: 12 MiB per 2 GiB");

#define FRAME_FOREIGN 0x8000 /* a domain not its owner has had it mapped writable */
#define FRAME_ZERO 0x7ff6    /* all zeroes: cleared and not used since; no domain's id */
#define PAGE_LIST_END 0xffffffffU

/* type word */
#define PGT_SHIFT 28
#define PGT_none (0U << PGT_SHIFT)
#define PGT_l1 (1U << PGT_SHIFT)
#define PGT_l2 (2U << PGT_SHIFT)
#define PGT_l3 (3U << PGT_SHIFT)
#define PGT_l4 (4U << PGT_SHIFT)
#define PGT_seg_desc (5U << PGT_SHIFT)
#define PGT_writable (7U << PGT_SHIFT)
#define PGT_type_mask (15U << PGT_SHIFT)
#define PGT_pinned (1U << 27)    /* the guest asked to keep this type */
#define PGT_validated (1U << 26) /* contents checked for the type */
#define PGT_partial (1U << 25)   /* entries [0, nr_valid) checked; holds one count itself */
#define PGT_busy (1U << 24)      /* someone is (de)validating */
#define PGT_clean (1U << 23)     /* a table, and PGC_clean: the next to take it does so slowly */
#define PGT_count_mask ((1U << 23) - 1)

/* count word */
#define PGC_allocated (1U << 31) /* owner's allocation reference not yet dropped */
#define PGC_hv (1U << 30)        /* hypervisor's own frame shared with the owner */
#define PGC_clean (1U << 29)     /* unchanged since last reported: memory/log-dirty.h */
#define PGC_count_mask ((1U << 29) - 1)

#define STATE_COUNT_ONE (1ULL << 32)

#define frame_table ((struct page_info *)FRAME_TABLE_START)
#define m2p_table ((u64 *)M2P_RW_START)
#define INVALID_M2P 0x5555555555555555ULL /* INVALID_P2M_ENTRY of a frame that is nobody's */

extern mfn_t max_mfn;      /* one past the last frame of the frame table */
extern mfn_t solid_mfn;    /* up to here the frame table has no gaps */
bool mfn_valid_above(mfn_t mfn);

/* Is there a page_info (RAM or a hole that the frame table covers)? */
static inline bool mfn_valid(mfn_t mfn)
{
	return likely(mfn < solid_mfn) || mfn_valid_above(mfn);
}

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
	return &frame_table[mfn];
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
	return pg - frame_table;
}

static inline void *page_to_virt(const struct page_info *pg)
{
	return mfn_to_virt(page_to_mfn(pg));
}

/*
 * References.  get_page: take one if @pg is in use and owned by @d; false if
 * not, or if the count would overflow.  put_page: drop one; the last one frees
 * the frame.  Any context, no locks.
 */
MUST_CHECK bool get_page(struct page_info *pg, const struct domain *d);
void free_page(struct page_info *pg); /* for put_page() only: the last reference went */
bool get_page_undo(struct page_info *pg); /* for get_page_of(): a reference too many; false */

static inline void put_page(struct page_info *pg)
{
	if (unlikely(!(__atomic_sub_fetch(&pg->count, 1, __ATOMIC_SEQ_CST) & PGC_count_mask)))
		free_page(pg);
}

/* The same as get_page(), by the owner's id. */
MUST_CHECK static inline bool get_page_of(struct page_info *pg, domid_t owner)
{
	u32 x = READ_ONCE(pg->count);

	do {
		/* Half the range is left to writable references, which are fewer and not counted here. */
		if (unlikely((x & PGC_count_mask) - 1 >= PGC_count_mask / 2))
			return false;
	} while (unlikely(!__atomic_compare_exchange_n(&pg->count, &x, x + 1, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)));
	return likely(pg->owner == owner) ? true : get_page_undo(pg);
}

/* Types: 0, -EINVAL (wrong type or contents), -ERESTART (preempted, call again). */
MUST_CHECK int get_page_type(struct page_info *pg, u32 type, bool preemptible);
int put_page_type(struct page_info *pg, bool preemptible);

/* Page and type reference to a frame of @d that has type @type and is validated already; never
 * validates. For tables in use; release with put_page_writable(). */
MUST_CHECK bool get_page_if_type(struct page_info *pg, const struct domain *d, u32 type);

void put_page_writable_slow(struct page_info *pg);

/* The same, inline, for page tables: one in use as that has been counted, and is not busy. */
MUST_CHECK static inline bool get_table(struct page_info *pg, const struct domain *d, domid_t id,
					u32 type)
{
	u64 x = READ_ONCE(pg->state), n = x + STATE_COUNT_ONE + 1;

	if (unlikely(((u32)x & ~(PGT_count_mask | PGT_pinned)) != (type | PGT_validated)) ||
	    unlikely(!((u32)n & PGT_count_mask)) || unlikely(pg->owner != id) ||
	    unlikely(!__atomic_compare_exchange_n(&pg->state, &x, n, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_RELAXED)))
		return get_page_if_type(pg, d, type);
	if (likely(pg->owner == id))
		return true;
	put_page_writable_slow(pg);
	return false;
}

/* Both references back; there is a page reference for each use as a type. */
static inline void put_table(struct page_info *pg)
{
	u64 x = READ_ONCE(pg->state);

	if (unlikely(((u32)x & PGT_count_mask) <= 1) ||
	    unlikely(!__atomic_compare_exchange_n(&pg->state, &x, x - STATE_COUNT_ONE - 1, false,
						  __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
		put_page_writable_slow(pg);
}

/* Both for data frames; the PTE-update fast path. */
MUST_CHECK bool get_page_writable_slow(struct page_info *pg, const struct domain *d);

/* The type words of a data frame in use and at rest. */
#define DATA_IN_USE (PGT_writable | PGT_validated)
#define DATA_AT_REST PGT_writable

/* Page and writable reference in one exchange, if the frame is data already and @owner's. */
static inline bool get_page_writable(struct page_info *pg, const struct domain *d, domid_t owner)
{
	u64 x = READ_ONCE(pg->state), n = x + STATE_COUNT_ONE + 1;

	if ((u32)x == DATA_AT_REST)
		n |= PGT_validated;
	else if (unlikely(((u32)x & ~PGT_count_mask) != DATA_IN_USE))
		return get_page_writable_slow(pg, d);
	if (unlikely(pg->owner != owner || !(x >> 32 & PGC_count_mask) ||
		     ((u32)n & ~PGT_count_mask) != DATA_IN_USE ||
		     !__atomic_compare_exchange_n(&pg->state, &x, n, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_RELAXED)))
		return get_page_writable_slow(pg, d);
	if (likely(pg->owner == owner))
		return true;
	put_page_writable_slow(pg);
	return false;
}

static inline void put_page_writable(struct page_info *pg)
{
	u64 x = READ_ONCE(pg->state), n = x - STATE_COUNT_ONE - 1;

	if (unlikely(!(n >> 32 & PGC_count_mask) || ((u32)x & PGT_busy)))
		goto slow;
	if (!((u32)n & PGT_count_mask)) {
		if ((u32)x != (DATA_IN_USE | 1))
			goto slow;
		pg->tlb_stamp = frame_tlb_stamp();
		n &= ~(u64)PGT_validated;
	}
	if (likely(__atomic_compare_exchange_n(&pg->state, &x, n, false, __ATOMIC_SEQ_CST,
					       __ATOMIC_RELAXED)))
		return;
slow:
	put_page_writable_slow(pg);
}

/* Owner @d gets frame @mfn (fresh from frame_alloc): count = allocation reference,
 * type none, put on d's list, tot_pages++. -E2BIG beyond max_pages. Takes d->page_lock. */
int assign_page(struct domain *d, mfn_t mfn, unsigned order);

/* Drop the allocation reference (memory_op decrease, exchange, domain death). False if
 * it is gone already.  The frame is freed when the last reference goes. */
bool drop_page_allocation(struct page_info *pg, struct domain *d);

/* The same and a reference of the caller's, for a frame on @d's list: death takes all of them. */
void drop_held_page(struct page_info *pg, struct domain *d);

/* The frame leaves @d's list and account.  True: it was the last, which kept a reference to @d.
 * Takes d->page_lock. */
bool page_disown(struct domain *d, struct page_info *pg);

/* A zeroed hypervisor frame that @d may map (shared info, grant table, trace
 * ring with @owner DOMID_XEN): virtual address or NULL.  @writable by the guest or not. */
void *alloc_shared_page(domid_t owner, bool writable);
void free_shared_page(void *va);
/* The same for 2^order contiguous frames. */
void *alloc_shared_pages(domid_t owner, unsigned order, bool writable);
void free_shared_pages(void *va, unsigned order);

/* The hypervisor's own zeroed frames, never visible to a guest. NULL when out. */
void *alloc_hv_pages(unsigned order);
void free_hv_pages(void *va, unsigned order);

#endif
