/* SPDX-License-Identifier: MIT */
/*
 * memory_op: the table of its sub-operations (<xen/memory.h>).  Absent ones
 * answer -ENOSYS: those for translated guests (until HVM), page sharing,
 * paging, access control and populate-on-demand.
 */
#include "hypercalls/memory_op.h"

#include "lib/errno.h"
#include "memory/guest.h"

/* No vNUMA. */
static long no_vnuma(u64 arg)
{
	struct xen_vnuma_topology_info topology;

	return copy_from_guest(&topology, arg, sizeof(topology)) ? -EFAULT : -EOPNOTSUPP;
}

static const struct {
	long (*fn)(u64 arg);
	bool dom0_only;
} sub_ops[] = {
	[XENMEM_exchange] = { memory_exchange },
	[XENMEM_maximum_ram_page] = { memory_maximum_ram_page },
	[XENMEM_current_reservation] = { memory_current_reservation },
	[XENMEM_maximum_reservation] = { memory_maximum_reservation },
	[XENMEM_maximum_gpfn] = { memory_maximum_gpfn },
	[XENMEM_machphys_mapping] = { memory_machphys_mapping },
	[XENMEM_machphys_mfn_list] = { memory_machphys_mfn_list },
	[XENMEM_memory_map] = { memory_memory_map },
	[XENMEM_machine_memory_map] = { memory_machine_memory_map, true },
	[XENMEM_set_memory_map] = { memory_set_memory_map, true },
	[XENMEM_claim_pages] = { memory_claim_pages, true },
	[XENMEM_get_sharing_freed_pages] = { memory_nothing_shared },
	[XENMEM_get_sharing_shared_pages] = { memory_nothing_shared },
	[XENMEM_get_vnumainfo] = { no_vnuma },
	[XENMEM_acquire_resource] = { memory_acquire_resource, true },
	[XENMEM_reserved_device_memory_map] = { memory_reserved_device_memory_map, true },
};

long hypercall_memory_op(u64 cmd, u64 arg)
{
	u32 op = cmd & MEMOP_CMD_MASK, start_extent = (u32)cmd >> MEMOP_EXTENT_SHIFT;

	switch (op) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return memory_change_reservation(op, start_extent, arg);
	}
	if (start_extent || op >= ARRAY_SIZE(sub_ops) || !sub_ops[op].fn)
		return -ENOSYS;
	if (sub_ops[op].dom0_only && !caller_privileged())
		return -EPERM;
	return sub_ops[op].fn(arg);
}
