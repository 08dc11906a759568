/* SPDX-License-Identifier: MIT */
/*
 * Page tables of PV guests.  The rule this folder exists for: an entry of a
 * guest's page table is written only after the frame it names has been checked
 * and referenced (and typed: the next lower table, or writable data), and a
 * table is only ever mapped read-only by guests.  So no guest can reach memory
 * it was not given.
 *
 * An entry is replaced with one atomic exchange: the reference of the new value
 * is taken before, that of the old value dropped after, so concurrent updates
 * of one entry keep the counts right without a lock.  The table itself is held
 * by a type reference meanwhile.
 */
#ifndef ORRERY_PV_MMU_H
#define ORRERY_PV_MMU_H

#include "domain/domain.h"
#include "lib/errno.h"
#include "memory/page.h"
#include "x86/paging.h"
#include "x86/percpu.h"

/* Bits a guest may set. Frames beyond the processor's width count as bad bits. */
#define L1_ALLOWED (PTE_PRESENT | PTE_RW | PTE_USER | PTE_PWT | PTE_PCD | PTE_ACCESSED |       \
		    PTE_DIRTY | PTE_PAT | PTE_GLOBAL | PTE_AVAIL | PTE_NX | 0x7ff0000000000000ULL | \
		    PTE_ADDR_MASK)
#define LX_ALLOWED (PTE_PRESENT | PTE_RW | PTE_USER | PTE_PWT | PTE_PCD | PTE_ACCESSED |       \
		    PTE_DIRTY | PTE_AVAIL | PTE_NX | 0x7ff0000000000000ULL | PTE_ADDR_MASK)

/* What the guest asked for, as it goes into the table: guest kernel runs in ring 3, so
 * every page is a user page; nothing of a guest is global. */
static inline u64 pte_adjust(u64 pte)
{
	return pte & PTE_PRESENT ? (pte | PTE_USER) & ~PTE_GLOBAL : pte;
}

/* Positive answers of l1e_get(): the entry has to be changed by pte_for_device() first. */
#define L1E_READ_ONLY 1 /* device memory that only the hypervisor writes */
#define L1E_UNCACHED 2  /* device memory, and the entry says it may be cached */
u64 pte_for_device(u64 l1e, int changes);

int l1e_get_slow(u64 l1e, struct domain *d, struct domain *owner);
void l1e_put_slow(u64 l1e, struct domain *d);

/* Reference for a present L1 entry in a table of @d naming a frame of @owner (usually the same),
 * whose id is @id: 0; -EBUSY, as Xen says when the frame is not the owner's or is in use as
 * something else; -EPERM device memory not allowed; or L1E_* flags.  Inline for memory of the
 * owner, which nearly all entries name. */
static inline int l1e_get(u64 l1e, struct domain *d, struct domain *owner, domid_t id)
{
	struct page_info *pg = mfn_to_page(pte_mfn(l1e));

	if (unlikely(pte_mfn(l1e) >= solid_mfn) || unlikely(pg->owner != id))
		return l1e_get_slow(l1e, d, owner);
	if (l1e & PTE_RW)
		return likely(get_page_writable(pg, owner, id)) ? 0 : -EBUSY;
	return likely(get_page_of(pg, id)) ? 0 : -EBUSY;
}

/* The reference goes; @id is @d's. */
static inline void l1e_put(u64 l1e, struct domain *d, domid_t id)
{
	struct page_info *pg = mfn_to_page(pte_mfn(l1e));

	if (likely((l1e & PTE_RW) && pte_mfn(l1e) < solid_mfn) && likely(pg->owner == id))
		put_page_writable(pg);
	else if (!(l1e & PTE_RW) && likely(pte_mfn(l1e) < solid_mfn) && likely(pg->owner != DOMID_IO) &&
		 likely((READ_ONCE(pg->type) & PGT_type_mask) != PGT_seg_desc))
		put_page(pg);
	else
		l1e_put_slow(l1e, d);
}

/* Changing only these needs no new check of the frame. */
#define PTE_HARMLESS (PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | PTE_NX | PTE_USER | PTE_GLOBAL |  \
		      0x7ff0000000000000ULL)

/* Write @val, or with @preserve_ad @val plus the accessed and dirty bits hardware set. */
static inline u64 pte_store(u64 *pte, u64 val, bool preserve_ad)
{
	u64 old;

	if (!preserve_ad)
		return __atomic_exchange_n(pte, val, __ATOMIC_SEQ_CST);
	old = READ_ONCE(*pte);
	while (!__atomic_compare_exchange_n(pte, &old, val | (old & (PTE_ACCESSED | PTE_DIRTY)), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old;
}

/* Same frame, same rights: true if that was so and the entry is written. */
static inline bool pte_change_harmless(u64 *pte, u64 old, u64 val, bool preserve_ad)
{
	u64 n = val;

	if (!(old & PTE_PRESENT) || ((old ^ val) & ~PTE_HARMLESS))
		return false;
	if (preserve_ad)
		n |= old & (PTE_ACCESSED | PTE_DIRTY);
	return __atomic_compare_exchange_n(pte, &old, n, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Reference for a present entry of a level 2..4 table: 0, -EINVAL, -ERESTART. */
int lxe_get(u64 entry, unsigned level, struct domain *d, bool preemptible);
int lxe_put(u64 entry, unsigned level, bool preemptible);

/* Replace *@pte; the table is held by the caller.  @preserve_ad keeps what hardware set. */
int l1_update(u64 *pte, u64 val, struct domain *d, struct domain *owner, bool preserve_ad);
int lx_update(u64 *pte, u64 val, unsigned level, struct domain *d, bool preserve_ad,
	      bool preemptible);

/* l1_update() inline, for the hottest of hypercalls. */
static __attribute__((always_inline)) inline int l1_update_inline(u64 *pte, u64 val, struct domain *d,
								 struct domain *owner, bool preserve_ad)
{
	u64 old = READ_ONCE(*pte);
	int rc;

	if (val & PTE_PRESENT) {
		if (unlikely(val & ~L1_ALLOWED))
			return -EINVAL;
		val = pte_adjust(val);
		if (pte_change_harmless(pte, old, val, preserve_ad))
			return 0;
		rc = l1e_get(val, d, owner, owner->id);
		if (unlikely(rc)) {
			if (rc < 0)
				return rc;
			val = pte_for_device(val, rc);
		}
	}
	old = pte_store(pte, val, preserve_ad && (val & PTE_PRESENT));
	if (old & PTE_PRESENT)
		l1e_put(old, d, d->id);
	return 0;
}

/* As l1_update(), but only if *@pte is @old: -EAGAIN, nothing done, if it is not any more.  Inline
 * since a guest's store to a page table, a hot path, ends here. */
static inline int l1_replace(u64 *pte, u64 old, u64 val, struct domain *d)
{
	int rc;

	if (val & PTE_PRESENT) {
		if (unlikely(val & ~L1_ALLOWED))
			return -EINVAL;
		val = pte_adjust(val);
		rc = l1e_get(val, d, d, d->id);
		if (unlikely(rc)) {
			if (rc < 0)
				return rc;
			val = pte_for_device(val, rc);
		}
	}
	rc = 0;
	if (unlikely(!__atomic_compare_exchange_n(pte, &old, val, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_RELAXED))) {
		old = val; /* changed under us: what to let go of is the new one */
		rc = -EAGAIN;
	}
	if (old & PTE_PRESENT)
		l1e_put(old, d, d->id);
	return rc;
}

/* Take away the present entry @old of @d: 0, or -EAGAIN, nothing done, if it is not there any more. */
static inline int l1_clear(u64 *pte, u64 old, struct domain *d)
{
	if (unlikely(!__atomic_compare_exchange_n(pte, &old, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
		return -EAGAIN;
	l1e_put(old, d, d->id);
	return 0;
}

/* As l1_update(), for an entry that maps nothing yet and a frame of @owner's, not a device's: false if
 * the entry does, or changed meanwhile, or the frame cannot be held; nothing is done then. */
static inline bool l1_fill(u64 *pte, u64 val, const struct domain *owner)
{
	struct page_info *pg = mfn_to_page(pte_mfn(val));
	u64 old = READ_ONCE(*pte);

	if (unlikely(old & PTE_PRESENT) ||
	    unlikely(!(val & PTE_RW ? get_page_writable(pg, owner, owner->id) : get_page_of(pg, owner->id))))
		return false;
	if (likely(__atomic_compare_exchange_n(pte, &old, val, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)))
		return true;
	if (val & PTE_RW)
		put_page_writable(pg);
	else
		put_page(pg);
	return false;
}

/* @pte was refused with @rc.  Was that because its frame is a table being taken down, which
 * somebody left half done?  Then do more of it: -ERESTART, try again.  Else @rc. */
int pv_finish_partial(u64 pte, struct domain *owner, int rc);

/* Is this index of an L4 the hypervisor's? */
static inline bool l4_slot_is_hv(unsigned i)
{
	return i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST;
}

/* May @d map device memory at @mfn?  Never a local APIC, nor where messages to it go. */
bool pv_may_map_device(const struct domain *d, mfn_t mfn);
/* Does only the hypervisor write there: an IO-APIC, the HPET, an MSI-X table in use? */
bool pv_device_read_only(mfn_t mfn);

/* L1 entry that maps @va in the current guest address space, its table's page held by a
 * reference and an L1 type reference: release with guest_l1_put().  NULL if not mapped. */
u64 *guest_l1_get(struct vcpu *v, u64 va, struct page_info **table);
void guest_l1_put(struct page_info *table);
/* What that entry is, or was a moment ago.  False: not mapped. */
bool guest_pte_peek(const struct vcpu *v, u64 va, u64 *pte);

/* Drop all LDT pages mapped for @v (its descriptors may be about to change). */
bool pv_drop_ldt(struct vcpu *v);
/* @d's LDT mappings of frames that lose their read-only mapping. */
void pv_drop_ldt_all(struct domain *d);

struct domain *pg_other_get(domid_t domid, int *err);
void pg_other_put(struct domain *d);

/* The domain @domid names in an MMU call: current's own, DOMID_IO, DOMID_XEN or a foreign
 * one that current may map.  NULL: -ESRCH or -EPERM in *err. Release with pg_owner_put(). */
static inline struct domain *pg_owner_get(domid_t domid, int *err)
{
	return likely(domid == DOMID_SELF) ? current->domain : pg_other_get(domid, err);
}

static inline void pg_owner_put(struct domain *d)
{
	if (unlikely(d != current->domain))
		pg_other_put(d);
}

/* Make @l4 (machine address; a validated L4 of the domain) the running root. */
void pv_load_root(struct vcpu *v);
/* The running vCPU has been given another kernel or user root. */
void pv_roots_changed(struct vcpu *v);
/* Give up the vCPU's roots (destroy, re-initialise): 0 or -ERESTART. */
int pv_drop_roots(struct vcpu *v);

#endif
