/* SPDX-License-Identifier: MIT */
/*
 * Grants in every way a PV guest can make and use them, each answer checked
 * against what Xen 4.17 gives: found by running this very program there.  The
 * domain grants to itself, which both allow.  Runs the table calls, then all
 * of mapping and copying under version 1, then under version 2, and back.
 * maptrack=1: the hypervisor was told to give few handles; use them all up.
 * run=accept, run=give peer=DOMID: one domain gives frames to the other for good.
 */
#include "bench/guests/pv/grants.h"

#include <xen/event_channel.h>
#include <xen/memory.h>

#define EINVAL 22
#define EBUSY 16

domid_t self;
u8 *frame_va, *window;
u64 frame_mfn;
u16 *status_words;
unsigned version = 1;

static u8 *table_va[TABLE_FRAMES];

/* --- helpers ------------------------------------------------------------------------ */

/* An unbound port tells for whom it is: for us. */
static domid_t own_domid(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_status s = { .dom = DOMID_SELF };

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a);
	s.port = a.port;
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_status, &s);
	return s.u.unbound.dom;
}

static void map_frame(void *va, u64 mfn)
{
	if (hypercall3(__HYPERVISOR_update_va_mapping, va, mfn << 12 | PTE_RW_PAGE, UVMF_INVLPG))
		guest_fail("mapping of a table frame");
}

void restore_page(void *va)
{
	map_frame(va, va_to_mfn(va));
}

void table_setup(void)
{
	xen_pfn_t frames[TABLE_FRAMES];
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = TABLE_FRAMES };

	set_xen_guest_handle(setup.frame_list, frames);
	if (gnttab(GNTTABOP_setup_table, &setup, 1) || setup.status)
		guest_fail("setup_table");
	for (unsigned i = 0; i < TABLE_FRAMES; i++) {
		if (!table_va[i])
			table_va[i] = page_alloc();
		map_frame(table_va[i], frames[i]);
	}
}

void grant(u32 ref, unsigned flags, domid_t to, u64 mfn)
{
	volatile struct grant_entry_v1 *v1 = (void *)table_va[0];
	volatile union grant_entry_v2 *v2 = (void *)table_va[0];

	if (version == 1) {
		v1[ref].flags = 0;
		v1[ref].domid = to;
		v1[ref].frame = mfn;
		barrier();
		v1[ref].flags = flags;
	} else {
		v2[ref].hdr.flags = 0;
		v2[ref].hdr.domid = to;
		v2[ref].full_page.frame = mfn;
		barrier();
		v2[ref].hdr.flags = flags;
	}
}

unsigned grant_flags(u32 ref)
{
	return ((const volatile struct grant_entry_v1 *)table_va[0])[ref].flags;
}

u64 grant_frame(u32 ref)
{
	return ((const volatile struct grant_entry_v1 *)table_va[0])[ref].frame;
}

unsigned grant_marks(u32 ref)
{
	const volatile struct grant_entry_v1 *v1 = (void *)table_va[0];

	return version == 1 ? v1[ref].flags & (GTF_reading | GTF_writing) :
			      *(volatile u16 *)&status_words[ref];
}

long map_at(u64 addr, u32 ref, unsigned flags, u32 *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = addr, .flags = flags, .ref = ref, .dom = self };
	long rc = gnttab(GNTTABOP_map_grant_ref, &op, 1);

	*handle = op.handle;
	return rc ? rc : op.status;
}

long unmap_at(u64 addr, u32 handle, u64 bus_addr)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = addr, .handle = handle,
					     .dev_bus_addr = bus_addr };
	long rc = gnttab(GNTTABOP_unmap_grant_ref, &op, 1);

	return rc ? rc : op.status;
}

long copy(bool from_ref, u64 from, unsigned from_offset, bool to_ref, u64 to, unsigned to_offset,
	  unsigned len)
{
	struct gnttab_copy op = {
		.source = { .domid = from_ref ? self : DOMID_SELF, .offset = from_offset },
		.dest = { .domid = to_ref ? self : DOMID_SELF, .offset = to_offset },
		.len = len,
		.flags = (from_ref ? GNTCOPY_source_gref : 0) | (to_ref ? GNTCOPY_dest_gref : 0),
	};
	long rc;

	if (from_ref)
		op.source.u.ref = from;
	else
		op.source.u.gmfn = from;
	if (to_ref)
		op.dest.u.ref = to;
	else
		op.dest.u.gmfn = to;
	rc = gnttab(GNTTABOP_copy, &op, 1);
	return rc ? rc : op.status;
}

/* --- the table as such ----------------------------------------------------------------- */

static long setup_frames(u32 n)
{
	static xen_pfn_t frames[4096];
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = n };
	long rc;

	set_xen_guest_handle(setup.frame_list, frames);
	rc = gnttab(GNTTABOP_setup_table, &setup, 1);
	return rc ? rc : setup.status;
}

static void table_checks(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_setup_table two[2] = { { .dom = DOMID_SELF } };
	struct gnttab_get_version v = { .dom = DOMID_SELF };

	check("query_size", gnttab(GNTTABOP_query_size, &size, 1), 0);
	check("its status", size.status, GNTST_okay);
	check("frames", size.nr_frames, TABLE_FRAMES);
	check("setup of too many frames", setup_frames(size.max_nr_frames + 1), GNTST_general_error);
	size.dom = 0x7fe0;
	check("query_size of nobody", gnttab(GNTTABOP_query_size, &size, 1), 0);
	check("its status", size.status, GNTST_bad_domain);
	check("setup of two", gnttab(GNTTABOP_setup_table, two, 2), -EINVAL);
	check("get_version", gnttab(GNTTABOP_get_version, &v, 1), 0);
	check("version", v.version, version);
	v.dom = 0x7fe0;
	check("version of nobody", gnttab(GNTTABOP_get_version, &v, 1), -3);
	check("no such call", gnttab(99, &v, 1), -38);
	check("negative count", gnttab(GNTTABOP_map_grant_ref, &v, -1), -EINVAL);
	check("arguments in nowhere", gnttab(GNTTABOP_copy, (void *)0xffff830000000000, 1), -14);
}

static void swap_checks(void)
{
	struct gnttab_swap_grant_ref swap = { .ref_a = GRANT_REF, .ref_b = GRANT_REF_2 };
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	grant(GRANT_REF_2, 0, 0, 0);
	check("swap", gnttab(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	check("its status", swap.status, GNTST_okay);
	check("map of the one", map_at((u64)window, GRANT_REF, GNTMAP_host_map, &handle), GNTST_general_error);
	check("and of the other", map_at((u64)window, GRANT_REF_2, GNTMAP_host_map, &handle), GNTST_okay);
	check("swap in use", gnttab(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	check("its status", swap.status, GNTST_eagain);
	check("unmap", unmap_at((u64)window, handle, 0), GNTST_okay);
	swap.ref_b = 1U << 30;
	check("swap with none", gnttab(GNTTABOP_swap_grant_ref, &swap, 1), 0);
	check("its status", swap.status, GNTST_bad_gntref);
}

/* --- versions ------------------------------------------------------------------------------ */

static long set_version(u32 to)
{
	struct gnttab_set_version v = { .version = to };

	return gnttab(GNTTABOP_set_version, &v, 1);
}

static void status_setup(void)
{
	u64 frames[1];
	struct gnttab_get_status_frames get = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(get.frame_list, frames);
	check("get_status_frames", gnttab(GNTTABOP_get_status_frames, &get, 1), 0);
	check("its status", get.status, GNTST_okay);
	if (!status_words)
		status_words = page_alloc();
	map_frame(status_words, frames[0]);
	get.nr_frames = 100;
	check("more status frames than there are", gnttab(GNTTABOP_get_status_frames, &get, 1), 0);
	check("its status", get.status, GNTST_general_error);
}

static void change_version(void)
{
	u32 handle;

	grant(GRANT_REF, GTF_permit_access, self, frame_mfn);
	check("map", map_at((u64)window, GRANT_REF, GNTMAP_host_map, &handle), GNTST_okay);
	check("version 3", set_version(3), -EINVAL);
	check("change while in use", set_version(2), -EBUSY);
	check("unmap", unmap_at((u64)window, handle, 0), GNTST_okay);
	grant(3, GTF_permit_access | GTF_readonly, self, frame_mfn); /* a reserved entry: is kept */
	check("change to version 2", set_version(2), 0);
	version = 2;
	table_setup();
	status_setup();
	check("what was reserved is there", map_at((u64)window, 3, GNTMAP_host_map | GNTMAP_readonly, &handle),
	      GNTST_okay);
	check("its mark", grant_marks(3), GTF_reading);
	check("unmap", unmap_at((u64)window, handle, 0), GNTST_okay);
}

static void change_back(void)
{
	u32 handle;

	restore_page(status_words); /* what we map cannot go */
	check("back to version 1", set_version(1), 0);
	version = 1;
	table_setup();
	check("still there", map_at((u64)window, 3, GNTMAP_host_map | GNTMAP_readonly, &handle), GNTST_okay);
	check("unmap", unmap_at((u64)window, handle, 0), GNTST_okay);
	check("what was not reserved is gone", map_at((u64)window, GRANT_REF, GNTMAP_host_map, &handle),
	      GNTST_general_error);
}

static void all_checks(void)
{
	table_checks();
	mapping_checks();
	pte_checks();
	copy_checks();
	transfer_checks();
	swap_checks();
}

void guest_main(const char *cmdline)
{
	char run[8] = "";

	print("ORRERY-INIT start\nGUEST start\n");
	self = own_domid();
	frame_va = page_alloc();
	frame_mfn = va_to_mfn(frame_va);
	window = page_alloc();
	if (hypercall3(__HYPERVISOR_update_va_mapping, window, 0, UVMF_INVLPG))
		guest_fail("emptying the window");
	table_setup();
	option(cmdline, "run", run, sizeof(run));
	if (number_option(cmdline, "maptrack", 0)) {
		handle_limit();
	} else if (run[0] == 'a') {
		transfer_accept(number_option(cmdline, "peer", 0), number_option(cmdline, "frames", 8));
	} else if (run[0] == 'g') {
		transfer_give(number_option(cmdline, "peer", 0), number_option(cmdline, "frames", 8));
	} else {
		all_checks();
		change_version();
		all_checks();
		copy_v2_checks();
		change_back();
		all_checks();
	}
	guest_verdict(0);
}
