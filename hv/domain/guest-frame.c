/* SPDX-License-Identifier: MIT */
/*
 * Long-lived hypervisor mappings of guest frames; see guest-frame.h.  All of
 * memory is in the direct map, so a mapping is nothing but the references that
 * make its use safe.
 */
#include "domain/guest-frame.h"

#include "domain/domain.h"
#include "memory/page.h"

void *guest_frame_map(struct domain *d, u64 gfn)
{
	struct page_info *pg;

	if (!mfn_valid(gfn))
		return NULL;
	pg = mfn_to_page(gfn);
	return get_page_writable(pg, d, d->id) ? page_to_virt(pg) : NULL;
}

void guest_frame_unmap(void *va)
{
	put_page_writable(mfn_to_page(virt_to_mfn(va)));
}
