/* SPDX-License-Identifier: MIT */
/*
 * domctl shadow_op for PV domains: switching the log of changed frames on and
 * off, reading and cleaning it (<xen/domctl.h>).  The bitmap goes by the guest's
 * frame numbers.  Reading takes steps; between two of them the domain may run,
 * and what it changes then is reported by this call or the next.  A call that
 * stops for other work goes on as paging_domctl_cont(arg, where, found): its
 * state is in the registers, and a caller that makes one up only gets a part
 * of the walk.  There is no pool to size: the allocation calls answer -ENOSYS.
 */
#include "hypercalls/domctl.h"

#include "lib/errno.h"
#include "memory/guest.h"
#include "memory/log-dirty.h"

#define CLEAR_AT_ONCE 65536 /* bytes of a bitmap */
#define CLEARING (1ULL << 63) /* `where`: how many words of the bitmap are cleared; else frames */

struct report {
	struct domain *d;
	struct xen_domctl *op;
	struct xen_domctl_shadow_op *args;
	u64 bitmap;       /* guest address, 0: none wanted */
	u64 where;
	u32 found;
};

static u64 bitmap_bytes(const struct report *r)
{
	return DIV_ROUND_UP(r->args->pages, 64) * 8;
}

/* Some more of the bitmap set to zero. */
static int clear_some(struct report *r)
{
	u64 done = (r->where & ~CLEARING) * 8, n = MIN(bitmap_bytes(r) - done, (u64)CLEAR_AT_ONCE);

	if (!r->bitmap || done >= bitmap_bytes(r)) {
		r->where = LOG_DIRTY_START;
		return 0;
	}
	/* The last word may reach beyond the caller's bytes: bits are set one byte at a time. */
	if (done + n == bitmap_bytes(r))
		n = DIV_ROUND_UP(r->args->pages, 8) - done;
	if (clear_guest(r->bitmap + done, n))
		return -EFAULT;
	r->where = CLEARING | (done + CLEAR_AT_ONCE) / 8;
	return 0;
}

static int set_bit(u64 bitmap, u64 pfn)
{
	u64 at = bitmap + pfn / 8;
	u8 byte;

	if (copy_from_guest(&byte, at, 1))
		return -EFAULT;
	byte |= 1U << pfn % 8;
	return copy_to_guest(at, &byte, 1) ? -EFAULT : 0;
}

/* Some more frames. @pre the domain is paused */
static int walk_some(struct report *r)
{
	bool enabling = r->args->op != XEN_DOMCTL_SHADOW_OP_CLEAN &&
			r->args->op != XEN_DOMCTL_SHADOW_OP_PEEK;
	struct dirty_walk w = {
		.at = r->where,
		.limit = enabling || !r->bitmap ? ~0ULL : r->args->pages,
		.clean = r->args->op != XEN_DOMCTL_SHADOW_OP_PEEK,
	};

	if (!READ_ONCE(r->d->log_dirty.on)) { /* never was, or somebody has switched it off meanwhile */
		r->where = PAGE_LIST_END;
		return 0;
	}
	log_dirty_step(r->d, &w);
	r->where = w.at;
	r->found += w.nr;
	for (unsigned i = 0; r->bitmap && i < w.nr; i++)
		if (set_bit(r->bitmap, w.pfn[i]))
			return -EFAULT;
	if (w.at == PAGE_LIST_END && w.clean)
		log_dirty_finish(r->d);
	return 0;
}

static long tell(struct report *r, u64 arg)
{
	struct xen_domctl_shadow_op_stats *stats = &r->args->stats;

	stats->dirty_count = r->found;
	stats->fault_count = READ_ONCE(r->d->log_dirty.faults);
	if (r->args->op == XEN_DOMCTL_SHADOW_OP_CLEAN)
		WRITE_ONCE(r->d->log_dirty.faults, 0);
	return copy_to_guest(arg, r->op, sizeof(*r->op)) ? -EFAULT : 0;
}

/* To the end or to where something else has to be done: 0, -EFAULT, -ERESTART. */
static int go_on(struct report *r)
{
	while (r->where != PAGE_LIST_END) {
		int rc = r->where & CLEARING ? clear_some(r) : walk_some(r);

		if (rc)
			return rc;
		if (hypercall_preempt_needed() && r->where != PAGE_LIST_END)
			return -ERESTART;
	}
	return 0;
}

static long run(struct report *r, u64 arg)
{
	int rc;

	sched_domain_pause(r->d);
	rc = go_on(r);
	sched_domain_unpause(r->d);
	if (rc == -ERESTART)
		return HYPERCALL_CONTINUE(paging_domctl_cont, arg, r->where, r->found);
	return rc ? rc : tell(r, arg);
}

static void report_begin(struct report *r, struct domain *d, struct xen_domctl *op)
{
	*r = (struct report){ .d = d, .op = op, .args = &op->u.shadow_op, .where = CLEARING };
	if (r->args->op == XEN_DOMCTL_SHADOW_OP_CLEAN || r->args->op == XEN_DOMCTL_SHADOW_OP_PEEK)
		r->bitmap = guest_handle_va(r->args->dirty_bitmap);
}

/* As Xen: without a log a read finds nothing, and one of a dying domain does nothing. */
static long read_log(struct domain *d, struct xen_domctl *op, u64 arg)
{
	struct report r;

	report_begin(&r, d, op);
	if (d->state >= DOM_DYING)
		return 0;
	if (r.args->pages > 1ULL << 52)
		return -EINVAL;
	return run(&r, arg);
}

/* All frames begin clean. */
static long enable(struct domain *d, struct xen_domctl *op, u64 arg)
{
	int rc = log_dirty_enable(d);
	struct report r;

	if (rc)
		return rc;
	report_begin(&r, d, op);
	return run(&r, arg);
}

long domctl_shadow_op(struct domain *d, struct xen_domctl *op, u64 arg)
{
	const struct xen_domctl_shadow_op *args = &op->u.shadow_op;

	if (d == current->domain)
		return -EINVAL;
	switch (args->op) {
	case XEN_DOMCTL_SHADOW_OP_OFF:
		log_dirty_disable(d);
		return 0;
	case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
		return enable(d, op, arg);
	case XEN_DOMCTL_SHADOW_OP_ENABLE:
		return args->mode == XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY ? enable(d, op, arg) : -EINVAL;
	case XEN_DOMCTL_SHADOW_OP_CLEAN:
	case XEN_DOMCTL_SHADOW_OP_PEEK:
		return args->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL ? -EINVAL : read_log(d, op, arg);
	}
	return args->op == XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION ||
	       args->op == XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION ? -ENOSYS : -EINVAL;
}

long hypercall_paging_domctl_cont(u64 arg, u64 where, u64 found)
{
	struct xen_domctl op;
	struct report r;
	struct domain *d;
	long rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION || op.cmd != XEN_DOMCTL_shadow_op)
		return -EOPNOTSUPP;
	d = domain_get(op.domain);
	if (!d)
		return -ESRCH;
	report_begin(&r, d, &op);
	r.where = where;
	r.found = found;
	rc = d == current->domain || r.args->pages > 1ULL << 52 ? -EINVAL : run(&r, arg);
	domain_put(d);
	return rc;
}
