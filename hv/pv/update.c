/* SPDX-License-Identifier: MIT */
/*
 * Replacing single page-table entries; see mmu.h for why no lock is needed.
 */
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "pv/mmu.h"

/* Changing only these needs no new check of the frame. */
#define HARMLESS (PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | PTE_NX | PTE_USER | PTE_GLOBAL |        \
		  0x7ff0000000000000ULL)

static u64 exchange(u64 *pte, u64 val)
{
	return __atomic_exchange_n(pte, val, __ATOMIC_SEQ_CST);
}

/* Write @val, or with @preserve_ad @val plus the accessed and dirty bits hardware set. */
static u64 store_entry(u64 *pte, u64 val, bool preserve_ad)
{
	u64 old;

	if (!preserve_ad)
		return exchange(pte, val);
	old = READ_ONCE(*pte);
	while (!__atomic_compare_exchange_n(pte, &old, val | (old & (PTE_ACCESSED | PTE_DIRTY)), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old;
}

/* Same frame, same rights: true if that was so and the entry is written. */
static bool harmless_change(u64 *pte, u64 old, u64 val, bool preserve_ad)
{
	u64 n = val;

	if (!(old & PTE_PRESENT) || ((old ^ val) & ~HARMLESS))
		return false;
	if (preserve_ad)
		n |= old & (PTE_ACCESSED | PTE_DIRTY);
	return __atomic_compare_exchange_n(pte, &old, n, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

int l1_update(u64 *pte, u64 val, struct domain *d, struct domain *owner, bool preserve_ad)
{
	u64 old = READ_ONCE(*pte);
	int rc;

	if (val & PTE_PRESENT) {
		if (unlikely(val & ~L1_ALLOWED))
			return -EINVAL;
		val = pte_adjust(val);
		if (harmless_change(pte, old, val, preserve_ad))
			return 0;
		rc = l1e_get(val, d, owner);
		if (unlikely(rc)) {
			if (rc < 0)
				return rc;
			val = pte_for_device(val, rc);
		}
	}
	old = store_entry(pte, val, preserve_ad && (val & PTE_PRESENT));
	if (old & PTE_PRESENT)
		l1e_put(old, d);
	return 0;
}

int lx_update(u64 *pte, u64 val, unsigned level, struct domain *d, bool preserve_ad,
	      bool preemptible)
{
	u64 old = READ_ONCE(*pte);
	int rc;

	if (val & PTE_PRESENT) {
		if (unlikely(val & ~LX_ALLOWED))
			return -EINVAL;
		val = pte_adjust(val);
		if (harmless_change(pte, old, val, preserve_ad))
			return 0;
		rc = lxe_get(val, level, d, preemptible);
		if (unlikely(rc))
			return rc;
	}
	old = store_entry(pte, val, preserve_ad && (val & PTE_PRESENT));
	if (old & PTE_PRESENT) {
		/* The frame may end up partial; the next update or its death goes on with it. */
		lxe_put(old, level, preemptible);
	}
	return 0;
}

__attribute__((cold)) int pv_finish_partial(u64 pte, struct domain *owner, int rc)
{
	struct page_info *pg;

	if (rc != -EBUSY || !(pte & PTE_PRESENT) || !mfn_valid(pte_mfn(pte)))
		return rc;
	pg = mfn_to_page(pte_mfn(pte));
	if (!(READ_ONCE(pg->type) & PGT_partial) || !get_page(pg, owner))
		return rc;
	if (frame_type_abandon(pg, true) != -EINVAL)
		rc = -ERESTART;
	put_page(pg);
	return rc;
}
