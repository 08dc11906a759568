/* SPDX-License-Identifier: MIT */
/*
 * increase_reservation, decrease_reservation, populate_physmap and claims.
 * The first three never fail: they return how many extents were dealt with,
 * and stop at the first that cannot be (bad arguments: at the first of all).
 * Long lists are preempted between extents; the command's upper bits then say
 * where to go on.
 */
#include "hypercalls/memory_op.h"
#include "lib/errno.h"
#include "memory/frame-alloc.h"
#include "memory/guest.h"
#include "memory/reservation.h"

#define GUEST_MAX_ORDER 9  /* 2 MiB */
#define DOM0_MAX_ORDER 14 /* 64 MiB: an extent is cleared in one go, which takes some milliseconds */

unsigned memory_max_order(const struct domain *d)
{
	return d->privileged ? DOM0_MAX_ORDER : GUEST_MAX_ORDER;
}

/* Extent @i: 0 or anything else, then it stays undone. */
typedef int (*extent_fn)(struct domain *d, const struct xen_memory_reservation *r, u32 i);

static int increase_extent(struct domain *d, const struct xen_memory_reservation *r, u32 i)
{
	mfn_t mfn;
	int rc = reservation_add(d, r->extent_order, XENMEMF_get_address_bits(r->mem_flags),
				 GFN_NONE, &mfn);

	if (rc || !guest_handle_va(r->extent_start))
		return rc;
	return copy_to_handle_idx(r->extent_start, i, &mfn) ? -EFAULT : 0;
}

static int populate_extent(struct domain *d, const struct xen_memory_reservation *r, u32 i)
{
	xen_pfn_t gfn;
	mfn_t mfn;
	int rc;

	if (r->mem_flags & XENMEMF_populate_on_demand)
		return -EINVAL; /* translated guests only */
	if (copy_from_handle_idx(&gfn, r->extent_start, i))
		return -EFAULT;
	rc = reservation_add(d, r->extent_order, XENMEMF_get_address_bits(r->mem_flags), gfn, &mfn);
	if (rc)
		return rc;
	return copy_to_handle_idx(r->extent_start, i, &mfn) ? -EFAULT : 0;
}

static int decrease_extent(struct domain *d, const struct xen_memory_reservation *r, u32 i)
{
	xen_pfn_t mfn;

	if (copy_from_handle_idx(&mfn, r->extent_start, i))
		return -EFAULT;
	for (u64 n = 0; n < 1UL << r->extent_order; n++) {
		int rc = reservation_remove(d, mfn + n);

		if (rc)
			return rc;
	}
	return 0;
}

static const extent_fn extent_fns[] = {
	[XENMEM_increase_reservation] = increase_extent,
	[XENMEM_decrease_reservation] = decrease_extent,
	[XENMEM_populate_physmap] = populate_extent,
};

static bool arguments_ok(const struct xen_memory_reservation *r, u32 start)
{
	/* More extents than a continuation can count are refused. */
	return start < r->nr_extents && r->nr_extents <= UINT_MAX >> MEMOP_EXTENT_SHIFT &&
	       r->extent_order <= memory_max_order(current->domain);
}

long memory_change_reservation(u32 op, u32 start, u64 arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	u32 i = start;
	int err;

	if (copy_from_guest(&r, arg, sizeof(r)) || !arguments_ok(&r, start))
		return start;
	d = hypercall_target(r.domid, &err);
	if (!d)
		return start;
	while (i < r.nr_extents && !extent_fns[op](d, &r, i)) {
		i++;
		if (i < r.nr_extents && hypercall_preempt_needed()) {
			domain_put(d);
			return HYPERCALL_CONTINUE(memory_op, op | (u64)i << MEMOP_EXTENT_SHIFT, arg);
		}
	}
	domain_put(d);
	return i;
}

/* A claim counts what the domain owns already. */
long memory_claim_pages(u64 arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	u64 pages;
	int rc;

	if (copy_from_guest(&r, arg, sizeof(r)))
		return -EFAULT;
	if (guest_handle_va(r.extent_start) || r.extent_order || r.mem_flags)
		return -EINVAL;
	d = hypercall_target(r.domid, &rc);
	if (!d)
		return rc;
	pages = r.nr_extents;
	if (pages && (pages > d->max_pages || pages <= d->tot_pages || frame_claim_get(d->id)))
		rc = -EINVAL;
	else
		rc = frame_claim_set(d->id, pages ? pages - d->tot_pages : 0);
	domain_put(d);
	return rc;
}
