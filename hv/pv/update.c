/* SPDX-License-Identifier: MIT */
/*
 * Replacing single page-table entries; see mmu.h for why no lock is needed.
 */
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "pv/mmu.h"

int l1_update(u64 *pte, u64 val, struct domain *d, struct domain *owner, bool preserve_ad)
{
	return l1_update_inline(pte, val, d, owner, preserve_ad);
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
		if (pte_change_harmless(pte, old, val, preserve_ad))
			return 0;
		rc = lxe_get(val, level, d, preemptible);
		if (unlikely(rc))
			return rc;
	}
	old = pte_store(pte, val, preserve_ad && (val & PTE_PRESENT));
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
