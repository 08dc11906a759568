/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: fetches the guest's structures in small batches, finds the
 * domains they name, and writes the results back.  Long arrays stop half way when
 * something waits: the call is issued again for the rest.
 */
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "domain/privilege.h"
#include "grants/ops.h"
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"

#define CMD_LARGEST 0xfff

/* The domain a table call names; NULL with a GNTST status. */
static struct domain *table_owner(domid_t id, s16 *status)
{
	struct domain *d = domain_get_or_self(id);

	if (!d) {
		*status = GNTST_bad_domain;
	} else if (!domain_controls(current->domain, d)) {
		*status = GNTST_permission_denied;
		domain_put(d);
		d = NULL;
	}
	return d;
}

/* --- arrays of grants ------------------------------------------------------------- */

/*
 * Arguments are fetched and given back some at a time, and what becomes of them is done as one: copies
 * share what they have in common, unmaps a TLB flush.  What lies before an address that cannot be
 * read is done still.
 */
static long each(unsigned cmd, u64 arg, unsigned count, size_t size, unsigned most,
		 void (*some)(void *ops, unsigned n))
{
	u64 ops[GRANT_BATCH * sizeof(struct gnttab_copy) / sizeof(u64)]; /* the largest of them */
	_Static_assert(sizeof(struct gnttab_map_grant_ref) <= sizeof(struct gnttab_copy) &&
		       sizeof(struct gnttab_unmap_grant_ref) <= sizeof(struct gnttab_copy), "it is");

	for (unsigned i = 0; i < count;) {
		unsigned n = MIN(count - i, most), readable;
		u64 at = arg + (u64)i * size;

		if (i && preempt_needed())
			return HYPERCALL_CONTINUE(grant_table_op, cmd, at, count - i);
		readable = n - DIV_ROUND_UP(copy_from_guest(ops, at, n * size), size);
		some(ops, readable);
		if (copy_to_guest(at, ops, readable * size) || readable < n)
			return -EFAULT;
		i += n;
	}
	return 0;
}

static void map_some(void *ops, unsigned n)
{
	grant_map(ops, n);
}

static void unmap_some(void *ops, unsigned n)
{
	grant_unmap(ops, n);
}

static void copy_some(void *ops, unsigned n)
{
	grant_copy(ops, n);
}

static void transfer_one(void *op, unsigned n)
{
	if (n)
		grant_transfer(op);
}

static void replace_one(void *op, unsigned n)
{
	if (n)
		grant_unmap_and_replace(op);
}

static void swap_one(void *p, unsigned n)
{
	struct gnttab_swap_grant_ref *op = p;

	if (n)
		op->status = grant_table_swap(current->domain, op->ref_a, op->ref_b);
}

/* --- the table itself --------------------------------------------------------------- */

static s16 setup_for(struct domain *d, const struct gnttab_setup_table *op)
{
	if (grant_table_setup(d, op->nr_frames))
		return GNTST_general_error;
	for (u32 i = 0; i < op->nr_frames; i++) {
		xen_pfn_t frame = grant_shared_mfn(d, i);

		if (copy_to_handle_idx(op->frame_list, i, &frame))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static long op_setup_table(u64 arg, unsigned count)
{
	struct gnttab_setup_table op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = table_owner(op.dom, &op.status);
	if (d) {
		op.status = setup_for(d, &op);
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

static long op_query_size(u64 arg, unsigned count)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = table_owner(op.dom, &op.status);
	if (d) {
		grant_table_size(d, &op.nr_frames, &op.max_nr_frames);
		op.status = GNTST_okay;
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

static s16 status_frames_of(struct domain *d, const struct gnttab_get_status_frames *op)
{
	if (op->nr_frames > grant_status_frame_count(d))
		return GNTST_general_error;
	for (u32 i = 0; i < op->nr_frames; i++) {
		u64 frame = grant_status_mfn(d, i);

		if (copy_to_handle_idx(op->frame_list, i, &frame))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static long op_get_status_frames(u64 arg, unsigned count)
{
	struct gnttab_get_status_frames op;
	struct domain *d;

	if (count != 1)
		return -EINVAL;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = table_owner(op.dom, &op.status);
	if (d) {
		op.status = status_frames_of(d, &op);
		domain_put(d);
	}
	return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

static long op_set_version(u64 arg)
{
	struct gnttab_set_version op;
	long rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	rc = grant_table_set_version(current->domain, op.version);
	op.version = grant_table_version(current->domain);
	return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : rc;
}

static long op_get_version(u64 arg)
{
	struct gnttab_get_version op;
	struct domain *d;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	d = hypercall_target(op.dom, &rc);
	if (!d)
		return rc;
	op.version = grant_table_version(d);
	domain_put(d);
	return copy_to_guest(arg, &op, sizeof(op)) ? -EFAULT : 0;
}

long hypercall_grant_table_op(u64 cmd, u64 arg, u64 count)
{
	unsigned n = count;

	if ((s32)n < 0 || (u32)cmd > CMD_LARGEST) /* above is where Xen keeps a continuation's state */
		return -EINVAL;
	switch ((u32)cmd) {
	case GNTTABOP_map_grant_ref:
		return each(cmd, arg, n, sizeof(struct gnttab_map_grant_ref), GRANT_BATCH, map_some);
	case GNTTABOP_unmap_grant_ref:
		return each(cmd, arg, n, sizeof(struct gnttab_unmap_grant_ref), GRANT_BATCH, unmap_some);
	case GNTTABOP_unmap_and_replace:
		return each(cmd, arg, n, sizeof(struct gnttab_unmap_and_replace), 1, replace_one);
	case GNTTABOP_copy:
		return each(cmd, arg, n, sizeof(struct gnttab_copy), GRANT_BATCH, copy_some);
	case GNTTABOP_transfer:
		return each(cmd, arg, n, sizeof(struct gnttab_transfer), 1, transfer_one);
	case GNTTABOP_swap_grant_ref:
		return each(cmd, arg, n, sizeof(struct gnttab_swap_grant_ref), 1, swap_one);
	case GNTTABOP_setup_table:
		return op_setup_table(arg, n);
	case GNTTABOP_query_size:
		return op_query_size(arg, n);
	case GNTTABOP_get_status_frames:
		return op_get_status_frames(arg, n);
	case GNTTABOP_set_version:
		return op_set_version(arg);
	case GNTTABOP_get_version:
		return op_get_version(arg);
	case GNTTABOP_cache_flush: /* caches are coherent: nothing to do, as Xen on x86 */
		return -EOPNOTSUPP;
	default: /* dump_table */
		return -ENOSYS;
	}
}
