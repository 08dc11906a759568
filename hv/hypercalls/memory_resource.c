/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_acquire_resource: machine frames of something that belongs to another
 * domain's state, so that the caller can map them.  The domain builder fills a
 * new guest's first grants this way.  Grant tables only; ioreq server pages
 * come with HVM.
 */
#include "hypercalls/memory_op.h"

#include "grants/grants.h"
#include "lib/errno.h"
#include "memory/guest.h"

#define CHUNK_FRAMES 32
#define MAX_FRAMES 65536 /* more than any table has: a bound for the loop */

static int put_frames(struct domain *d, const struct xen_mem_acquire_resource *args)
{
	u64 mfns[CHUNK_FRAMES];

	for (u32 done = 0; done < args->nr_frames;) {
		u32 n = MIN(args->nr_frames - done, CHUNK_FRAMES);
		int rc = grants_acquire_frames(d, args->id, args->frame + done, n, mfns);

		if (rc)
			return rc;
		if (copy_to_guest(guest_handle_va(args->frame_list) + done * sizeof(xen_pfn_t), mfns,
				  n * sizeof(xen_pfn_t)))
			return -EFAULT;
		done += n;
	}
	return 0;
}

/* No list: tell the size. */
static int put_size(u64 arg, const struct xen_mem_acquire_resource *args, u32 size)
{
	if (args->nr_frames || args->frame)
		return -EINVAL;
	return copy_to_guest(arg + offsetof(struct xen_mem_acquire_resource, nr_frames), &size,
			     sizeof(size)) ? -EFAULT : 0;
}

long memory_acquire_resource(u64 arg)
{
	struct xen_mem_acquire_resource args;
	struct domain *d;
	u32 size;
	int rc;

	if (copy_from_guest(&args, arg, sizeof(args)))
		return -EFAULT;
	if (args.pad || args.nr_frames > MAX_FRAMES || args.frame > UINT32_MAX)
		return -EINVAL;
	if (args.type != XENMEM_resource_grant_table)
		return -EOPNOTSUPP;
	d = hypercall_target(args.domid, &rc);
	if (!d)
		return rc;
	size = grants_resource_frames(d, args.id);
	if (d == current->domain)
		rc = -EPERM;
	else if (!size)
		rc = -EINVAL;
	else if (!guest_handle_va(args.frame_list))
		rc = put_size(arg, &args, size);
	else
		rc = put_frames(d, &args);
	domain_put(d);
	return rc;
}
