/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables: L4 slots 256..271, the same in every root
 * of the machine.  All L3 tables of those slots exist from boot on, so a new
 * mapping is visible everywhere at once.
 */
#ifndef ORRERY_X86_PAGING_H
#define ORRERY_X86_PAGING_H

#include "lib/types.h"

#define PTE_PRESENT (1ULL << 0)
#define PTE_RW (1ULL << 1)
#define PTE_USER (1ULL << 2)
#define PTE_PWT (1ULL << 3)
#define PTE_PCD (1ULL << 4)
#define PTE_ACCESSED (1ULL << 5)
#define PTE_DIRTY (1ULL << 6)
#define PTE_PSE (1ULL << 7) /* L2, L3: a large page; L1: the PAT bit */
#define PTE_CACHE_KIND (PTE_PAT | PTE_PCD | PTE_PWT)
#define PTE_PAT (1ULL << 7)
#define PTE_GLOBAL (1ULL << 8)
#define PTE_AVAIL (7ULL << 9)
#define PTE_NX (1ULL << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000ULL

#define PTE_HV (PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_NX)
#define PTE_HV_RX (PTE_PRESENT | PTE_ACCESSED)
#define PTE_HV_RO (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define PTE_HV_UC (PTE_HV | PTE_PCD | PTE_PWT) /* PAT entry 3: uncached */

static inline mfn_t pte_mfn(u64 pte)
{
	return (pte & PTE_ADDR_MASK) >> PAGE_SHIFT;
}

static inline u64 pte_make(mfn_t mfn, u64 flags)
{
	return mfn << PAGE_SHIFT | flags;
}

static inline unsigned pt_index(u64 va, unsigned level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & 511;
}

extern u64 hv_l4[512];
#define hv_l4_maddr ((u64)hv_l4 - HV_IMAGE_START)

/* Direct map, frame table, M2P, image permissions.  Boot, once. */
void paging_init(void);
/* Remove the low identity map the boot and the AP trampoline run on. */
void paging_drop_identity(void);
/* The frame allocator is up: new tables come from it. */
void paging_boot_alloc_over(void);

/* Map @n frames at hypervisor address @va; tables come from the boot allocator or
 * alloc_hv_pages(). 0 or -ENOMEM. No lock: callers own their part of the VMAP area. */
int map_pages(u64 va, mfn_t mfn, unsigned long n, u64 flags);
void unmap_pages(u64 va, unsigned long n); /* caller flushes */
/* Leaf PTE of @va, or NULL when there is no L1 table (or a large page). */
u64 *hv_pte(u64 va);

/* Uncached window on device memory; never unmapped. NULL when out of memory. */
void *map_mmio(paddr_t base, size_t len);
/* Read-mostly view of any physical memory (firmware tables): direct map or a cached window. */
void *map_physical(paddr_t base, size_t len);
/* Address space of @pages pages in the VMAP area, unmapped. */
u64 vmap_reserve(unsigned long pages);

/* A vCPU's descriptor window: 32 pages (16 GDT, 16 LDT). Address or 0. */
u64 window_alloc(void);
void window_free(u64 va);
#define WINDOW_PAGES 32

#endif
