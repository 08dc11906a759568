/* SPDX-License-Identifier: MIT */
/*
 * sysctl on the machine: what `xl info` prints and the tools place vCPUs by.
 * One NUMA node until the firmware's tables are read.  No P-states and no
 * C-state beyond HLT: power management answers what Xen answers without them.
 */
#include "hypercalls/sysctl.h"

#include <xen/physdev.h>

#include "boot/e820.h"
#include "hypercalls/featureset.h"
#include "lib/errno.h"
#include "memory/frame-alloc.h"
#include "memory/guest.h"
#include "memory/page.h"
#include "time/clock.h"
#include "x86/topology.h"

#define DEVICES_AT_ONCE 64
#define NODE_DISTANCE_LOCAL 10 /* as ACPI's SLIT counts */

static unsigned online_pcpus(void)
{
	unsigned n = 0, id;

	for_each_online_pcpu(id)
		n++;
	return n;
}

int sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *info = &op->u.physinfo;
	const struct cpu_topology *topo = cpu_topology();

	*info = (struct xen_sysctl_physinfo){
		.threads_per_core = topo->threads_per_core,
		.cores_per_socket = topo->cores_per_socket,
		.nr_cpus = online_pcpus(),
		.max_cpu_id = pcpu_count - 1,
		.nr_nodes = 1,
		.max_node_id = 0,
		.cpu_khz = tsc_khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = e820_ram_bytes() >> PAGE_SHIFT,
		.free_pages = frame_free_count(),
		.outstanding_pages = frame_claim_total(),
		.max_mfn = max_mfn - 1,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(info->hw_cap); i++)
		info->hw_cap[i] = featureset_host_word(i);
	return 0;
}

int sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *args = &op->u.getcpuinfo;
	u32 n = MIN(args->max_cpus, pcpu_count);

	for (u32 i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = { .idletime = sched_pcpu_idle_time(i) };

		if (copy_to_handle_idx(args->info, i, &info))
			return -EFAULT;
	}
	args->nr_cpus = n;
	return 0;
}

int sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *args = &op->u.availheap;

	if (args->node > 0)
		return -EINVAL;
	if (args->min_bitwidth > PAGE_SHIFT || (args->max_bitwidth && args->max_bitwidth < 64))
		return -ENOSYS; /* the frame policies do not count by address */
	args->avail_bytes = frame_free_count() << PAGE_SHIFT;
	return 0;
}

int sysctl_get_pmstat(struct xen_sysctl *op)
{
	u32 cpu = op->u.get_pmstat.cpuid;

	return cpu >= pcpu_count || !pcpus[cpu]->online ? -EINVAL : -ENODEV;
}

int sysctl_pm_op(struct xen_sysctl *op)
{
	struct xen_sysctl_pm_op *args = &op->u.pm_op;

	if (args->cpuid >= pcpu_count || !pcpus[args->cpuid]->online)
		return -EINVAL;
	if ((args->cmd & PM_PARA_CATEGORY_MASK) == CPUFREQ_PARA)
		return -EINVAL; /* no frequency driver */
	if (args->cmd != XEN_SYSCTL_pm_op_get_max_cstate)
		return -ENOSYS;
	args->u.get_max_cstate = XEN_SYSCTL_CX_UNLIMITED;
	return 0;
}

/* All pCPUs, or as many as there is room for and -ENOBUFS with the number needed. */
int sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *args = &op->u.cputopoinfo;
	u32 room = args->num_cpus;

	args->num_cpus = pcpu_count;
	if (!guest_handle_va(args->cputopo))
		return 0;
	for (u32 i = 0; i < MIN(room, pcpu_count); i++) {
		bool online = pcpus[i]->online;
		struct xen_sysctl_cputopo topo = {
			.core = online ? cpu_core_of(pcpus[i]->apic_id) : XEN_INVALID_CORE_ID,
			.socket = online ? cpu_socket_of(pcpus[i]->apic_id) : XEN_INVALID_SOCKET_ID,
			.node = online ? 0 : XEN_INVALID_NODE_ID,
		};

		if (copy_to_handle_idx(args->cputopo, i, &topo))
			return -EFAULT;
	}
	return room < pcpu_count ? -ENOBUFS : 0;
}

int sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *args = &op->u.numainfo;
	bool any = guest_handle_va(args->meminfo) || guest_handle_va(args->distance);
	struct xen_sysctl_meminfo mem = {
		.memsize = (u64)max_mfn << PAGE_SHIFT,
		.memfree = frame_free_count() << PAGE_SHIFT,
	};
	u32 room = args->num_nodes, distance = NODE_DISTANCE_LOCAL;

	args->num_nodes = 1;
	if (!any)
		return 0;
	if (!room)
		return -ENOBUFS;
	if (guest_handle_va(args->meminfo) && copy_to_handle(args->meminfo, &mem))
		return -EFAULT;
	if (guest_handle_va(args->distance) && copy_to_handle(args->distance, &distance))
		return -EFAULT;
	return 0;
}

/* No device is known to be near a node. */
int sysctl_pcitopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_pcitopoinfo *args = &op->u.pcitopoinfo;
	u32 node = XEN_INVALID_NODE_ID;

	if (!guest_handle_va(args->devs) || !guest_handle_va(args->nodes))
		return -EINVAL;
	for (u32 i = 0; i < args->num_devs; i++) {
		/* The tools come back for the rest. */
		if (i >= DEVICES_AT_ONCE && hypercall_preempt_needed()) {
			args->num_devs = i;
			break;
		}
		if (copy_to_handle_idx(args->nodes, i, &node))
			return -EFAULT;
	}
	return 0;
}

/* Nothing of CPUID can be hidden from guests that execute the instruction. */
int sysctl_get_cpu_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}

int sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
	struct xen_sysctl_cpu_featureset *args = &op->u.cpu_featureset;
	u32 room = args->nr_features, n;

	if (args->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return -EINVAL;
	args->nr_features = FEATURESET_WORDS;
	if (!guest_handle_va(args->features))
		return 0;
	n = MIN(room, FEATURESET_WORDS);
	for (u32 i = 0; i < n; i++) {
		u32 word = featureset_word(args->index, i);

		if (copy_to_handle_idx(args->features, i, &word))
			return -EFAULT;
	}
	args->nr_features = n;
	return room < FEATURESET_WORDS ? -ENOBUFS : 0;
}
