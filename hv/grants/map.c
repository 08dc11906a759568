/* SPDX-License-Identifier: MIT */
/*
 * Mapping granted frames into a PV guest and unmapping them.  A mapping is
 * three things: a use of the grant (access.c), a handle (maptrack.c), and, for
 * a host mapping, an L1 entry written like any other update, so that the
 * entry holds its own references: a guest that overwrites it by other means
 * harms only itself.  Uses end after the TLBs are flushed.
 */
#include "grants/ops.h"
#include "grants/table.h"
#include "lib/errno.h"
#include "pv/mmu.h"
#include "pv/tlb.h"
#include "trace/trace.h"
#include "x86/preempt.h"

#define MAP_KINDS (GNTMAP_device_map | GNTMAP_host_map)
#define HANDLES_BETWEEN_LOOKS 32 /* at whether to stop, when a domain ends */
#define MAP_FLAGS_KEPT (MAP_KINDS | GNTMAP_readonly | GNTMAP_contains_pte)

/* --- the page table side ---------------------------------------------------------- */

/* The L1 entry a host mapping is at: by its machine address, or by the address it maps. NULL if
 * there is none of ours; else release with guest_l1_put(). */
static u64 *host_pte_get(u64 host_addr, bool by_pte, struct page_info **table)
{
	mfn_t mfn = host_addr >> PAGE_SHIFT;

	if (!by_pte)
		return guest_addr_ok(host_addr) ? guest_l1_get(current, host_addr, table) : NULL;
	if (host_addr & 7 || !mfn_valid(mfn))
		return NULL;
	*table = mfn_to_page(mfn);
	if (!get_page_if_type(*table, current->domain, PGT_l1))
		return NULL;
	return (u64 *)((u8 *)page_to_virt(*table) + host_addr % PAGE_SIZE);
}

static u64 grant_pte(mfn_t mfn, u32 flags)
{
	u64 pte = pte_make(mfn, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_USER);

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	/* The guest's own bits, advertised as XENFEAT_gnttab_map_avail_bits. */
	return pte | ((u64)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVAIL);
}

static s16 host_map(const struct gnttab_map_grant_ref *op, struct domain *owner, mfn_t mfn)
{
	struct page_info *table;
	u64 *pte = host_pte_get(op->host_addr, op->flags & GNTMAP_contains_pte, &table);
	int rc;

	if (!pte)
		return GNTST_general_error;
	rc = l1_update(pte, grant_pte(mfn, op->flags), current->domain, owner, false);
	guest_l1_put(table);
	return rc ? GNTST_general_error : GNTST_okay;
}

/* Does @pte map @mfn with the rights of a grant mapping with @flags?  Other rights are those of
 * another mapping: taking that away instead would leave this one's behind. */
static bool maps_grant(u64 pte, mfn_t mfn, u16 flags)
{
	bool write = !(flags & GNTMAP_readonly);

	return (pte & PTE_PRESENT) && pte_mfn(pte) == mfn && !!(pte & PTE_RW) == write;
}

/* Replace the entry by @with if it is one for @mfn.  In one step: of two that unmap it, one has
 * taken it away and ends a use, or a mapping made meanwhile would be left without one. */
static s16 host_unmap(u64 host_addr, u16 flags, mfn_t mfn, u64 with)
{
	struct page_info *table;
	u64 *pte = host_pte_get(host_addr, flags & GNTMAP_contains_pte, &table);
	int rc = -EAGAIN;
	u64 old;

	if (!pte)
		return GNTST_general_error;
	/* Again when the processor has noted an access meanwhile. */
	while (rc == -EAGAIN && maps_grant(old = READ_ONCE(*pte), mfn, flags))
		rc = l1_replace(pte, old, with, current->domain);
	guest_l1_put(table);
	return rc ? GNTST_general_error : GNTST_okay;
}

static void flush_domain_tlbs(const struct domain *d)
{
	u64 mask[PCPU_MASK_WORDS];

	tlb_domain_mask(d, NULL, mask);
	tlb_flush_mask(mask);
}

/* --- mapping ------------------------------------------------------------------------- */

static s16 map_from(struct gnttab_map_grant_ref *op, struct domain *owner)
{
	bool write = !(op->flags & GNTMAP_readonly);
	struct domain *d = current->domain;
	struct grant_use use;
	u32 handle;
	s16 status = grant_get(owner, d->id, op->ref, write, GRANT_MAP, &use);

	if (status != GNTST_okay)
		return status;
	handle = maptrack_reserve(d, owner->id, op->ref);
	if (handle == MAPTRACK_END)
		status = GNTST_no_space;
	else if (op->flags & GNTMAP_host_map)
		status = host_map(op, owner, use.mfn);
	if (status == GNTST_okay) {
		maptrack_publish(d, handle, op->flags & MAP_FLAGS_KEPT);
		op->handle = handle;
		op->dev_bus_addr = use.mfn << PAGE_SHIFT;
		return status;
	}
	if (handle != MAPTRACK_END)
		maptrack_cancel(d, handle);
	grant_put(owner, op->ref, write, &use);
	return status;
}

void grant_map(struct gnttab_map_grant_ref *op)
{
	struct domain *owner;

	if (!(op->flags & MAP_KINDS)) {
		op->status = GNTST_bad_gntref;
		return;
	}
	owner = domain_get(op->dom);
	if (!owner || owner->state >= DOM_DYING) {
		op->status = GNTST_bad_domain;
	} else {
		trace_grant_map(op->dom);
		op->status = map_from(op, owner);
		if (op->status == GNTST_okay)
			return; /* the mapping keeps the reference to the owner */
	}
	if (owner)
		domain_put(owner);
}

/* --- unmapping ------------------------------------------------------------------------- */

/* A mapping whose entry is gone but whose use has to last until the TLBs are clean. */
struct unmapped {
	struct domain *owner; /* NULL: nothing to end */
	u32 ref;
	bool write;
};

static mfn_t granted_mfn(struct domain *owner, u32 ref)
{
	struct grant_table *gt = owner->grants;
	mfn_t mfn = MFN_NONE;

	spin_lock(&gt->lock);
	if (ref < grant_entries(gt) && active_in_use(active_of(gt, ref)))
		mfn = active_of(gt, ref)->mfn;
	spin_unlock(&gt->lock);
	return mfn;
}

/* Forget @kinds of handle @h; what then has to end is in *@gone. */
static void drop_kinds(u32 h, const struct maptrack *m, u16 kinds, struct domain *owner,
		       struct unmapped *gone)
{
	bool last;

	if (maptrack_drop(current->domain, h, m, kinds, &last) && last)
		*gone = (struct unmapped){ owner, m->ref, !(m->flags & GNTMAP_readonly) };
}

/* Take the mapping(s) away; @kinds says which. */
static s16 unmap_begin(u32 handle, u64 host_addr, u64 dev_bus_addr, u64 with,
		       struct unmapped *gone)
{
	struct maptrack m;
	struct domain *owner;
	u16 kinds = 0;
	s16 status = GNTST_okay;
	mfn_t mfn;

	if (!maptrack_get(current->domain, handle, &m))
		return GNTST_bad_handle;
	owner = domain_get(m.domid); /* the mapping keeps it, but may go meanwhile */
	if (!owner)
		return GNTST_bad_domain;
	trace_grant_unmap(m.domid);
	mfn = granted_mfn(owner, m.ref);
	if (host_addr && m.flags & GNTMAP_host_map) {
		status = host_unmap(host_addr, m.flags, mfn, with);
		if (status == GNTST_okay)
			kinds |= GNTMAP_host_map;
	}
	if (status == GNTST_okay && dev_bus_addr && m.flags & GNTMAP_device_map) {
		if (dev_bus_addr != mfn << PAGE_SHIFT)
			status = GNTST_bad_dev_addr;
		else
			kinds |= GNTMAP_device_map;
	}
	if (kinds)
		drop_kinds(handle, &m, kinds, owner, gone);
	domain_put(owner);
	return status;
}

static void unmap_finish(struct unmapped *gone, unsigned n)
{
	const struct grant_use no_via = { 0 };

	flush_domain_tlbs(current->domain);
	for (unsigned i = 0; i < n; i++) {
		if (!gone[i].owner)
			continue;
		grant_put(gone[i].owner, gone[i].ref, gone[i].write, &no_via);
		domain_put(gone[i].owner);
	}
}

void grant_unmap(struct gnttab_unmap_grant_ref *ops, unsigned n)
{
	struct unmapped gone[GRANT_BATCH] = { 0 };

	for (unsigned i = 0; i < n; i++)
		ops[i].status = unmap_begin(ops[i].handle, ops[i].host_addr, ops[i].dev_bus_addr, 0,
					    &gone[i]);
	unmap_finish(gone, n);
}

/* What is mapped at @new_addr moves to where the grant was. */
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op)
{
	struct unmapped gone = { 0 };
	struct page_info *table;
	u64 *pte = host_pte_get(op->new_addr, false, &table);
	u64 with;

	if (!pte) {
		op->status = GNTST_general_error;
		return;
	}
	with = READ_ONCE(*pte);
	op->status = unmap_begin(op->handle, op->host_addr, 0, with, &gone);
	if (op->status == GNTST_okay)
		l1_update(pte, 0, current->domain, current->domain, false);
	guest_l1_put(table);
	unmap_finish(&gone, 1);
}

/* --- the end of a domain that has mappings ----------------------------------------------- */

static void release_mapping(struct domain *d, u32 h)
{
	const struct grant_use no_via = { 0 };
	struct maptrack m;
	struct domain *owner;
	bool last;

	if (!maptrack_get(d, h, &m) || !maptrack_drop(d, h, &m, MAP_KINDS, &last))
		return;
	owner = domain_lookup_any(m.domid); /* kept by the mapping */
	grant_put(owner, m.ref, !(m.flags & GNTMAP_readonly), &no_via);
	domain_put(owner);
}

int grants_release_mappings(struct domain *d)
{
	struct grant_table *gt = d->grants;
	u32 n = gt ? gt->nr_maptrack_frames * MAPTRACK_PER_FRAME : 0;

	while (n && gt->release_at < n) {
		release_mapping(d, gt->release_at++);
		if (gt->release_at % HANDLES_BETWEEN_LOOKS == 0 && preempt_needed())
			return -ERESTART;
	}
	return 0;
}
