/* SPDX-License-Identifier: MIT */
/*
 * Grant operations to measure, in batches as the network back end issues them: pages of another
 * domain's mapped to be read and unmapped again, and packets copied into them.  The other domain is
 * this one; entries are of version 1.
 */
#include <xen/grant_table.h>

#include "bench/guests/pv/ops.h"
#include "bench/guests/pv/pv.h"

#define GRANTS 16     /* in a batch */
#define FIRST_REF 32  /* the first entries have a meaning */
#define COPY_BYTES 1024

static volatile struct grant_entry_v1 *entries;
static struct gnttab_map_grant_ref maps[GRANTS];
static struct gnttab_unmap_grant_ref unmaps[GRANTS];
static struct gnttab_copy copies[GRANTS];

static long gnttab(unsigned cmd, void *op, unsigned n)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, op, n);
}

static int map_table(void)
{
	xen_pfn_t frame;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(setup.frame_list, &frame);
	if (gnttab(GNTTABOP_setup_table, &setup, 1) || setup.status)
		return -1;
	entries = page_alloc();
	return hypercall3(__HYPERVISOR_update_va_mapping, entries, frame << 12 | PTE_RW_PAGE, UVMF_INVLPG);
}

static void op_map_unmap(void)
{
	gnttab(GNTTABOP_map_grant_ref, maps, GRANTS);
	for (unsigned i = 0; i < GRANTS; i++)
		unmaps[i].handle = maps[i].handle;
	gnttab(GNTTABOP_unmap_grant_ref, unmaps, GRANTS);
}

static void op_copy(void) { gnttab(GNTTABOP_copy, copies, GRANTS); }

/* Pages to be granted, the addresses to map them at, and where the copies come from. */
static int setup_map(void)
{
	if (map_table())
		return -1;
	for (unsigned i = 0; i < GRANTS; i++) {
		u32 ref = FIRST_REF + i;
		u64 window = (u64)page_alloc();

		entries[ref].domid = 0;
		entries[ref].frame = va_to_mfn(page_alloc());
		entries[ref].flags = GTF_permit_access;
		maps[i] = (struct gnttab_map_grant_ref){ .host_addr = window, .ref = ref, .dom = 0,
							 .flags = GNTMAP_host_map | GNTMAP_readonly };
		unmaps[i] = (struct gnttab_unmap_grant_ref){ .host_addr = window };
	}
	op_map_unmap();
	return maps[GRANTS - 1].status | unmaps[GRANTS - 1].status;
}

static int setup_copy(void)
{
	for (unsigned i = 0; i < GRANTS; i++) {
		struct gnttab_copy *c = &copies[i];

		*c = (struct gnttab_copy){ .len = COPY_BYTES, .flags = GNTCOPY_dest_gref };
		c->source.domid = DOMID_SELF;
		c->source.u.gmfn = va_to_mfn(page_alloc());
		c->dest.domid = 0;
		c->dest.u.ref = FIRST_REF + i;
	}
	op_copy();
	return copies[GRANTS - 1].status;
}

static const struct micro_op ops[] = {
	{ .name = "grant-map-unmap", .op = op_map_unmap, .setup = setup_map, .per = GRANTS },
	{ .name = "grant-copy-1k", .op = op_copy, .setup = setup_copy, .per = GRANTS },
};

void grant_ops_run(void)
{
	micro_run(ops, ARRAY_SIZE(ops));
}
