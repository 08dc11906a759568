/* SPDX-License-Identifier: MIT */
/*
 * Mapping and unmapping of grants: rights, marks in the entry, by address and
 * by page-table entry, for the processor and for devices, replacing, and what
 * each mistake is answered with.
 */
#include "bench/guests/pv/grants.h"

#define HOST GNTMAP_host_map
#define HOST_RO (GNTMAP_host_map | GNTMAP_readonly)
#define AT ((u64)window)

static const u64 hv_address = 0xffff830000000000;

static void good_mapping(void)
{
	u32 handle, second;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	frame_va[5] = 0x5a;
	check("map", map_at(AT, GRANT_REF, HOST, &handle), GNTST_okay);
	check("read through it", window[5], 0x5a);
	window[6] = 0xa5;
	check("write through it", frame_va[6], 0xa5);
	check("marked", grant_marks(GRANT_REF), GTF_reading | GTF_writing);
	check("entry maps the frame", (*pte_va(window) & PTE_FRAME) >> 12, frame_mfn);
	check("map twice, by nothing but the bus", map_at(0, GRANT_REF, GNTMAP_device_map, &second), GNTST_okay);
	check("another handle", handle != second, 1);
	grant(GRANT_REF, 0, 0, 0); /* taken back under the mapping: no matter */
	check("still readable", window[5], 0x5a);
	check("unmap", unmap_at(AT, handle, 0), GNTST_okay);
	check("entry is empty", *pte_va(window), 0);
	check("unmap again", unmap_at(AT, handle, 0), GNTST_bad_handle);
	check("unmap of the bus's", unmap_at(0, second, frame_mfn << 12), GNTST_okay);
	check("unmarked", grant_marks(GRANT_REF), 0);
}

static void read_only(void)
{
	u32 handle;

	grant(GRANT_REF, GTF_permit_access | GTF_readonly, self, frame_mfn);
	check("writable map of a read-only grant", map_at(AT, GRANT_REF, HOST, &handle), GNTST_general_error);
	check("read-only map of it", map_at(AT, GRANT_REF, HOST_RO, &handle), GNTST_okay);
	check("marked for reading", grant_marks(GRANT_REF), GTF_reading);
	check("entry is read-only", *pte_va(window) & PTE_W, 0);
	check("unmap", unmap_at(AT, handle, 0), GNTST_okay);
	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("read-only map of a writable grant", map_at(AT, GRANT_REF, HOST_RO, &handle), GNTST_okay);
	check("marked for reading only", grant_marks(GRANT_REF), GTF_reading);
	check("unmap", unmap_at(AT, handle, 0), GNTST_okay);
}

/* For a user program, with bits of the guest's own in the entry. */
static void entry_bits(void)
{
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("map for a program", map_at(AT, GRANT_REF, HOST | GNTMAP_application_map | 5U << _GNTMAP_guest_avail0,
					  &handle), GNTST_okay);
	check("entry is a user's", *pte_va(window) & PTE_U, PTE_U);
	check("the guest's bits", *pte_va(window) >> 9 & 7, 5);
	check("unmap", unmap_at(AT, handle, 0), GNTST_okay);
	check("map", map_at(AT, GRANT_REF, HOST, &handle), GNTST_okay);
	check("entry is a user's all the same", *pte_va(window) & PTE_U, PTE_U);
	check("unmap", unmap_at(AT, handle, 0), GNTST_okay);
}

static void refused_maps(void)
{
	struct gnttab_map_grant_ref op = { .host_addr = AT, .flags = HOST, .ref = GRANT_REF, .dom = 0x7fe0 };
	u64 own_table = pte_maddr(window) >> 12;
	u32 h;

	check("of nobody", gnttab(GNTTABOP_map_grant_ref, &op, 1), 0);
	check("its status", op.status, GNTST_bad_domain);
	check("beyond the table", map_at(AT, 1U << 30, HOST, &h), GNTST_bad_gntref);
	check("neither host nor device", map_at(AT, GRANT_REF, 0, &h), GNTST_bad_gntref);
	grant(GRANT_REF, 0, self, frame_mfn);
	check("not granted", map_at(AT, GRANT_REF, HOST, &h), GNTST_general_error);
	grant(GRANT_REF, GTF_permit_access, self + 1, frame_mfn);
	check("granted to another", map_at(AT, GRANT_REF, HOST, &h), GNTST_general_error);
	grant(GRANT_REF, GTF_accept_transfer, self, frame_mfn);
	check("a transfer's entry", map_at(AT, GRANT_REF, HOST, &h), GNTST_general_error);
	grant(GRANT_REF, GTF_permit_access, self, 0xfffffff);
	check("no such frame", map_at(AT, GRANT_REF, HOST, &h), GNTST_bad_page);
	grant(GRANT_REF, GTF_permit_access, self, 0x200);
	check("a frame of the hypervisor", map_at(AT, GRANT_REF, HOST, &h), GNTST_bad_page);
	grant(GRANT_REF, GTF_permit_access, self, own_table);
	check("a page table, writable", map_at(AT, GRANT_REF, HOST, &h), GNTST_general_error);
	check("not marked", grant_marks(GRANT_REF), 0);
	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("at an address of the hypervisor", map_at(hv_address, GRANT_REF, HOST, &h), GNTST_general_error);
	check("at an address without tables", map_at(0x7000000000, GRANT_REF, HOST, &h), GNTST_general_error);
	check("not marked", grant_marks(GRANT_REF), 0);
}

static void refused_unmaps(void)
{
	struct gnttab_unmap_grant_ref many[2];
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("no such handle", unmap_at(AT, 1U << 30, 0), GNTST_bad_handle);
	check("map", map_at(AT, GRANT_REF, HOST, &handle), GNTST_okay);
	check("unmap where it is not", unmap_at((u64)start_info, handle, 0), GNTST_general_error);
	check("unmap in the hypervisor", unmap_at(hv_address, handle, 0), GNTST_general_error);
	check("still marked", grant_marks(GRANT_REF), GTF_reading | GTF_writing);
	many[0] = (struct gnttab_unmap_grant_ref){ .host_addr = AT, .handle = handle };
	many[1] = many[0];
	check("two of the same", gnttab(GNTTABOP_unmap_grant_ref, many, 2), 0);
	check("the first", many[0].status, GNTST_okay);
	check("the second", many[1].status, GNTST_bad_handle);
}

/* Host and device mapping under one handle, taken away one by one. */
static void device_map(void)
{
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("map for both", map_at(AT, GRANT_REF, HOST | GNTMAP_device_map, &handle), GNTST_okay);
	check("unmap of the host's", unmap_at(AT, handle, 0), GNTST_okay);
	check("still marked", grant_marks(GRANT_REF), GTF_reading | GTF_writing);
	check("unmap from a wrong bus address", unmap_at(0, handle, 0x1000), GNTST_bad_dev_addr);
	check("unmap from the bus", unmap_at(0, handle, frame_mfn << 12), GNTST_okay);
	check("unmarked", grant_marks(GRANT_REF), 0);
	check("gone", unmap_at(0, handle, frame_mfn << 12), GNTST_bad_handle);
}

static void replace(void)
{
	u8 *other = page_alloc();
	u64 other_mfn = va_to_mfn(other);
	struct gnttab_unmap_and_replace op = { .host_addr = AT, .new_addr = (u64)other };

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	other[9] = 0x99;
	check("map", map_at(AT, GRANT_REF, HOST, &op.handle), GNTST_okay);
	check("unmap_and_replace", gnttab(GNTTABOP_unmap_and_replace, &op, 1), 0);
	check("its status", op.status, GNTST_okay);
	check("the other page is here now", (*pte_va(window) & PTE_FRAME) >> 12, other_mfn);
	check("with what was in it", window[9], 0x99);
	check("and gone from there", *pte_va(other), 0);
	check("unmarked", grant_marks(GRANT_REF), 0);
	check("again", gnttab(GNTTABOP_unmap_and_replace, &op, 1), 0);
	check("its status", op.status, GNTST_bad_handle);
	restore_page(other);
}

void mapping_checks(void)
{
	good_mapping();
	read_only();
	entry_bits();
	refused_maps();
	refused_unmaps();
	device_map();
	replace();
}

/* A table named by its entry's address says nothing of what its entries map. */
static void entry_then_address(void)
{
	struct gnttab_map_grant_ref two[2];

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	two[0] = (struct gnttab_map_grant_ref){
		.host_addr = pte_maddr(window), .flags = HOST | GNTMAP_contains_pte, .ref = GRANT_REF, .dom = self,
	};
	two[1] = (struct gnttab_map_grant_ref){
		.host_addr = PAGE_SIZE, .flags = HOST, .ref = GRANT_REF, .dom = self, /* nothing is there */
	};
	check("two maps, by entry and by address", gnttab(GNTTABOP_map_grant_ref, two, 2), 0);
	check("by entry", two[0].status, GNTST_okay);
	check("by an address without tables", two[1].status, GNTST_general_error);
	check("unmap by entry", unmap_at(two[0].host_addr, two[0].handle, 0), GNTST_okay);
	check("unmarked", grant_marks(GRANT_REF), 0);
}

/* By the machine address of the page-table entry, as gntdev does it. */
void pte_checks(void)
{
	u64 entry = pte_maddr(window);
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("map by entry", map_at(entry, GRANT_REF, HOST | GNTMAP_contains_pte, &handle), GNTST_okay);
	frame_va[1] = 0x11;
	check("read through it", window[1], 0x11);
	check("unmap by entry", unmap_at(entry, handle, 0), GNTST_okay);
	check("entry is empty", *pte_va(window), 0);
	check("entry in a page that is no table",
	      map_at(frame_mfn << 12, GRANT_REF, HOST | GNTMAP_contains_pte, &handle), GNTST_general_error);
	check("entry beyond memory", map_at(1UL << 50, GRANT_REF, HOST | GNTMAP_contains_pte, &handle),
	      GNTST_general_error);
	check("entry askew", map_at(entry + 4, GRANT_REF, HOST | GNTMAP_contains_pte, &handle),
	      GNTST_general_error);
	check("unmarked", grant_marks(GRANT_REF), 0);
	entry_then_address();
}

/* Handles until there are none: how many a frame holds is the hypervisor's affair.  Each grant is
 * used a hundred times: Xen allows not many more. */
void handle_limit(void)
{
	u32 handle, first = 0, n = 0;
	long status = GNTST_okay;

	while (status == GNTST_okay) {
		u32 ref = GRANT_REF + n / 100;

		if (n % 100 == 0)
			grant(ref, GTF_permit_access, self, frame_mfn);
		status = map_at(0, ref, GNTMAP_device_map, &handle);
		first = n++ ? first : handle;
	}
	check("no handle left", status, GNTST_no_space);
	check("there were many", n > 250, 1);
	check("one given back", unmap_at(0, first, frame_mfn << 12), GNTST_okay);
	check("and taken again", map_at(0, GRANT_REF, GNTMAP_device_map, &handle), GNTST_okay);
	check("no more", map_at(0, GRANT_REF, GNTMAP_device_map, &handle), GNTST_no_space);
	check("marked", grant_marks(GRANT_REF), GTF_reading | GTF_writing);
}
