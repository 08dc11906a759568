/* SPDX-License-Identifier: MIT */
/*
 * domctl on a domain as a whole: pausing, limits, identity, time offset,
 * scheduling parameters, NUMA nodes (of which there is one).
 */
#include "hypercalls/domctl.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "time/guest-time.h"

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
	return d == current->domain ? -EINVAL : domain_pause(d);
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
	return domain_unpause(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
	if (d == current->domain)
		return -EINVAL;
	domain_resume(d);
	return 0;
}

/* The limit may go below what the domain has: then it only cannot grow. */
int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	u64 pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	unsigned long flags = spin_lock_irqsave(&d->page_lock);

	d->max_pages = pages;
	spin_unlock_irqrestore(&d->page_lock, flags);
	return 0;
}

int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
	return sched_domctl_adjust(d, &op->u.scheduler_op);
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	sched_domain_handle_changed(d);
	return 0;
}

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
	domain_set_time_offset(d, op->u.settimeoffset.time_offset_seconds);
	return 0;
}

int domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	op->u.address_size.size = 64;
	return 0;
}

/* Node 0 is all there is: a set with it is granted, one without cannot be. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	const struct xenctl_bitmap *map = &op->u.nodeaffinity.nodemap;
	u8 nodes;

	if (!map->nr_bits)
		return -EINVAL;
	if (copy_from_guest(&nodes, guest_handle_va(map->bitmap), 1))
		return -EFAULT;
	return nodes & 1 ? 0 : -EINVAL;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	const struct xenctl_bitmap *map = &op->u.nodeaffinity.nodemap;
	u64 va = guest_handle_va(map->bitmap), bytes = DIV_ROUND_UP((u64)map->nr_bits, 8);
	u8 nodes = 1;

	if (!bytes)
		return 0;
	return copy_to_guest(va, &nodes, 1) || clear_guest(va + 1, bytes - 1) ? -EFAULT : 0;
}

/* Port of the caller's that is told when the domain has suspended. */
int domctl_subscribe(struct domain *d, struct xen_domctl *op)
{
	WRITE_ONCE(d->suspend_port, op->u.subscribe.port);
	return 0;
}
