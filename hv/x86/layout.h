/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's virtual address map.  The guest ABI gives us L4 slots 256
 * to 271 (0xffff800000000000 to 0xffff87ffffffffff, <xen/arch-x86/xen-x86_64.h>);
 * they are identical in every page table of the machine, so everything here is
 * always mapped.  Shared with assembly, hence only plain #defines on top.
 */
#ifndef ORRERY_X86_LAYOUT_H
#define ORRERY_X86_LAYOUT_H

#define HV_SLOT_FIRST 256
#define HV_SLOT_LAST 271
#define HV_VIRT_START 0xffff800000000000 /* start of the reserved hole */
#define HV_VIRT_END 0xffff880000000000   /* first address of the guest again */

#define M2P_RO_START 0xffff800000000000     /* slot 256: machine-to-phys, user read-only */
#define M2P_RW_START 0xffff808000000000     /* slot 257: the same frames, writable */
#define FRAME_TABLE_START 0xffff810000000000 /* slot 258 */
#define HV_IMAGE_START 0xffff818000000000   /* slot 259: image; physical 0 is mapped here */
#define VMAP_START 0xffff820000000000       /* slot 260: descriptor windows, MMIO */
#define VMAP_END 0xffff828000000000
#define DIRECTMAP_START 0xffff830000000000  /* slots 262..271: all of memory */
#define DIRECTMAP_END 0xffff880000000000

#define HV_LOAD_PADDR 0x200000 /* where the loader puts the image */

#define STACK_ORDER 2
#define STACK_SIZE 16384

/* Selectors; the guest's own GDT entries live below 0xe000. */
#define GDT_GUEST_PAGES 14
#define GDT_RESERVED_BASE 0xe000
#define SEL_HV_CS 0xe008
#define SEL_HV_DS 0xe010
#define SEL_RING3_CS32 0xe023 /* FLAT_RING3_CS32 of the ABI */
#define SEL_RING3_DS 0xe02b   /* FLAT_RING3_SS64 */
#define SEL_RING3_CS64 0xe033 /* FLAT_RING3_CS64 */
#define SEL_TSS 0xe040
#define SEL_LDT 0xe050

#ifndef __ASSEMBLER__
#include "lib/types.h"

static inline void *maddr_to_virt(paddr_t ma)
{
	return (void *)(DIRECTMAP_START + ma);
}

static inline void *mfn_to_virt(mfn_t mfn)
{
	return maddr_to_virt((paddr_t)mfn << PAGE_SHIFT);
}

/* @pre @va lies in the direct map. */
static inline paddr_t virt_to_maddr(const void *va)
{
	return (u64)va - DIRECTMAP_START;
}

static inline mfn_t virt_to_mfn(const void *va)
{
	return virt_to_maddr(va) >> PAGE_SHIFT;
}

/* Image symbols are not in the direct map; their machine address is fixed. */
static inline paddr_t image_to_maddr(const void *sym)
{
	return (u64)sym - HV_IMAGE_START;
}

/* May a PV guest name this address?  Not in the hypervisor's hole. */
static inline bool guest_addr_ok(u64 va)
{
	return va < 0x0000800000000000 || va >= HV_VIRT_END;
}

/* Is nothing of [@va, @va + @n) in the hypervisor's hole?  An address that is not canonical faults
 * when it is used. */
static inline bool guest_range_ok(u64 va, u64 n)
{
	return va - (HV_VIRT_START - n + 1) >= HV_VIRT_END - HV_VIRT_START + n - 1;
}

static inline bool is_canonical(u64 va)
{
	return ((s64)va << 16 >> 16) == (s64)va;
}
#endif
#endif
