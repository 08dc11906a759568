/* SPDX-License-Identifier: MIT */
/*
 * mmu_update and update_va_mapping: page-table entries written on a guest's
 * behalf.  Requests are hostile memory: each is copied once.  Between requests
 * a long batch may be preempted; it then goes on where it stopped.
 */
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "memory/guest.h"
#include "memory/log-dirty.h"
#include "pv/mmu.h"
#include "pv/tlb.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"

#define COUNT_PREEMPTED 0x80000000U /* our continuation: *done already holds a count */

/* The table the last request wrote to stays held: batches mostly hit one or two. */
struct table_ref {
	struct page_info *pg;
	u64 *va;
	mfn_t mfn;
	u32 type;
};

static void table_release(struct table_ref *ref)
{
	if (ref->pg)
		put_page_writable(ref->pg);
	ref->pg = NULL;
}

/* Hold frame @mfn of @d as whatever kind of table it is: 0 or -EINVAL. */
static int table_hold(struct table_ref *ref, mfn_t mfn, const struct domain *d)
{
	struct page_info *pg;
	u32 type;

	table_release(ref);
	if (unlikely(!mfn_valid(mfn)))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	type = READ_ONCE(pg->type) & PGT_type_mask;
	if (type >= PGT_l1 && type <= PGT_l4 && get_page_if_type(pg, d, type)) {
		ref->type = type;
	} else if (get_page_writable(pg, d, d->id)) {
		frame_dirtied(pg);
		ref->type = PGT_writable;
	} else {
		return -EINVAL;
	}
	ref->pg = pg;
	ref->mfn = mfn;
	ref->va = page_to_virt(pg);
	return 0;
}

static int normal_update(struct table_ref *ref, u64 ptr, u64 val, struct domain *d,
			 struct domain *owner, bool preserve_ad)
{
	unsigned level, i = (ptr & ~PAGE_MASK) / 8;
	mfn_t mfn = ptr >> PAGE_SHIFT;

	if (unlikely(!ref->pg || ref->mfn != mfn)) {
		int rc = table_hold(ref, mfn, d);

		if (unlikely(rc))
			return rc;
	}
	if (likely(ref->type == PGT_l1))
		return l1_update_inline(&ref->va[i], val, d, owner, preserve_ad);
	if (ref->type == PGT_writable) {
		/* A table in the making: the guest could write it itself. */
		WRITE_ONCE(ref->va[i], val);
		return 0;
	}
	level = ref->type >> PGT_SHIFT;
	if (level == 4 && l4_slot_is_hv(i))
		return -EINVAL;
	return lx_update(&ref->va[i], val, level, d, preserve_ad, true);
}

static int machphys_update(u64 ptr, u64 val, struct domain *owner)
{
	mfn_t mfn = ptr >> PAGE_SHIFT;

	/* Device frames may lie where the table has a gap. */
	if (!mfn_valid(mfn) || owner == &domain_io || !get_page(mfn_to_page(mfn), owner))
		return -EINVAL;
	m2p_table[mfn] = val;
	frame_dirtied(mfn_to_page(mfn)); /* the guest's frame of that number has other contents now */
	put_page(mfn_to_page(mfn));
	return 0;
}

static int one_request(struct table_ref *ref, u64 ptr, u64 val, struct domain *d,
		       struct domain *owner)
{
	unsigned cmd = ptr & 3;

	ptr -= cmd;
	switch (cmd) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return normal_update(ref, ptr, val, d, owner, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return normal_update(ref, ptr, val, d, owner, true);
	}
	return machphys_update(ptr, val, owner);
}

/* Add @n to *@done_va (32 bits), from zero unless this is a continuation. */
static long report_done(u64 done_va, u32 n, bool continued, long rc)
{
	u32 before = 0;

	if (!done_va)
		return rc;
	if (continued && copy_from_guest(&before, done_va, sizeof(before)))
		return -EFAULT;
	n += before;
	return copy_to_guest(done_va, &n, sizeof(n)) ? -EFAULT : rc;
}

static __attribute__((noinline)) long update_batch(u64 reqs, u64 count_arg, u64 done, u64 foreign)
{
	struct domain *d = current->domain, *owner;
	struct table_ref ref = { 0 };
	u32 count = count_arg & ~COUNT_PREEMPTED, i;
	bool continued = count_arg & COUNT_PREEMPTED;
	int err;
	long rc = 0;

	/* Upper half of foreign: the table's own domain plus one; ours only. */
	if (unlikely(foreign >> 16 & 0xffff))
		return -EPERM;
	owner = pg_owner_get(foreign, &err);
	if (unlikely(!owner))
		return err;
	for (i = 0; i < count; i++, reqs += sizeof(struct mmu_update)) {
		u64 ptr, val;

		if (unlikely(i && (i & 15) == 0 && hypercall_preempt_needed())) {
			rc = -ERESTART;
			break;
		}
		if (unlikely(!guest_range_ok(reqs, sizeof(struct mmu_update))))
			goto fault;
		get_guest_or_goto(ptr, reqs, fault);
		get_guest_or_goto(val, reqs + 8, fault);
		rc = one_request(&ref, ptr, val, d, owner);
		if (unlikely(rc)) {
			rc = pv_finish_partial(val, owner, rc);
			break;
		}
		continue;
fault:
		rc = -EFAULT;
		break;
	}
	table_release(&ref);
	pg_owner_put(owner);
	if (unlikely(rc == -ERESTART)) {
		rc = report_done(done, i, continued, 0);
		return rc ? rc : HYPERCALL_CONTINUE(mmu_update, reqs, (count - i) | COUNT_PREEMPTED, done, foreign);
	}
	return report_done(done, i, continued, rc);
}

/* Nearly every call is about one entry of an L1 table of the caller's.  Whatever is not, or is
 * refused, is done over by the general way. */
long hypercall_mmu_update(u64 reqs, u64 count, u64 done, u64 foreign)
{
	struct domain *d = current->domain;
	struct page_info *table;
	u64 ptr, val;
	int rc;

	if (unlikely(count != 1) || unlikely(done) || unlikely(foreign != DOMID_SELF) ||
	    unlikely(!guest_range_ok(reqs, sizeof(struct mmu_update))))
		return update_batch(reqs, count, done, foreign);
	get_guest_or_goto(ptr, reqs, refused);
	get_guest_or_goto(val, reqs + 8, refused);
	table = mfn_to_page(ptr >> PAGE_SHIFT);
	if (unlikely((ptr & 3) == MMU_MACHPHYS_UPDATE) || unlikely(ptr >> PAGE_SHIFT >= solid_mfn) ||
	    unlikely(!get_table(table, d, d->id, PGT_l1)))
		goto refused;
	rc = l1_update_inline(maddr_to_virt(ptr & ~7UL), val, d, d,
			      (ptr & 3) == MMU_PT_UPDATE_PRESERVE_AD);
	put_table(table);
	if (likely(!rc))
		return 0;
refused:
	return update_batch(reqs, 1, 0, DOMID_SELF);
}

/* vCPUs a flush names: a pointer to a bitmap in the flags word, or all. */
static int flush_vcpu_mask(u64 flags, u64 *vcpus, bool *all)
{
	u64 va = flags & ~(u64)UVMF_FLUSHTYPE_MASK;

	*all = false;
	switch (va) {
	case UVMF_LOCAL:
		vcpus[0] = vcpus[1] = 0;
		return 0;
	case UVMF_ALL:
		*all = true;
		return 0;
	}
	/* Bits beyond the domain's vCPUs may not be mapped at all. */
	vcpus[0] = vcpus[1] = 0;
	return copy_from_guest(vcpus, va, DIV_ROUND_UP(current->domain->max_vcpus, 8)) ? -EFAULT : 0;
}

static int flush_after_update(u64 va, u64 flags)
{
	u64 vcpus[MAX_VCPUS / 64], mask[PCPU_MASK_WORDS];
	u64 type = flags & UVMF_FLUSHTYPE_MASK;
	bool all;
	int rc;

	if (likely(flags == (UVMF_INVLPG | UVMF_LOCAL))) {
		tlb_flush_page_local(va);
		return 0;
	}
	if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG)
		return type ? -EINVAL : 0;
	if ((flags & ~(u64)UVMF_FLUSHTYPE_MASK) == UVMF_LOCAL) {
		if (type == UVMF_TLB_FLUSH)
			tlb_flush_local();
		else
			tlb_flush_page_local(va);
		return 0;
	}
	rc = flush_vcpu_mask(flags, vcpus, &all);
	if (rc)
		return rc;
	tlb_domain_mask(current->domain, all ? NULL : vcpus, mask);
	if (type == UVMF_TLB_FLUSH)
		tlb_flush_mask(mask);
	else
		tlb_flush_page_mask(mask, va);
	return 0;
}

static __attribute__((noinline, cold)) long va_refused(u64 va, u64 val, u64 flags,
						       struct domain *owner, int rc)
{
	u64 domid = owner == current->domain ? DOMID_SELF : owner->id;

	rc = pv_finish_partial(val, owner, rc);
	return rc != -ERESTART ? rc :
	       HYPERCALL_CONTINUE(update_va_mapping_otherdomain, va, val, flags, domid);
}

static long update_va(u64 va, u64 val, u64 flags, struct domain *owner)
{
	struct vcpu *v = current;
	struct page_info *table;
	u64 *pte;
	long rc;

	if (unlikely(!guest_addr_ok(va)))
		return -EINVAL;
	pte = guest_l1_get(v, va, &table);
	if (unlikely(!pte))
		return -EINVAL;
	rc = l1_update(pte, val, v->domain, owner, false);
	guest_l1_put(table);
	if (unlikely(rc))
		return va_refused(va, val, flags, owner, rc);
	return likely(!(flags & UVMF_FLUSHTYPE_MASK)) ? 0 : flush_after_update(va, flags);
}

long hypercall_update_va_mapping(u64 va, u64 val, u64 flags)
{
	return update_va(va, val, flags, current->domain);
}

long hypercall_update_va_mapping_otherdomain(u64 va, u64 val, u64 flags, u64 domid)
{
	int err;
	struct domain *owner = pg_owner_get(domid, &err);
	long rc;

	if (!owner)
		return err;
	rc = update_va(va, val, flags, owner);
	pg_owner_put(owner);
	return rc;
}
