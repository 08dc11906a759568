/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest's grant mappings by handle, so that all of them can end: a
 * domain one of whose frames we have mapped cannot go, nor its handle be used
 * again.  Where the entry has been overwritten since, it is written once more, as
 * an unmap wants to find it.
 */
#include <xen/grant_table.h>

#include "bench/guests/pv/fuzz.h"

#define MAPPINGS 8192
#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)

static struct mapping {
	u64 host_addr, bus_addr;
	u32 flags; /* 0: none that we know of */
	u16 domid;
} mappings[MAPPINGS];

void note_mapping(const struct gnttab_map_grant_ref *m)
{
	if (m->handle < MAPPINGS)
		mappings[m->handle] = (struct mapping){ m->host_addr, m->dev_bus_addr, m->flags, m->dom };
}

static long unmap(u32 handle, const struct mapping *m)
{
	struct gnttab_unmap_grant_ref u = {
		.handle = handle,
		.host_addr = m->flags & GNTMAP_host_map ? m->host_addr : 0,
		.dev_bus_addr = m->flags & GNTMAP_device_map ? m->bus_addr : 0,
	};

	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &u, 1);
	return u.status;
}

static void write_entry_again(const struct mapping *m)
{
	u64 pte = m->bus_addr | (m->flags & GNTMAP_readonly ? PTE_RO_PAGE : PTE_RW_PAGE);
	u16 owner = m->domid == own_domid ? DOMID_SELF : m->domid; /* by our number we are nobody */
	struct mmu_update u = { m->host_addr, pte };

	if (m->flags & GNTMAP_contains_pte)
		hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, owner);
	else
		hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, m->host_addr, pte, UVMF_INVLPG, owner);
}

static bool end_mapping(u32 handle, const struct mapping *m)
{
	bool ended = unmap(handle, m) != GNTST_general_error;

	if (!ended) {
		write_entry_again(m);
		ended = unmap(handle, m) != GNTST_general_error;
		restore_args();
	}
	return ended;
}

/* How many could not be ended: their frames may have become tables, which no writable entry maps. */
unsigned end_mappings(void)
{
	unsigned left = 0;

	for (u32 h = 0; h < MAPPINGS; h++) {
		if (!(mappings[h].flags & MAP_KINDS))
			continue;
		if (end_mapping(h, &mappings[h]))
			mappings[h].flags = 0;
		else
			left++;
	}
	return left;
}
