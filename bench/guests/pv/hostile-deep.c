/* SPDX-License-Identifier: MIT */
/*
 * Attacks that need some preparation: breakpoints on memory the hypervisor
 * writes for the guest, grants that name each other in a circle, a vCPU told to
 * start where nothing is mapped, machine-to-physical entries of device frames.
 * Each of them once stopped a hypervisor.
 */
#include <xen/grant_table.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "bench/guests/pv/hostile.h"

#define DR7_WRITE_8 (1UL | 1UL << 16 | 2UL << 18) /* breakpoint 0: 8 bytes, written */
#define DR7_ACCESS_8 (1UL | 3UL << 16 | 2UL << 18)

static long set_dr(unsigned reg, u64 val)
{
	return hypercall2(__HYPERVISOR_set_debugreg, reg, val);
}

/* The processor reports these at the hypervisor's instructions, not at ours. */
static void breakpoints(void)
{
	u64 top = (u64)page_alloc() + 2048;

	check("breakpoint address", set_dr(0, (u64)scratch), 0);
	check("breakpoint on writes", set_dr(7, DR7_WRITE_8), 0);
	check("hypervisor writes there", hypercall2(__HYPERVISOR_xen_version, XENVER_extraversion, scratch), 0);
	check("breakpoint on accesses", set_dr(7, DR7_ACCESS_8), 0);
	check("hypervisor reads there", hypercall2(__HYPERVISOR_event_channel_op, 4, scratch), -22);
	check("and again", hypercall2(__HYPERVISOR_xen_version, XENVER_capabilities, scratch), 0);
	check("off", set_dr(7, 0), 0);
	/* The last word of a trap frame: only the hypervisor writes that. */
	check("breakpoint on the stack", set_dr(0, top - 8), 0);
	check("on writes", set_dr(7, DR7_WRITE_8), 0);
	__asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; int3; mov %%rbx, %%rsp"
			 : : "r"(top) : "rbx", "memory");
	check("off", set_dr(7, 0), 0);
}

#define GRANT_REF 9

/* GRANT_REF grants to us, by way of our own GRANT_REF: who follows it never arrives. */
static void grant_circle(void)
{
	struct gnttab_set_version version = { .version = 2 };
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnttab_copy copy = {
		.source = { .u.ref = GRANT_REF, .domid = DOMID_SELF },
		.dest = { .u.gmfn = scratch_frame >> 12, .domid = DOMID_SELF },
		.len = 8, .flags = GNTCOPY_source_gref,
	};
	union grant_entry_v2 *table = page_alloc();
	u64 own = va_to_mfn(table) << 12;
	xen_pfn_t frame = 0;

	check("version 2", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &version, 1), 0);
	set_xen_guest_handle(setup.frame_list, &frame);
	check("set up", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1), 0);
	check("its status", setup.status, 0);
	check("map it", set_va(table, frame << 12 | PTE_RW_PAGE), 0);
	table[GRANT_REF].transitive.trans_domid = 0; /* Dom0, as long as that is us */
	table[GRANT_REF].transitive.gref = GRANT_REF;
	table[GRANT_REF].hdr.domid = 0;
	barrier();
	table[GRANT_REF].hdr.flags = GTF_transitive;
	check("copy through a circle of grants",
	      hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &copy, 1), 0);
	check("its status", copy.status < 0, 1);
	table[GRANT_REF].transitive.trans_domid = DOMID_INVALID;
	check("copy by way of nobody", hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &copy, 1), 0);
	check("its status", copy.status < 0, 1);
	table[GRANT_REF].hdr.flags = 0;
	version.version = 1;
	check("version 1: nothing is left in use",
	      hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &version, 1), 0);
	check("the page is ours again", set_va(table, own | PTE_RW_PAGE), 0);
}

/* Ready to run in user mode, but there are no user page tables. */
static void vcpu_without_tables(void)
{
	static struct vcpu_guest_context ctx;

	if (hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) < 0)
		return; /* there is only one vCPU */
	ctx.user_regs.rip = 0x1000;
	ctx.user_regs.cs = ctx.user_regs.ss = 0xe033;
	ctx.user_regs.rflags = 0x202;
	check("no tables at all", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, &ctx), -22);
	ctx.ctrlreg[3] = va_to_mfn((void *)start_info->pt_base) << 12;
	check("user mode without user tables", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, &ctx),
	      -22);
	ctx.ctrlreg[1] = pte_maddr(scratch) & PTE_FRAME;
	check("user tables that are none", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, &ctx), -22);
	check("up all the same", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0), -22);
}

static void device_frames(void)
{
	static const u64 frames[] = { 0xa0, 0xc0001, 0xe0000, 0xfec00, 0xfee00 };

	for (unsigned i = 0; i < ARRAY_SIZE(frames); i++) {
		struct mmu_update u = { frames[i] << 12 | MMU_MACHPHYS_UPDATE, 1 };

		check("M2P entry of a device frame",
		      hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_IO), -22);
	}
}

void deep_suites(void (*run)(const char *name, void (*fn)(void)))
{
	run("breakpoints", breakpoints);
	run("grant circle", grant_circle);
	run("vCPU without tables", vcpu_without_tables);
	run("device frames", device_frames);
}
