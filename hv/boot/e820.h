/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory map as the firmware gave it, and the boot allocator that
 * carves from it until the frame allocator takes over.  Boot pCPU only, no lock.
 */
#ifndef ORRERY_BOOT_E820_H
#define ORRERY_BOOT_E820_H

#include "lib/types.h"

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define E820_NVS 4
#define E820_MAX 128

struct e820_range { /* the layout guests read through XENMEM_machine_memory_map */
	u64 addr, size;
	u32 type;
} PACKED;

extern struct e820_range e820_map[E820_MAX];
extern unsigned e820_count;

struct mem_range; /* memory/frame-alloc.h */

/* Sort, drop overlaps (the more restrictive type wins) and clip to what we can map. */
void e820_sanitise(void);
u64 e820_ram_bytes(void);
/* Does any range of @type_mask (bit per type) overlap [@start, @end)? */
bool e820_overlaps(paddr_t start, paddr_t end, u32 type_mask);
mfn_t e820_top_mfn(void); /* one past the highest RAM frame */

/* Free RAM: built from the map, minus what is reserved. */
/* Below it nothing is handed out; frame 0 is never an answer anywhere. */
#define LOW_MEMORY (1UL << 20)

void boot_mem_init(void);
void boot_mem_reserve(paddr_t start, paddr_t end);
/* Zeroed memory, from the highest free range below 4 GiB that fits; boot_fail() when out. */
paddr_t boot_mem_alloc(u64 bytes, u64 align);
/* Give back something reserved (modules, boot-only data); before hand-over only. */
void boot_mem_release(paddr_t start, paddr_t end);
/* What is left, page-aligned, ascending. */
unsigned boot_mem_ranges(const struct mem_range **ranges);

#endif
