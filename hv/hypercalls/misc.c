/* SPDX-License-Identifier: MIT */
/*
 * Small calls: xenpmu_op, which is refused as by a Xen without a virtual PMU, and
 * mca, as far as Dom0's machine-check driver needs it to start.  Machine checks
 * are fatal to us, so there is never anything to fetch.
 */
#include "hypercalls/hypercall.h"

#include <xen/arch-x86/xen-mca.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "x86/cpu.h"
#include "x86/topology.h"

long hypercall_xenpmu_op(u64 op, u64 arg)
{
	return -EOPNOTSUPP;
}

static void fill_identity(struct mcinfo_logical_cpu *info)
{
	struct cpuid_regs l0 = cpuid(0, 0), l1 = cpuid(1, 0), e1 = cpuid(0x80000001, 0);
	u32 family = l1.a >> 8 & 15;

	info->mc_cpuid_level = l0.a;
	info->mc_family = family == 15 ? family + (l1.a >> 20 & 255) : family;
	info->mc_model = (l1.a >> 4 & 15) | (family >= 6 ? l1.a >> 12 & 0xf0 : 0);
	info->mc_step = l1.a & 15;
	memcpy(info->mc_vendorid, &l0.b, 4);
	memcpy(info->mc_vendorid + 4, &l0.d, 4);
	memcpy(info->mc_vendorid + 8, &l0.c, 4);
	for (u32 i = 0; i < 3; i++) {
		struct cpuid_regs text = cpuid(0x80000002 + i, 0);

		memcpy(info->mc_brandid + i * sizeof(text), &text, sizeof(text));
	}
	info->mc_cpu_caps[MC_CAPS_STD_EDX] = l1.d;
	info->mc_cpu_caps[MC_CAPS_STD_ECX] = l1.c;
	info->mc_cpu_caps[MC_CAPS_AMD_EDX] = e1.d;
	info->mc_cpu_caps[MC_CAPS_AMD_ECX] = e1.c;
	info->mc_cache_alignment = (l1.b >> 8 & 255) * 8;
}

static void fill_cpu(struct mcinfo_logical_cpu *info, const struct pcpu *p)
{
	const struct cpu_topology *topo = cpu_topology();

	memset(info, 0, sizeof(*info));
	fill_identity(info);
	info->mc_cpunr = p->id;
	info->mc_apicid = info->mc_clusterid = p->apic_id;
	info->mc_chipid = cpu_socket_of(p->apic_id);
	info->mc_coreid = cpu_core_of(p->apic_id);
	info->mc_threadid = p->apic_id & ((1U << topo->thread_bits) - 1);
	info->mc_ncores = info->mc_ncores_active = topo->cores_per_socket;
	info->mc_nthreads = topo->threads_per_core;
}

static long mca_physcpuinfo(struct xen_mc_physcpuinfo *args)
{
	struct mcinfo_logical_cpu info;
	u32 n = 0;
	unsigned id;

	for_each_online_pcpu(id) {
		if (guest_handle_va(args->info)) {
			if (n == args->ncpus)
				break;
			fill_cpu(&info, pcpus[id]);
			if (copy_to_handle_idx(args->info, n, &info))
				return -EFAULT;
		}
		n++;
	}
	args->ncpus = n;
	return 0;
}

static long mca_fetch(struct xen_mc_fetch *args)
{
	u32 kind = args->flags & ~XEN_MC_ACK;

	if (kind != XEN_MC_URGENT && kind != XEN_MC_NONURGENT)
		return -EINVAL;
	args->flags = args->flags & XEN_MC_ACK ? XEN_MC_OK : XEN_MC_NODATA;
	args->fetch_id = 0;
	return 0;
}

long hypercall_mca(u64 arg)
{
	struct xen_mc op;
	long rc = -ENOSYS;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd == XEN_MC_physcpuinfo)
		rc = mca_physcpuinfo(&op.u.mc_physcpuinfo);
	else if (op.cmd == XEN_MC_fetch)
		rc = mca_fetch(&op.u.mc_fetch);
	if (!rc && copy_to_guest(arg, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}
