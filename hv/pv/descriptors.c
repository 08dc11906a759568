/* SPDX-License-Identifier: MIT */
/*
 * GDT and LDT of PV guests; see descriptors.h.  The window of a vCPU has 16
 * pages of GDT (14 the guest's, then the pCPU's reserved page) and 16 of LDT.
 * pv.ldt_lock of the domain covers the LDT half: another vCPU that unmaps an
 * LDT frame drops it from every window.
 */
#include "pv/descriptors.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-type.h"
#include "memory/page.h"
#include "pv/mmu.h"
#include "pv/tlb.h"
#include "pv/traps.h"
#include "x86/cpu.h"
#include "x86/desc.h"

/* AMD64 APM vol. 2, 4.7: descriptor bits in the upper half. */
#define DESC_TYPE (15ULL << 40)
#define DESC_S (1ULL << 44)
#define DESC_DPL (3ULL << 45)
#define DESC_P (1ULL << 47)

#define LDT_FIRST 16
#define LDT_PAGES 16
#define MAX_LDT_ENTRIES 8192

static u64 zero_descriptors[512] ALIGNED(4096);

bool descriptor_ok(u64 *desc)
{
	u64 d = *desc;

	if (!(d & DESC_P))
		return true; /* faults whenever it is used */
	if (!(d & DESC_S))
		return !(d & DESC_TYPE); /* system types, gates too, are not a guest's */
	*desc = d | DESC_DPL;
	return true;
}

int validate_descriptor_page(u64 *table)
{
	for (unsigned i = 0; i < 512; i++)
		if (!descriptor_ok(&table[i]))
			return -EINVAL;
	return 0;
}

static void put_descriptor_frame(mfn_t mfn)
{
	frame_type_put(mfn_to_page(mfn), false);
	put_page(mfn_to_page(mfn));
}

static int get_descriptor_frame(mfn_t mfn, const struct domain *d)
{
	struct page_info *pg;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!get_page(pg, d))
		return -EINVAL;
	if (!frame_type_get(pg, PGT_seg_desc, false))
		return 0;
	put_page(pg);
	return -EINVAL;
}

/* The window changed: forget old translations where the vCPU is loaded. */
static void flush_window(const struct vcpu *v)
{
	u64 mask[PCPU_MASK_WORDS] = { 0 };
	unsigned cpu;

	/* Who loads it now either sees the new window or is seen here. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	cpu = READ_ONCE(v->pv.loaded_on);
	if (cpu >= MAX_PCPUS)
		return; /* loading it flushes */
	mask[cpu / 64] = 1ULL << (cpu % 64);
	tlb_flush_mask(mask);
}

int pv_set_gdt(struct vcpu *v, const u64 *frames, unsigned entries)
{
	unsigned n = DIV_ROUND_UP(entries, 512);

	if (entries > PV_GDT_FRAMES * 512)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (get_descriptor_frame(frames[i], v->domain)) {
			while (i-- > 0)
				put_descriptor_frame(frames[i]);
			return -EINVAL;
		}
	pv_drop_gdt(v);
	for (unsigned i = 0; i < n; i++) {
		v->pv.gdt_mfn[i] = frames[i];
		v->pv.window[i] = pte_make(frames[i], PTE_HV);
	}
	v->pv.gdt_entries = entries;
	flush_window(v);
	return 0;
}

void pv_drop_gdt(struct vcpu *v)
{
	unsigned n = DIV_ROUND_UP(v->pv.gdt_entries, 512);

	for (unsigned i = 0; i < PV_GDT_FRAMES; i++)
		v->pv.window[i] = image_to_maddr(zero_descriptors) | PTE_HV_RO;
	if (!n)
		return;
	flush_window(v);
	for (unsigned i = 0; i < n; i++)
		put_descriptor_frame(v->pv.gdt_mfn[i]);
	v->pv.gdt_entries = 0;
}

bool pv_drop_ldt(struct vcpu *v)
{
	struct domain *d = v->domain;
	mfn_t dropped[LDT_PAGES];
	unsigned n = 0;

	spin_lock(&d->pv.ldt_lock);
	for (unsigned i = LDT_FIRST; v->pv.ldt_mapped && i < LDT_FIRST + LDT_PAGES; i++)
		if (v->pv.window[i] & PTE_PRESENT) {
			dropped[n++] = pte_mfn(v->pv.window[i]);
			v->pv.window[i] = 0;
			v->pv.ldt_mapped--;
		}
	spin_unlock(&d->pv.ldt_lock);
	if (!n)
		return false;
	flush_window(v);
	while (n-- > 0)
		put_descriptor_frame(dropped[n]);
	return true;
}

void pv_drop_ldt_all(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i)
		if (READ_ONCE(v->pv.ldt_mapped))
			pv_drop_ldt(v);
}

int pv_set_ldt(struct vcpu *v, u64 base, unsigned entries)
{
	if (entries > MAX_LDT_ENTRIES || (base & ~PAGE_MASK) ||
	    (entries && (!guest_addr_ok(base) || !guest_addr_ok(base + entries * 8UL - 1))))
		return -EINVAL;
	if (v->pv.ldt_base == base && v->pv.ldt_entries == entries)
		return 0;
	pv_drop_ldt(v);
	v->pv.ldt_base = base;
	v->pv.ldt_entries = entries;
	if (v == current)
		desc_load_ldt(this_cpu(), v->pv.ldt_va, entries);
	return 0;
}

/* The frame behind LDT page @i of @v now, checked and referenced; MFN_NONE if it has none. */
static mfn_t find_ldt_frame(struct vcpu *v, unsigned i)
{
	struct page_info *table;
	u64 *pte = guest_l1_get(v, v->pv.ldt_base + i * PAGE_SIZE, &table), e;

	if (!pte)
		return MFN_NONE;
	e = READ_ONCE(*pte);
	guest_l1_put(table);
	if (!(e & PTE_PRESENT) || get_descriptor_frame(pte_mfn(e), v->domain))
		return MFN_NONE;
	return pte_mfn(e);
}

bool pv_map_ldt_page(struct vcpu *v, u64 offset)
{
	unsigned i = offset >> PAGE_SHIFT;
	struct domain *d = v->domain;
	mfn_t mfn;

	if (offset / 8 >= v->pv.ldt_entries)
		return false;
	mfn = find_ldt_frame(v, i);
	if (mfn == MFN_NONE)
		return false;
	spin_lock(&d->pv.ldt_lock);
	v->pv.window[LDT_FIRST + i] = pte_make(mfn, PTE_HV);
	v->pv.ldt_mapped++;
	spin_unlock(&d->pv.ldt_lock);
	return true;
}

int pv_window_init(struct vcpu *v)
{
	u64 va = window_alloc();

	if (!va)
		return -ENOMEM;
	v->pv.gdt_va = va;
	v->pv.ldt_va = va + LDT_FIRST * PAGE_SIZE;
	v->pv.window = hv_pte(va);
	memset(v->pv.window, 0, WINDOW_PAGES * sizeof(u64));
	pv_drop_gdt(v);
	return 0;
}

void pv_window_destroy(struct vcpu *v)
{
	pv_drop_gdt(v);
	pv_drop_ldt(v);
	memset(v->pv.window, 0, WINDOW_PAGES * sizeof(u64));
	window_free(v->pv.gdt_va);
}
