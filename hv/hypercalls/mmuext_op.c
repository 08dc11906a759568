/* SPDX-License-Identifier: MIT */
/*
 * mmuext_op: pinning page tables, changing the page-table root, TLB and cache
 * control, the LDT.  One handler an operation; the table at the end maps the
 * command numbers of <xen/xen.h>.
 */
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-type.h"
#include "memory/guest.h"
#include "memory/log-dirty.h"
#include "pv/descriptors.h"
#include "pv/mmu.h"
#include "pv/roots.h"
#include "pv/tlb.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/setup.h"

#define COUNT_PREEMPTED 0x80000000U

typedef int (*mmuext_fn)(const struct mmuext_op *op, struct domain *owner);

/* A domain that dies undoes its pins, but perhaps not one made just now: marked dying first, or
 * pinned first, one of the two sees the other. */
static int unpin_if_dying(struct page_info *pg, const struct domain *owner)
{
	if (READ_ONCE(owner->state) < DOM_DYING ||
	    !(__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned))
		return 0;
	frame_type_put(pg, false);
	return -EINVAL;
}

static int op_pin(const struct mmuext_op *op, struct domain *owner)
{
	u32 type = (op->cmd - MMUEXT_PIN_L1_TABLE + 1) << PGT_SHIFT;
	struct page_info *pg;
	int rc;

	if (!mfn_valid(op->arg1.mfn))
		return -EINVAL;
	pg = mfn_to_page(op->arg1.mfn);
	if (!get_page(pg, owner))
		return -EINVAL;
	rc = frame_type_get(pg, type, true);
	if (!rc && (__atomic_fetch_or(&pg->type, PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned)) {
		frame_type_put(pg, true);
		rc = -EINVAL; /* pinned already */
	}
	if (!rc && owner != current->domain)
		rc = unpin_if_dying(pg, owner);
	if (rc)
		put_page(pg); /* else the pin keeps both references */
	return rc;
}

static int op_unpin(const struct mmuext_op *op, struct domain *owner)
{
	struct page_info *pg;
	int rc;

	if (!mfn_valid(op->arg1.mfn))
		return -EINVAL;
	pg = mfn_to_page(op->arg1.mfn);
	if (!get_page(pg, owner))
		return -EINVAL;
	if (__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned) {
		rc = frame_type_put(pg, true);
		put_page(pg);
	} else {
		rc = frame_type_abandon(pg, true); /* a preempted unpin goes on */
	}
	put_page(pg);
	return rc == -EAGAIN ? -ERESTART : rc;
}

static int op_new_base(const struct mmuext_op *op, struct domain *owner)
{
	return pv_new_root(current, op->arg1.mfn);
}

static int op_new_user_base(const struct mmuext_op *op, struct domain *owner)
{
	struct vcpu *v = current;
	u64 old = v->pv.user_l4;
	int rc;

	if (op->arg1.mfn) {
		rc = root_get(op->arg1.mfn);
		if (rc)
			return rc;
	}
	v->pv.user_l4 = op->arg1.mfn << PAGE_SHIFT;
	pv_roots_changed(v);
	root_put(old);
	return 0;
}

static int op_flush_local(const struct mmuext_op *op, struct domain *owner)
{
	tlb_flush_local();
	return 0;
}

static int op_invlpg_local(const struct mmuext_op *op, struct domain *owner)
{
	if (guest_addr_ok(op->arg1.linear_addr))
		tlb_flush_page_local(op->arg1.linear_addr);
	return 0;
}

static int flush_many(const struct mmuext_op *op, bool all, bool page)
{
	u64 vcpus[MAX_VCPUS / 64] = { 0 }, mask[PCPU_MASK_WORDS];
	const struct domain *d = current->domain;

	if (!all && copy_from_guest(vcpus, guest_handle_va(op->arg2.vcpumask),
				    DIV_ROUND_UP(d->max_vcpus, 8)))
		return -EFAULT;
	tlb_domain_mask(d, all ? NULL : vcpus, mask);
	if (!page)
		tlb_flush_mask(mask);
	else if (guest_addr_ok(op->arg1.linear_addr))
		tlb_flush_page_mask(mask, op->arg1.linear_addr);
	return 0;
}

static int op_flush_multi(const struct mmuext_op *op, struct domain *owner)
{
	return flush_many(op, false, false);
}

static int op_invlpg_multi(const struct mmuext_op *op, struct domain *owner)
{
	return flush_many(op, false, true);
}

static int op_flush_all(const struct mmuext_op *op, struct domain *owner)
{
	return flush_many(op, true, false);
}

static int op_invlpg_all(const struct mmuext_op *op, struct domain *owner)
{
	return flush_many(op, true, true);
}

/* Cache flushes matter to whoever programs devices. */
static int op_flush_cache(const struct mmuext_op *op, struct domain *owner)
{
	if (!current->domain->pv.io_memory)
		return -EACCES;
	wbinvd();
	return 0;
}

static int op_set_ldt(const struct mmuext_op *op, struct domain *owner)
{
	return pv_set_ldt(current, op->arg1.linear_addr, op->arg2.nr_ents);
}

static int op_clear_page(const struct mmuext_op *op, struct domain *owner)
{
	struct page_info *pg;

	if (!mfn_valid(op->arg1.mfn))
		return -EINVAL;
	pg = mfn_to_page(op->arg1.mfn);
	if (!get_page_writable(pg, owner, owner->id))
		return -EINVAL;
	frame_dirtied(pg);
	memset(page_to_virt(pg), 0, PAGE_SIZE);
	put_page_writable(pg);
	return 0;
}

static int op_copy_page(const struct mmuext_op *op, struct domain *owner)
{
	struct page_info *dst, *src;
	int rc = -EINVAL;

	if (!mfn_valid(op->arg1.mfn) || !mfn_valid(op->arg2.src_mfn))
		return -EINVAL;
	dst = mfn_to_page(op->arg1.mfn);
	src = mfn_to_page(op->arg2.src_mfn);
	if (!get_page(src, owner))
		return -EINVAL;
	if (get_page_writable(dst, owner, owner->id)) {
		frame_dirtied(dst);
		memcpy(page_to_virt(dst), page_to_virt(src), PAGE_SIZE);
		put_page_writable(dst);
		rc = 0;
	}
	put_page(src);
	return rc;
}

static const mmuext_fn handlers[] = {
	[MMUEXT_PIN_L1_TABLE] = op_pin,
	[MMUEXT_PIN_L2_TABLE] = op_pin,
	[MMUEXT_PIN_L3_TABLE] = op_pin,
	[MMUEXT_PIN_L4_TABLE] = op_pin,
	[MMUEXT_UNPIN_TABLE] = op_unpin,
	[MMUEXT_NEW_BASEPTR] = op_new_base,
	[MMUEXT_NEW_USER_BASEPTR] = op_new_user_base,
	[MMUEXT_TLB_FLUSH_LOCAL] = op_flush_local,
	[MMUEXT_INVLPG_LOCAL] = op_invlpg_local,
	[MMUEXT_TLB_FLUSH_MULTI] = op_flush_multi,
	[MMUEXT_INVLPG_MULTI] = op_invlpg_multi,
	[MMUEXT_TLB_FLUSH_ALL] = op_flush_all,
	[MMUEXT_INVLPG_ALL] = op_invlpg_all,
	[MMUEXT_FLUSH_CACHE] = op_flush_cache,
	[MMUEXT_FLUSH_CACHE_GLOBAL] = op_flush_cache,
	[MMUEXT_SET_LDT] = op_set_ldt,
	[MMUEXT_CLEAR_PAGE] = op_clear_page,
	[MMUEXT_COPY_PAGE] = op_copy_page,
};

/* Operations that may name another domain's frames (the builder pins them). */
static bool foreign_allowed(unsigned cmd)
{
	return cmd <= MMUEXT_UNPIN_TABLE || cmd == MMUEXT_CLEAR_PAGE || cmd == MMUEXT_COPY_PAGE;
}

static int one_op(u64 va, struct domain *owner)
{
	struct mmuext_op op;
	u64 cmd;

	_Static_assert(sizeof(op) == 24 && offsetof(struct mmuext_op, arg1) == 8, "three words");
	if (unlikely(!guest_range_ok(va, sizeof(op))))
		return -EFAULT;
	get_guest_or_goto(cmd, va, fault);
	get_guest_or_goto(op.arg1.linear_addr, va + 8, fault);
	get_guest_or_goto(*(u64 *)&op.arg2, va + 16, fault);
	op.cmd = cmd;
	if (op.cmd >= ARRAY_SIZE(handlers) || !handlers[op.cmd])
		return -ENOSYS;
	if (owner != current->domain && !foreign_allowed(op.cmd))
		return -EPERM;
	return handlers[op.cmd](&op, owner);
fault:
	return -EFAULT;
}

long hypercall_mmuext_op(u64 ops, u64 count_arg, u64 done, u64 foreign)
{
	u32 count = count_arg & ~COUNT_PREEMPTED, before = 0, i;
	struct domain *owner;
	int err, rc = 0;

	if ((count_arg & COUNT_PREEMPTED) && done && copy_from_guest(&before, done, sizeof(before)))
		return -EFAULT;
	owner = pg_owner_get(foreign, &err);
	if (!owner)
		return err;
	for (i = 0; i < count && !rc; i++, ops += sizeof(struct mmuext_op)) {
		if (i && hypercall_preempt_needed()) {
			rc = -ERESTART;
			break;
		}
		rc = one_op(ops, owner);
		if (rc)
			break;
	}
	pg_owner_put(owner);
	before += i;
	if (done && copy_to_guest(done, &before, sizeof(before)))
		return -EFAULT;
	if (rc == -ERESTART)
		return HYPERCALL_CONTINUE(mmuext_op, ops, (count - i) | COUNT_PREEMPTED, done, foreign);
	return rc;
}
