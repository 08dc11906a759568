/* SPDX-License-Identifier: MIT */
/*
 * Changing the page-table roots of the running vCPU: by mmuext_op, nearly always,
 * or by an emulated write to CR3.  Inline because context switches of guests
 * come through here.
 */
#ifndef ORRERY_PV_ROOTS_H
#define ORRERY_PV_ROOTS_H

#include "lib/errno.h"
#include "memory/frame-type.h"
#include "pv/mmu.h"

/* Reference for L4 frame @mfn of the current domain. */
static inline int root_get(mfn_t mfn)
{
	struct domain *d = current->domain;
	struct page_info *pg;
	int rc;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (likely(get_table(pg, d, d->id, PGT_l4)))
		return 0;
	if (!get_page(pg, d))
		return -EINVAL;
	rc = frame_type_get(pg, PGT_l4, true);
	if (rc)
		put_page(pg);
	return rc;
}

static inline void root_put(u64 maddr)
{
	struct page_info *pg = mfn_to_page(maddr >> PAGE_SHIFT);

	if (!maddr)
		return;
	put_table(pg); /* may stay partial: its next use or death finishes it */
}

/* Make @mfn, an L4 of the running vCPU's domain or one that can become it, the root of kernel
 * mode: 0, -EINVAL, -ERESTART. */
static inline int pv_new_root(struct vcpu *v, mfn_t mfn)
{
	u64 old = v->pv.kernel_l4;
	int rc = root_get(mfn);

	if (rc)
		return rc;
	v->pv.kernel_l4 = mfn << PAGE_SHIFT;
	pv_roots_changed(v);
	pv_load_root(v);
	root_put(old);
	return 0;
}

#endif
