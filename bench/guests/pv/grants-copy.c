/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: from and to grants and own frames, bounds, rights, and under
 * version 2 parts of pages and grants of grants.
 */
#include "bench/guests/pv/grants.h"

static u8 *other_va;
static u64 other_mfn;

static void fill(u8 *p, u8 seed)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		p[i] = seed + i * 7;
}

/* How many bytes of @a and @b are the same from the offsets on. */
static long same(const u8 *a, const u8 *b, unsigned n)
{
	long i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static void good_copies(void)
{
	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	grant(GRANT_REF_2, GTF_permit_access, self, other_mfn);
	fill(frame_va, 1);
	fill(other_va, 2);
	check("grant to frame", copy(true, GRANT_REF, 100, false, other_mfn, 200, 300), GNTST_okay);
	check("its bytes", same(frame_va + 100, other_va + 200, 300), 300);
	fill(other_va, 3);
	check("frame to grant", copy(false, other_mfn, 0, true, GRANT_REF, 0, PAGE_SIZE), GNTST_okay);
	check("its bytes", same(frame_va, other_va, PAGE_SIZE), PAGE_SIZE);
	fill(frame_va, 4);
	check("grant to grant", copy(true, GRANT_REF, 4095, true, GRANT_REF_2, 0, 1), GNTST_okay);
	check("its byte", other_va[0], frame_va[4095]);
	check("frame to frame", copy(false, frame_mfn, 0, false, other_mfn, 8, 16), GNTST_okay);
	check("nothing", copy(true, GRANT_REF, 0, false, other_mfn, 0, 0), GNTST_okay);
	check("unmarked", grant_marks(GRANT_REF) | grant_marks(GRANT_REF_2), 0);
}

static void refused_copies(void)
{
	u64 own_table = pte_maddr(frame_va) >> 12;
	struct gnttab_copy op = { .source = { .domid = 0x7fe0 }, .dest = { .domid = DOMID_SELF },
				  .len = 1, .flags = GNTCOPY_source_gref };

	check("source too long", copy(true, GRANT_REF, 4000, false, other_mfn, 0, 97), GNTST_bad_copy_arg);
	check("target too long", copy(true, GRANT_REF, 0, false, other_mfn, 1, PAGE_SIZE), GNTST_bad_copy_arg);
	check("beyond the table", copy(true, 1U << 30, 0, false, other_mfn, 0, 8), GNTST_bad_gntref);
	check("no such frame", copy(false, 0xfffffff, 0, false, other_mfn, 0, 8), GNTST_bad_page);
	check("a frame of the hypervisor", copy(false, 0x200, 0, false, other_mfn, 0, 8), GNTST_bad_page);
	check("onto a page table", copy(true, GRANT_REF, 0, false, own_table, 0, 8), GNTST_general_error);
	op.dest.u.gmfn = other_mfn;
	check("of nobody", gnttab(GNTTABOP_copy, &op, 1), 0);
	check("its status", op.status, GNTST_bad_domain);
	op = (struct gnttab_copy){ .source = { .domid = 0x7fe0 }, .dest = { .domid = DOMID_SELF }, .len = 1 };
	check("frame of nobody", gnttab(GNTTABOP_copy, &op, 1), 0);
	check("its status", op.status, GNTST_bad_domain);
	op.source.domid = self;
	op.source.u.gmfn = frame_mfn;
	check("own frame by own number", gnttab(GNTTABOP_copy, &op, 1), 0);
	check("its status", op.status, GNTST_permission_denied);
	grant(GRANT_REF, GTF_permit_access | GTF_readonly, self, frame_mfn);
	check("onto a read-only grant", copy(false, other_mfn, 0, true, GRANT_REF, 0, 8), GNTST_general_error);
	check("from it", copy(true, GRANT_REF, 0, false, other_mfn, 0, 8), GNTST_okay);
	grant(GRANT_REF, GTF_permit_access, self + 1, frame_mfn);
	check("granted to another", copy(true, GRANT_REF, 0, false, other_mfn, 0, 8), GNTST_general_error);
	grant(GRANT_REF, 0, self, frame_mfn);
	check("not granted", copy(true, GRANT_REF, 0, false, other_mfn, 0, 8), GNTST_general_error);
	check("unmarked", grant_marks(GRANT_REF), 0);
}

void copy_checks(void)
{
	if (!other_va) {
		other_va = page_alloc();
		other_mfn = va_to_mfn(other_va);
	}
	good_copies();
	refused_copies();
}

/* --- version 2 --------------------------------------------------------------------- */

static volatile union grant_entry_v2 *entry_v2(u32 ref)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	static u8 *table; /* a second mapping of the table's first frame */
	xen_pfn_t frame;

	if (!table) {
		table = page_alloc();
		set_xen_guest_handle(setup.frame_list, &frame);
		gnttab(GNTTABOP_setup_table, &setup, 1);
		if (hypercall3(__HYPERVISOR_update_va_mapping, table, frame << 12 | PTE_RW_PAGE, UVMF_INVLPG))
			guest_fail("second mapping of the table");
	}
	return (volatile union grant_entry_v2 *)table + ref;
}

static void parts_of_pages(void)
{
	volatile union grant_entry_v2 *e = entry_v2(GRANT_REF);
	u32 handle;

	grant(GRANT_REF, 0, self, 0);
	e->sub_page.frame = frame_mfn;
	e->sub_page.page_off = 512;
	e->sub_page.length = 256;
	barrier();
	e->hdr.flags = GTF_permit_access | GTF_sub_page;
	fill(frame_va, 5);
	check("a part", copy(true, GRANT_REF, 512, false, other_mfn, 0, 256), GNTST_okay);
	check("its bytes", same(frame_va + 512, other_va, 256), 256);
	check("before the part", copy(true, GRANT_REF, 511, false, other_mfn, 0, 8), GNTST_general_error);
	check("past the part", copy(true, GRANT_REF, 760, false, other_mfn, 0, 9), GNTST_general_error);
	check("into the part", copy(false, other_mfn, 0, true, GRANT_REF, 600, 8), GNTST_okay);
	check("map of a part", map_at((u64)window, GRANT_REF, GNTMAP_host_map, &handle), GNTST_general_error);
	check("unmarked", grant_marks(GRANT_REF), 0);
}

static void grants_of_grants(void)
{
	volatile union grant_entry_v2 *e = entry_v2(GRANT_REF_2);
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	grant(GRANT_REF_2, 0, self, 0);
	e->transitive.trans_domid = self;
	e->transitive.gref = GRANT_REF;
	barrier();
	e->hdr.flags = GTF_transitive;
	check("map of a grant of a grant", map_at((u64)window, GRANT_REF_2, GNTMAP_host_map, &handle),
	      GNTST_general_error);
	check("through oneself", copy(true, GRANT_REF_2, 0, false, other_mfn, 0, 8), GNTST_general_error);
	e->transitive.trans_domid = 0x7fe0;
	check("through nobody", copy(true, GRANT_REF_2, 0, false, other_mfn, 0, 8), GNTST_general_error);
	check("unmarked", grant_marks(GRANT_REF) | grant_marks(GRANT_REF_2), 0);
	e->hdr.flags = 0;
}

void copy_v2_checks(void)
{
	parts_of_pages();
	grants_of_grants();
}
