/* SPDX-License-Identifier: MIT */
/*
 * Contents checks of typed frames: what makes a frame an L1 to L4 table or a
 * descriptor page.  Called by the frame-type state machine, with the frame
 * marked busy, so the table has exactly one writer: us.
 *
 * L2 and up may be preempted between entries (pg->nr_valid tells how far it
 * got): a guest decides how much one pin validates.
 */
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "memory/log-dirty.h"
#include "pv/descriptors.h"
#include "pv/mmu.h"
#include "x86/cpu.h"
#include "x86/preempt.h"
#include "x86/setup.h"

static u64 bad_address_bits(void)
{
	return PTE_ADDR_MASK & ~((1ULL << cpu_features.paddr_bits) - 1);
}

/* The kinds of memory that are cached (PAT layout of the ABI, x86/setup.c). */
static bool says_write_back(u64 l1e)
{
	u64 kind = l1e & PTE_CACHE_KIND;

	return !kind || kind == (PTE_PAT | PTE_PWT);
}

/* A frame that is not RAM, or beyond the frame table: only for who may touch devices. */
static int device_frame_get(u64 l1e, struct domain *d)
{
	mfn_t mfn = pte_mfn(l1e);

	if (((mfn << PAGE_SHIFT) & bad_address_bits()) || !pv_may_map_device(d, mfn))
		return -EPERM;
	return ((l1e & PTE_RW) && pv_device_read_only(mfn) ? L1E_READ_ONLY : 0) |
	       (says_write_back(l1e) ? L1E_UNCACHED : 0);
}

__attribute__((cold)) u64 pte_for_device(u64 l1e, int changes)
{
	if (changes & L1E_READ_ONLY)
		l1e &= ~PTE_RW;
	if (changes & L1E_UNCACHED)
		l1e |= PTE_PCD | PTE_PWT;
	return l1e;
}

static bool is_device_frame(mfn_t mfn)
{
	return !mfn_valid(mfn) || mfn_to_page(mfn)->owner == DOMID_IO;
}

int l1e_get_slow(u64 l1e, struct domain *d, struct domain *owner)
{
	mfn_t mfn = pte_mfn(l1e);
	struct page_info *pg;

	if (unlikely(is_device_frame(mfn)))
		return device_frame_get(l1e, d);
	pg = mfn_to_page(mfn);
	if (l1e & PTE_RW)
		return likely(get_page_writable(pg, owner, owner->id)) ? 0 : -EBUSY;
	return likely(get_page(pg, owner)) ? 0 : -EBUSY;
}

static __attribute__((noinline)) void put_writable_slow(struct page_info *pg, const struct domain *d)
{
	if (pg->owner != d->id) /* held as data, so nobody else uses the field */
		WRITE_ONCE(pg->nr_valid, FRAME_FOREIGN);
	frame_dirtied(pg);
	put_page_writable(pg);
}

void l1e_put_slow(u64 l1e, struct domain *d)
{
	mfn_t mfn = pte_mfn(l1e);
	struct page_info *pg;

	if (unlikely(is_device_frame(mfn)))
		return;
	pg = mfn_to_page(mfn);
	if (l1e & PTE_RW) {
		put_writable_slow(pg, d);
		return;
	}
	/* A descriptor page unmapped while in use as an LDT: let go of that use too. */
	if (unlikely((pg->type & PGT_type_mask) == PGT_seg_desc && (pg->type & PGT_count_mask)))
		pv_drop_ldt_all(d);
	put_page(pg);
}

int lxe_get(u64 entry, unsigned level, struct domain *d, bool preemptible)
{
	struct page_info *pg;
	int rc;

	if (unlikely((entry & ~LX_ALLOWED) || !mfn_valid(pte_mfn(entry))))
		return -EINVAL;
	pg = mfn_to_page(pte_mfn(entry));
	if (!get_page(pg, d))
		return -EINVAL;
	rc = frame_type_get(pg, (level - 1) << PGT_SHIFT, preemptible);
	if (rc)
		put_page(pg);
	return rc;
}

int lxe_put(u64 entry, unsigned level, bool preemptible)
{
	struct page_info *pg = mfn_to_page(pte_mfn(entry));
	int rc = frame_type_put(pg, preemptible);

	put_page(pg);
	return rc;
}

/* Most entries of a process's tables are empty, and most of those lie together. */
#define GROUP 8

static inline bool none_present(const u64 *e)
{
	return !((e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]) & PTE_PRESENT);
}

/* Entry @i is not present: the last one of which that is known. */
static inline unsigned last_absent(const u64 *table, unsigned i)
{
	if (i % GROUP || !none_present(&table[i]))
		return i;
	do
		i += GROUP;
	while (i < 512 && none_present(&table[i]));
	return i - 1;
}

/* The entry below @i is not present: how far down that is so, as far as groups go. */
static inline unsigned before_absent(const u64 *table, unsigned i)
{
	if (i % GROUP || !none_present(&table[i - GROUP]))
		return i - 1;
	do
		i -= GROUP;
	while (i && none_present(&table[i - GROUP]));
	return i;
}

/* The first entry of the first group with a present one; @table's end if there is none. */
static inline u64 *present_from(u64 *table)
{
	u64 *e = table;

	while (e < table + 512 && none_present(e))
		e += GROUP;
	return e;
}

/* Past the last group with a present one, given the first. */
static inline u64 *present_to(u64 *table, const u64 *from)
{
	u64 *end = table + 512;

	while (end > from && none_present(end - GROUP))
		end -= GROUP;
	return end;
}

static __attribute__((noinline)) void put_l1_entries(u64 *from, u64 *end, struct domain *d)
{
	domid_t id = d->id;

	for (u64 *at = from; at != end; at++)
		if (*at & PTE_PRESENT)
			l1e_put(*at, d, id);
}

static void devalidate_l1(u64 *table, struct domain *d)
{
	u64 *from = present_from(table);

	put_l1_entries(from, present_to(table, from), d);
}

/* A function of its own: the loop of full tables needs the registers. */
static __attribute__((noinline)) int get_l1_entries(u64 *from, u64 *end, struct domain *d)
{
	domid_t id = d->id;

	for (u64 *at = from; at != end; at++) {
		u64 e = *at;
		int rc;

		if (!(e & PTE_PRESENT))
			continue;
		rc = l1e_get(e, d, d, id);
		if (unlikely(rc)) {
			if (rc < 0) {
				put_l1_entries(from, at, d);
				return rc;
			}
			e = pte_for_device(e, rc);
		}
		*at = pte_adjust(e);
	}
	return 0;
}

static int validate_l1(u64 *table, struct domain *d)
{
	u64 *from = present_from(table);

	return get_l1_entries(from, present_to(table, from), d);
}

/* Entries of an L4 that are the hypervisor's are ours to fill in. */
static void fill_hv_slots(u64 *l4)
{
	for (unsigned i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
		l4[i] = hv_l4[i];
}

/* Most entries are empty: those cost next to nothing, and only the others are places to stop at. */
static int devalidate_upper(struct page_info *pg, u64 *table, unsigned level, bool preemptible)
{
	unsigned i = pg->nr_valid;
	int rc = 0;

	while (i && !rc) {
		u64 e = table[i - 1];

		if (likely(!(e & PTE_PRESENT))) {
			i = before_absent(table, i);
			continue;
		}
		if (preemptible && i != 512 && preempt_needed()) {
			rc = -ERESTART;
			break;
		}
		i--;
		if (!(level == 4 && l4_slot_is_hv(i)) && lxe_put(e, level, preemptible) == -ERESTART)
			rc = -ERESTART;
	}
	pg->nr_valid = i;
	return rc;
}

static int validate_upper(struct page_info *pg, u64 *table, unsigned level, struct domain *d,
			  bool preemptible)
{
	for (unsigned i = pg->nr_valid; i < 512; i++) {
		u64 e = table[i];
		int rc;

		if (likely(!(e & PTE_PRESENT))) {
			i = last_absent(table, i);
			continue;
		}
		if (level == 4 && l4_slot_is_hv(i))
			continue;
		rc = lxe_get(e, level, d, preemptible);
		if (unlikely(rc)) {
			pg->nr_valid = i;
			if (rc == -ERESTART)
				return rc;
			/* Preempted on the way back, too: the next try finds the bad entry again. */
			return devalidate_upper(pg, table, level, preemptible) ? -ERESTART : -EINVAL;
		}
		table[i] = pte_adjust(e);
		if (preemptible && i != 511 && preempt_needed()) {
			pg->nr_valid = i + 1;
			return -ERESTART;
		}
	}
	pg->nr_valid = 512;
	if (level == 4)
		fill_hv_slots(table);
	return 0;
}

int frame_validate(struct page_info *pg, u32 type, bool preemptible)
{
	u64 *table = page_to_virt(pg);
	struct domain *d = domain_lookup_any(pg->owner);
	int rc;

	if (!d)
		return -EINVAL;
	frame_dirtied(pg); /* entries are adjusted */
	switch (type) {
	case PGT_l1:
		return validate_l1(table, d);
	case PGT_seg_desc:
		return validate_descriptor_page(table);
	case PGT_l2: case PGT_l3: case PGT_l4:
		rc = validate_upper(pg, table, type >> PGT_SHIFT, d, preemptible);
		return rc;
	}
	return -EINVAL;
}

int frame_devalidate(struct page_info *pg, u32 type, bool preemptible)
{
	u64 *table = page_to_virt(pg);
	struct domain *d = domain_lookup_any(pg->owner);

	switch (type) {
	case PGT_l1:
		devalidate_l1(table, d);
		return 0;
	case PGT_l2: case PGT_l3: case PGT_l4:
		return devalidate_upper(pg, table, type >> PGT_SHIFT, preemptible);
	}
	return 0;
}
