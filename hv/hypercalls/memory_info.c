/* SPDX-License-Identifier: MIT */
/*
 * The sub-operations of memory_op that only tell something: reservations, the
 * M2P table, the machine's memory map.
 */
#include "hypercalls/memory_op.h"

#include "boot/e820.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "memory/page.h"
#include "x86/acpi.h"
#include "x86/paging.h"

/* What the ABI reserves for the M2P table of a 64-bit guest (<xen/arch-x86/xen-x86_64.h>). */
#define M2P_ABI_BYTES 0x4000000000ULL
#define M2P_EXTENT_BYTES (2UL << 20)

/* The domain whose id the structure at @arg holds: @read of it, or -errno. */
static long ask_domain(u64 arg, u64 (*read)(const struct domain *d))
{
	struct xen_memory_domain which;
	struct domain *d;
	long result;
	int err;

	if (copy_from_guest(&which, arg, sizeof(which)))
		return -EFAULT;
	d = hypercall_target(which.domid, &err);
	if (!d)
		return err;
	result = read(d);
	domain_put(d);
	return result;
}

static u64 read_current(const struct domain *d)
{
	return READ_ONCE(d->tot_pages);
}

static u64 read_maximum(const struct domain *d)
{
	return READ_ONCE(d->max_pages);
}

/* PV guests say themselves how many they use. */
static u64 read_top_gfn(const struct domain *d)
{
	u64 pages = d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;

	return (pages ? pages : 1) - 1;
}

long memory_current_reservation(u64 arg)
{
	return ask_domain(arg, read_current);
}

long memory_maximum_reservation(u64 arg)
{
	return ask_domain(arg, read_maximum);
}

long memory_maximum_gpfn(u64 arg)
{
	return ask_domain(arg, read_top_gfn);
}

long memory_maximum_ram_page(u64 arg)
{
	return max_mfn;
}

long memory_nothing_shared(u64 arg)
{
	return 0;
}

long memory_machphys_mapping(u64 arg)
{
	struct xen_machphys_mapping map = {
		.v_start = M2P_RO_START,
		.v_end = M2P_RO_START + M2P_ABI_BYTES,
		/* The table grows for nobody; Dom0 may know where it ends. */
		.max_mfn = caller_privileged() ? max_mfn - 1 : M2P_ABI_BYTES / sizeof(u64) - 1,
	};

	return copy_to_guest(arg, &map, sizeof(map)) ? -EFAULT : 0;
}

/* First frame of the 2 MiB of M2P table at @va, 0 for a hole.  The table is made of large pages. */
static mfn_t m2p_extent(u64 va)
{
	const u64 *table = hv_l4;

	for (unsigned level = 4; level > 2; level--) {
		u64 entry = table[pt_index(va, level)];

		if (!(entry & PTE_PRESENT))
			return 0;
		table = maddr_to_virt(entry & PTE_ADDR_MASK);
	}
	return table[pt_index(va, 2)] & PTE_PRESENT ? pte_mfn(table[pt_index(va, 2)]) : 0;
}

long memory_machphys_mfn_list(u64 arg)
{
	struct xen_machphys_mfn_list list;
	u64 end = M2P_RW_START + (u64)max_mfn * sizeof(u64), va = M2P_RW_START;
	xen_pfn_t last = 0;
	u32 i;

	if (copy_from_guest(&list, arg, sizeof(list)))
		return -EFAULT;
	for (i = 0; i < list.max_extents && va < end; i++, va += M2P_EXTENT_BYTES) {
		xen_pfn_t mfn = m2p_extent(va);

		/* In a hole the extent before it: whoever maps the whole list gets something. */
		last = mfn ? mfn : last;
		if (copy_to_handle_idx(list.extent_start, i, &last))
			return -EFAULT;
	}
	list.nr_extents = i;
	return copy_to_guest(arg, &list, sizeof(list)) ? -EFAULT : 0;
}

/*
 * The memory map Dom0 sees is the firmware's, plus what we keep from it as
 * reserved entries: the IO-APICs' pages and the range of the local APIC and of
 * MSI writes.  Dom0 then places nothing there.
 */
struct map_copy {
	struct e820_range entries[E820_MAX + ACPI_MAX_IOAPICS + 1];
	unsigned count;
};

/* Insert in order, unless the firmware speaks of the range already. */
static void add_reserved(struct map_copy *map, u64 start, u64 size)
{
	unsigned at = 0, i;

	while (at < map->count && map->entries[at].addr + map->entries[at].size <= start)
		at++;
	if (at < map->count && map->entries[at].addr < start + size)
		return;
	for (i = map->count++; i > at; i--)
		map->entries[i] = map->entries[i - 1];
	map->entries[at] = (struct e820_range){ start, size, E820_RESERVED };
}

static void build_machine_map(struct map_copy *map)
{
	for (map->count = 0; map->count < e820_count; map->count++)
		map->entries[map->count] = e820_map[map->count];
	for (unsigned i = 0; i < acpi.nr_ioapics; i++)
		add_reserved(map, acpi.ioapics[i].address & PAGE_MASK, PAGE_SIZE);
	add_reserved(map, 0xfee00000, 0x100000);
}

long memory_machine_memory_map(u64 arg)
{
	struct xen_memory_map args;
	struct map_copy map;
	u32 n;

	if (copy_from_guest(&args, arg, sizeof(args)))
		return -EFAULT;
	build_machine_map(&map);
	n = map.count;
	if (guest_handle_va(args.buffer)) {
		if (args.nr_entries < n)
			return -EINVAL;
		if (copy_to_guest(guest_handle_va(args.buffer), map.entries,
				  n * sizeof(map.entries[0])))
			return -EFAULT;
	}
	args.nr_entries = n;
	return copy_to_guest(arg, &args, sizeof(args)) ? -EFAULT : 0;
}

/* Only an IOMMU would make regions special. */
long memory_reserved_device_memory_map(u64 arg)
{
	struct xen_reserved_device_memory_map map;

	if (copy_from_guest(&map, arg, sizeof(map)))
		return -EFAULT;
	map.nr_entries = 0;
	return copy_to_guest(arg, &map, sizeof(map)) ? -EFAULT : 0;
}
