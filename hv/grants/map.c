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

/* --- what grants in a row have in common ------------------------------------------ */

/* The domain named last, and the page table written last: mostly those of the next one too. */
struct map_run {
	struct domain *d;        /* whose mappings they are: current's */
	struct domain *owner;    /* a reference; NULL: none */
	struct page_info *table; /* held; NULL: none */
	u64 *entries;            /* the table itself; NULL if it was named by its machine address */
	u64 table_va;            /* what entries map, from here on */
};

#define TABLE_SPAN (512 * PAGE_SIZE)

static void run_end(struct map_run *run)
{
	if (run->table)
		guest_l1_put(run->table);
	if (run->owner)
		domain_put(run->owner);
}

/* The domain @id, held by @run, or NULL. */
static __attribute__((noinline)) struct domain *run_find_owner(struct map_run *run, domid_t id)
{
	if (run->owner)
		domain_put(run->owner);
	run->owner = domain_get(id);
	return run->owner;
}

static inline struct domain *run_owner(struct map_run *run, domid_t id)
{
	if (likely(run->owner && run->owner->id == id))
		return run->owner;
	return run_find_owner(run, id);
}

static __attribute__((noinline)) u64 *run_find_pte(struct map_run *run, u64 host_addr, bool by_pte)
{
	mfn_t mfn = host_addr >> PAGE_SHIFT;
	struct page_info *table;
	u64 *pte;

	if (run->table)
		guest_l1_put(run->table);
	run->table = NULL;
	run->entries = NULL;
	if (!by_pte) {
		pte = guest_addr_ok(host_addr) ? guest_l1_get(current, host_addr, &table) : NULL;
	} else {
		if (host_addr & 7 || !mfn_valid(mfn))
			return NULL;
		table = mfn_to_page(mfn);
		pte = get_page_if_type(table, run->d, PGT_l1) ?
			(u64 *)((u8 *)page_to_virt(table) + host_addr % PAGE_SIZE) : NULL;
	}
	if (!pte)
		return NULL;
	run->table = table;
	if (!by_pte) {
		run->entries = page_to_virt(table);
		run->table_va = host_addr & ~(TABLE_SPAN - 1);
	}
	return pte;
}

/* The L1 entry a host mapping is at: by its machine address, or by the address it maps. NULL if
 * there is none of ours.  Its table is held until the next one is asked for, or run_end(). */
static inline u64 *run_pte(struct map_run *run, u64 host_addr, bool by_pte)
{
	if (likely(run->entries && !by_pte && host_addr - run->table_va < TABLE_SPAN))
		return run->entries + pt_index(host_addr, 1);
	return run_find_pte(run, host_addr, by_pte);
}

/* --- the page table side ---------------------------------------------------------- */

static u64 grant_pte(mfn_t mfn, u32 flags)
{
	u64 pte = pte_make(mfn, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_USER);

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	/* The guest's own bits, advertised as XENFEAT_gnttab_map_avail_bits. */
	return pte | ((u64)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVAIL);
}

static s16 host_map(struct map_run *run, const struct gnttab_map_grant_ref *op, mfn_t mfn)
{
	u64 *pte = run_pte(run, op->host_addr, op->flags & GNTMAP_contains_pte);
	u64 val = grant_pte(mfn, op->flags);

	if (unlikely(!pte))
		return GNTST_general_error;
	if (likely(l1_fill(pte, val, run->owner)))
		return GNTST_okay;
	return l1_update(pte, val, run->d, run->owner, false) ? GNTST_general_error : GNTST_okay;
}

/* Does @pte map @mfn with the rights of a grant mapping with @flags?  Other rights are those of
 * another mapping: taking that away instead would leave this one's behind. */
static bool maps_grant(u64 pte, mfn_t mfn, u16 flags)
{
	u64 wanted = mfn << PAGE_SHIFT | PTE_PRESENT | (flags & GNTMAP_readonly ? 0 : PTE_RW);

	return (pte & (PTE_ADDR_MASK | PTE_PRESENT | PTE_RW)) == wanted;
}

/* Empty the entry if it is one for @mfn, or let @with take its place.  In one step: of two that unmap
 * it, one has taken it away and ends a use, or a mapping made meanwhile would be left without one. */
static inline s16 host_unmap(struct map_run *run, u64 host_addr, u16 flags, mfn_t mfn, u64 with)
{
	u64 *pte = run_pte(run, host_addr, flags & GNTMAP_contains_pte), old;

	if (unlikely(!pte))
		return GNTST_general_error;
	while (maps_grant(old = READ_ONCE(*pte), mfn, flags)) {
		int rc = with ? l1_replace(pte, old, with, run->d) : l1_clear(pte, old, run->d);

		if (likely(!rc))
			return GNTST_okay;
		if (rc != -EAGAIN) /* that is: the processor has noted an access meanwhile */
			break;
	}
	return GNTST_general_error;
}

static void flush_domain_tlbs(const struct domain *d)
{
	u64 mask[PCPU_MASK_WORDS];

	tlb_domain_mask(d, NULL, mask);
	tlb_flush_mask(mask);
}

/* --- mapping ------------------------------------------------------------------------- */

static s16 map_from_owner(struct map_run *run, struct gnttab_map_grant_ref *op)
{
	bool write = !(op->flags & GNTMAP_readonly);
	struct domain *d = run->d, *owner = run->owner;
	struct grant_use use;
	u32 handle;
	s16 status = grant_get(owner, d->id, op->ref, write, GRANT_MAP, &use);

	if (unlikely(status != GNTST_okay))
		return status;
	handle = maptrack_reserve(d, owner->id, op->ref);
	if (unlikely(handle == MAPTRACK_END))
		status = GNTST_no_space;
	else if (op->flags & GNTMAP_host_map)
		status = host_map(run, op, use.mfn);
	if (likely(status == GNTST_okay)) {
		domain_hold(owner); /* by the mapping */
		maptrack_publish(d, handle, op->flags & MAP_FLAGS_KEPT);
		op->handle = handle;
		op->dev_bus_addr = use.mfn << PAGE_SHIFT;
		return status;
	}
	if (handle != MAPTRACK_END)
		maptrack_free(d, handle);
	grant_put(owner, op->ref, write, &use);
	return status;
}

static s16 map_one(struct map_run *run, struct gnttab_map_grant_ref *op)
{
	struct domain *owner;

	if (!(op->flags & MAP_KINDS))
		return GNTST_bad_gntref;
	owner = run_owner(run, op->dom);
	if (!owner || owner->state >= DOM_DYING)
		return GNTST_bad_domain;
	trace_grant_map(op->dom);
	return map_from_owner(run, op);
}

void grant_map(struct gnttab_map_grant_ref *ops, unsigned n)
{
	struct map_run run = { .d = current->domain };

	for (unsigned i = 0; i < n; i++)
		ops[i].status = map_one(&run, &ops[i]);
	run_end(&run);
}

/* --- unmapping ------------------------------------------------------------------------- */

/* What the mapping @m is of.  Its use keeps the record; should another vCPU end it meanwhile, what
 * we read is not what the entry maps, or the handle is gone when we come to drop it. */
static mfn_t granted_mfn(const struct domain *owner, const struct maptrack *m)
{
	const struct grant_table *gt = owner->grants;

	if (m->ref >= READ_ONCE(gt->nr_active_frames) * ACTIVE_PER_FRAME)
		return MFN_NONE;
	return READ_ONCE(active_of(gt, m->ref)->mfn);
}

/* Which of the mapping's kinds to take away are in *@kinds; a status. */
static inline s16 unmap_kinds(struct map_run *run, const struct gnttab_unmap_grant_ref *op,
		       const struct maptrack *m, u64 with, u16 *kinds)
{
	mfn_t mfn = granted_mfn(run->owner, m);

	if (op->host_addr && m->flags & GNTMAP_host_map) {
		s16 status = host_unmap(run, op->host_addr, m->flags, mfn, with);

		if (status != GNTST_okay)
			return status;
		*kinds |= GNTMAP_host_map;
	}
	if (op->dev_bus_addr && m->flags & GNTMAP_device_map) {
		if (op->dev_bus_addr != mfn << PAGE_SHIFT)
			return GNTST_bad_dev_addr;
		*kinds |= GNTMAP_device_map;
	}
	return GNTST_okay;
}

/* Take the mapping(s) away; what then has to end is in *@gone. */
static inline s16 unmap_begin(struct map_run *run, const struct gnttab_unmap_grant_ref *op, u64 with,
		       struct grant_mapped *gone)
{
	struct maptrack m;
	u16 kinds = 0;
	s16 status;
	bool last;

	gone->owner = NULL;
	if (!maptrack_get(run->d, op->handle, &m))
		return GNTST_bad_handle;
	if (!run_owner(run, m.domid)) /* the mapping keeps it, but may go meanwhile */
		return GNTST_bad_domain;
	trace_grant_unmap(m.domid);
	status = unmap_kinds(run, op, &m, with, &kinds);
	if (kinds && maptrack_drop(run->d, op->handle, &m, kinds, &last) && last)
		*gone = (struct grant_mapped){ run->owner, m.ref, !(m.flags & GNTMAP_readonly) };
	return status;
}

static void unmap_finish(const struct grant_mapped *gone, unsigned n)
{
	flush_domain_tlbs(current->domain);
	grant_put_mapped(gone, n);
	for (unsigned i = 0; i < n; i++)
		if (gone[i].owner)
			domain_put(gone[i].owner);
}

void grant_unmap(struct gnttab_unmap_grant_ref *ops, unsigned n)
{
	struct grant_mapped gone[GRANT_BATCH];
	struct map_run run = { .d = current->domain };

	for (unsigned i = 0; i < n; i++)
		ops[i].status = unmap_begin(&run, &ops[i], 0, &gone[i]);
	unmap_finish(gone, n);
	run_end(&run);
}

/* What is mapped at @new_addr moves to where the grant was. */
void grant_unmap_and_replace(struct gnttab_unmap_and_replace *op)
{
	struct gnttab_unmap_grant_ref plain = { .host_addr = op->host_addr, .handle = op->handle };
	struct map_run run = { .d = current->domain }, from = { .d = current->domain };
	u64 *pte = run_pte(&from, op->new_addr, false);
	struct grant_mapped gone;
	u64 with;

	if (!pte) {
		op->status = GNTST_general_error;
		return;
	}
	with = READ_ONCE(*pte);
	op->status = unmap_begin(&run, &plain, with, &gone);
	if (op->status == GNTST_okay)
		l1_update(pte, 0, current->domain, current->domain, false);
	unmap_finish(&gone, 1);
	run_end(&run);
	run_end(&from);
}

/* --- the end of a domain that has mappings ----------------------------------------------- */

static void release_mapping(struct domain *d, u32 h)
{
	struct grant_mapped gone;
	struct maptrack m;
	bool last;

	if (!maptrack_get(d, h, &m) || !maptrack_drop(d, h, &m, MAP_KINDS, &last))
		return;
	gone = (struct grant_mapped){ domain_lookup_any(m.domid), m.ref, !(m.flags & GNTMAP_readonly) };
	grant_put_mapped(&gone, 1);
	domain_put(gone.owner); /* which the mapping kept */
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
