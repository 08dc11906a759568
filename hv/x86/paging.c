/* SPDX-License-Identifier: MIT */
/*
 * Building and editing the hypervisor's page tables; see paging.h.  Boot code
 * calls paging_init(); afterwards MMIO windows, descriptor windows and the
 * per-pCPU stubs are the only new mappings.
 */
#include "x86/paging.h"
#include "x86/smp.h"

#include <xen/xen.h>

#include "boot/e820.h"
#include "console/console.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/page.h"
#include "x86/layout.h"

#define L2_SIZE (1ULL << 21)
#define L3_SIZE (1ULL << 30)

#define MAX_WINDOWS 8192
#define VMAP_GENERAL (VMAP_START + ((u64)MAX_WINDOWS * WINDOW_PAGES << PAGE_SHIFT))

extern u64 boot_l3_direct[512], boot_l3_image[512], boot_l2[4 * 512];
extern u8 __image_start[], __text_end[], __rodata_end[], __image_end[];

mfn_t max_mfn, solid_mfn;

/* One bit per 2 MiB of frame table; a clear bit means no page_info there. */
static u64 chunk_present[(1ULL << 30) * sizeof(struct page_info) / L2_SIZE / 64];
static bool boot_over; /* tables come from the frame allocator now */
static u64 vmap_next = VMAP_GENERAL;
static u64 window_used[MAX_WINDOWS / 64];
static spinlock_t vmap_lock = SPINLOCK_INIT;

bool mfn_valid_above(mfn_t mfn)
{
	u64 chunk = mfn * sizeof(struct page_info) >> 21;

	return mfn < max_mfn && (chunk_present[chunk / 64] >> (chunk % 64) & 1);
}

static u64 *new_table(void)
{
	if (boot_over)
		return alloc_hv_pages(0);
	return maddr_to_virt(boot_mem_alloc(PAGE_SIZE, PAGE_SIZE));
}

/* The next table down from @entry, made if missing. NULL when out of memory. */
static u64 *table_below(u64 *entry)
{
	const u64 flags = PTE_PRESENT | PTE_RW | PTE_USER | PTE_ACCESSED;
	u64 none = 0;

	if (!(*entry & PTE_PRESENT)) {
		u64 *t = new_table();

		if (!t)
			return NULL;
		if (!__atomic_compare_exchange_n(entry, &none, virt_to_maddr(t) | flags, false,
						 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			free_hv_pages(t, 0); /* another pCPU was quicker */
	}
	return maddr_to_virt(*entry & PTE_ADDR_MASK);
}

static u64 *l2_entry(u64 va)
{
	u64 *l3 = table_below(&hv_l4[pt_index(va, 4)]);
	u64 *l2 = l3 ? table_below(&l3[pt_index(va, 3)]) : NULL;

	return l2 ? &l2[pt_index(va, 2)] : NULL;
}

int map_pages(u64 va, mfn_t mfn, unsigned long n, u64 flags)
{
	for (; n; n--, va += PAGE_SIZE, mfn++) {
		u64 *l2e = l2_entry(va);
		u64 *l1 = l2e ? table_below(l2e) : NULL;

		if (!l1)
			return -ENOMEM;
		l1[pt_index(va, 1)] = pte_make(mfn, flags);
	}
	return 0;
}

u64 *hv_pte(u64 va)
{
	u64 e = hv_l4[pt_index(va, 4)];

	for (unsigned level = 3; level; level--) {
		u64 *t;

		if (!(e & PTE_PRESENT) || (level < 3 && (e & PTE_PSE)))
			return NULL;
		t = maddr_to_virt(e & PTE_ADDR_MASK);
		if (level == 1)
			return &t[pt_index(va, 1)];
		e = t[pt_index(va, level)];
	}
	return NULL;
}

void unmap_pages(u64 va, unsigned long n)
{
	for (; n; n--, va += PAGE_SIZE) {
		u64 *pte = hv_pte(va);

		if (pte)
			*pte = 0;
	}
}

static void map_large(u64 va, paddr_t ma, u64 flags)
{
	*l2_entry(va) = ma | flags | PTE_PSE;
}

/* All memory by 2 MiB pages; the parts without RAM or firmware data go. */
static void directmap_init(void)
{
	const u32 keep = 1U << E820_RAM | 1U << E820_RESERVED | 1U << E820_ACPI | 1U << E820_NVS;
	paddr_t top = MAX((paddr_t)max_mfn << PAGE_SHIFT, 4ULL << 30);

	for (paddr_t ma = 0; ma < top; ma += L2_SIZE) {
		bool ram = e820_overlaps(ma, ma + L2_SIZE, 1U << E820_RAM);
		/* Firmware tables sit next to RAM; large reserved areas are device space. */
		bool firmware = ma < 4ULL << 30 && e820_overlaps(ma, ma + L2_SIZE, keep) &&
				e820_overlaps(ma - MIN(ma, 16 * L2_SIZE), ma + 16 * L2_SIZE,
					      1U << E820_RAM);

		if (ram || firmware)
			map_large(DIRECTMAP_START + ma, ma, PTE_HV);
		else if (ma < 4ULL << 30)
			boot_l2[ma / L2_SIZE] = 0;
	}
}

/* One table of @entry_size bytes a frame, backed by 2 MiB pages only where there is RAM. */
static void table_init(u64 va, u64 entry_size, u64 alias)
{
	u64 frames_per_chunk = L2_SIZE / entry_size;
	u64 bytes = (u64)max_mfn * entry_size;

	for (u64 off = 0; off < bytes; off += L2_SIZE) {
		mfn_t first = off / entry_size;
		paddr_t start = (paddr_t)first << PAGE_SHIFT;
		paddr_t end = (paddr_t)(first + frames_per_chunk + 1) << PAGE_SHIFT;

		if (!e820_overlaps(start, end, 1U << E820_RAM))
			continue;
		paddr_t ma = boot_mem_alloc(L2_SIZE, L2_SIZE);

		map_large(va + off, ma, PTE_HV);
		if (alias)
			map_large(alias + off, ma, PTE_HV_RO | PTE_USER);
		else
			chunk_present[off / L2_SIZE / 64] |= 1ULL << (off / L2_SIZE % 64);
	}
}

/* The boot map of the image is one writable, executable GiB: map it as it should be. */
static void image_init(void)
{
	u64 end = (u64)__image_end;
	u64 *l2 = new_table();

	for (u64 va = (u64)__image_start; va < end; va += PAGE_SIZE) {
		u64 flags = va < (u64)__text_end ? PTE_HV_RX :
			    va < (u64)__rodata_end ? PTE_HV_RO : PTE_HV;
		u64 *l1 = table_below(&l2[pt_index(va, 2)]);

		l1[pt_index(va, 1)] = image_to_maddr((void *)va) | flags;
	}
	boot_l3_image[0] = virt_to_maddr(l2) | PTE_PRESENT | PTE_RW | PTE_ACCESSED;
}

/* What the boot GDT and the AP trampoline run on: the first 16 MiB, executable. */
static void identity_init(void)
{
	u64 *l3 = new_table(), *l2 = new_table();

	for (unsigned i = 0; i < 8; i++)
		l2[i] = i * L2_SIZE | (PTE_HV & ~PTE_NX) | PTE_PSE;
	l3[0] = virt_to_maddr(l2) | PTE_PRESENT | PTE_RW;
	hv_l4[0] = virt_to_maddr(l3) | PTE_PRESENT | PTE_RW;
}

static void mark_device_frames(mfn_t from, mfn_t to)
{
	for (mfn_t mfn = from; mfn < to && mfn < max_mfn; mfn++)
		if (mfn_valid(mfn)) {
			mfn_to_page(mfn)->owner = DOMID_IO;
			mfn_to_page(mfn)->count = 1;
		}
}

/* What is not RAM belongs to DOMID_IO and is never freed; so does the first MiB, as in Xen, but for
 * the page on which processors start. */
static void mark_frames(void)
{
	mfn_t at = 0, trampoline = SMP_TRAMPOLINE_PADDR >> PAGE_SHIFT;

	mark_device_frames(0, trampoline);
	mark_device_frames(trampoline + 1, LOW_MEMORY >> PAGE_SHIFT);

	for (unsigned i = 0; i < e820_count; i++) {
		const struct e820_range *r = &e820_map[i];

		if (r->type != E820_RAM)
			continue;
		mark_device_frames(at, DIV_ROUND_UP(r->addr, PAGE_SIZE));
		at = (r->addr + r->size) >> PAGE_SHIFT;
	}
	mark_device_frames(at, max_mfn);
}

/* Dom0's tools map the M2P table, read-only, as frames of DOMID_XEN. */
static void share_m2p_extent(mfn_t first)
{
	for (mfn_t mfn = first; mfn < first + L2_SIZE / PAGE_SIZE; mfn++) {
		mfn_to_page(mfn)->owner = DOMID_XEN;
		mfn_to_page(mfn)->type = PGT_none | 1; /* never anything else */
		mfn_to_page(mfn)->count = PGC_hv | 1;
	}
}

static void m2p_init(void)
{
	table_init(M2P_RW_START, sizeof(u64), M2P_RO_START);
	for (u64 off = 0; off < (u64)max_mfn * sizeof(u64); off += L2_SIZE) {
		u64 e = *l2_entry(M2P_RW_START + off);

		if (!(e & PTE_PRESENT))
			continue;
		memset((void *)(M2P_RW_START + off), 0x55, L2_SIZE);
		share_m2p_extent(pte_mfn(e));
	}
}

void paging_init(void)
{
	max_mfn = e820_top_mfn();
	/* The boot tables are shared by three windows: part them before narrowing one. */
	image_init();
	identity_init();
	write_cr3(hv_l4_maddr);
	directmap_init();
	table_init(FRAME_TABLE_START, sizeof(struct page_info), 0);
	m2p_init();
	/* In steps far below the frames of one 2 MiB chunk, so that no gap is stepped over. */
	while (solid_mfn < max_mfn && mfn_valid_above(solid_mfn) &&
	       mfn_valid_above(MIN(solid_mfn + 4095, max_mfn - 1)))
		solid_mfn = MIN(solid_mfn + 4096, max_mfn);
	mark_frames();
	/* Every slot's L3 must exist before the first guest root copies the slots. */
	for (u64 va = HV_VIRT_START; va < DIRECTMAP_START; va += 1ULL << 39)
		table_below(&hv_l4[pt_index(va, 4)]);
	write_cr3(hv_l4_maddr);
}

void paging_boot_alloc_over(void)
{
	boot_over = true;
}

void paging_drop_identity(void)
{
	hv_l4[0] = 0;
	write_cr3(hv_l4_maddr);
}

u64 vmap_reserve(unsigned long pages)
{
	unsigned long flags = spin_lock_irqsave(&vmap_lock);
	u64 va = vmap_next;

	vmap_next += (pages + 1) << PAGE_SHIFT; /* a guard page behind each */
	BUG_ON(vmap_next > VMAP_END);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return va;
}

static void *map_window(paddr_t base, size_t len, u64 flags)
{
	u64 offset = base & ~PAGE_MASK;
	unsigned long pages = DIV_ROUND_UP(offset + len, PAGE_SIZE);
	u64 va = vmap_reserve(pages);

	if (map_pages(va, base >> PAGE_SHIFT, pages, flags))
		return NULL;
	return (void *)(va + offset);
}

void *map_mmio(paddr_t base, size_t len)
{
	return map_window(base, len, PTE_HV_UC);
}

void *map_physical(paddr_t base, size_t len)
{
	paddr_t end = base + len;

	if (end <= 4ULL << 30 || end <= (paddr_t)max_mfn << PAGE_SHIFT) {
		bool mapped = true;

		for (paddr_t ma = ROUND_DOWN(base, L2_SIZE); ma < end; ma += L2_SIZE)
			mapped &= *l2_entry(DIRECTMAP_START + ma) & PTE_PRESENT;
		if (mapped)
			return maddr_to_virt(base);
	}
	return map_window(base, len, PTE_HV);
}

u64 window_alloc(void)
{
	unsigned long flags = spin_lock_irqsave(&vmap_lock);
	u64 va = 0;

	for (unsigned i = 0; i < MAX_WINDOWS && !va; i++)
		if (!(window_used[i / 64] >> (i % 64) & 1)) {
			window_used[i / 64] |= 1ULL << (i % 64);
			va = VMAP_START + ((u64)i * WINDOW_PAGES << PAGE_SHIFT);
		}
	spin_unlock_irqrestore(&vmap_lock, flags);
	/* Make sure the L1 table is there: later stores go straight to the PTEs. */
	if (va && map_pages(va, 0, 1, 0)) {
		window_free(va);
		return 0;
	}
	return va;
}

void window_free(u64 va)
{
	unsigned i = (va - VMAP_START) / (WINDOW_PAGES << PAGE_SHIFT);
	unsigned long flags = spin_lock_irqsave(&vmap_lock);

	window_used[i / 64] &= ~(1ULL << (i % 64));
	spin_unlock_irqrestore(&vmap_lock, flags);
}
