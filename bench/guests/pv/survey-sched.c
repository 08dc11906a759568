/* SPDX-License-Identifier: MIT */
/*
 * Affinity: what the tools may set and read back, and how that goes together
 * with a hardware domain that pins its own vCPU for a moment.  The answers do
 * not depend on the number of pCPUs.
 */
#include <xen/domctl.h>
#include <xen/sched.h>

#include "bench/guests/pv/survey.h"

#define HARD XEN_VCPUAFFINITY_HARD
#define SOFT XEN_VCPUAFFINITY_SOFT
#define FORCE XEN_VCPUAFFINITY_FORCE

static long pin(int pcpu)
{
	struct sched_pin_override a = { pcpu };

	return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_pin_override, &a);
}

/* Of vCPU 0, both masks in and out. */
static long affinity(u32 cmd, u32 flags, u32 *hard, u32 *soft)
{
	struct xen_domctl op = { .cmd = cmd, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };

	op.u.vcpuaffinity.flags = flags;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = op.u.vcpuaffinity.cpumap_soft.nr_bits = 32;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (u8 *)hard);
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, (u8 *)soft);
	return hypercall1(__HYPERVISOR_domctl, &op);
}

static void get_line(const char *when)
{
	u32 hard = 0xaaaaaaaa, soft = 0xaaaaaaaa;
	long rc = affinity(XEN_DOMCTL_getvcpuaffinity, HARD | SOFT, &hard, &soft);

	print("ANSWER affinity %s = %ld, first pCPU hard %u soft %u, beyond all %x %x\n", when, rc,
	      hard & 1, soft & 1, hard >> 8, soft >> 8);
}

static void set_line(const char *what, u32 flags, u32 mask)
{
	u32 hard = mask, soft = mask;
	long rc = affinity(XEN_DOMCTL_setvcpuaffinity, flags, &hard, &soft);

	print("ANSWER set affinity %s = %ld, effective %x %x\n", what, rc, hard & 1, soft & 1);
}

static void pin_line(const char *what, int pcpu)
{
	print("ANSWER pin_override %s = %ld\n", what, pin(pcpu));
}

void survey_scheduling(void)
{
	get_line("at first");
	set_line("of no kind", 0, 1);
	set_line("of unknown kind", 8, 1);
	set_line("hard to none", HARD, 0);
	set_line("hard beyond all", HARD, 1U << 31);
	set_line("soft to none", SOFT, 0);
	get_line("after soft to none");
	set_line("soft beyond all", SOFT, 1U << 31);
	set_line("both to all", HARD | SOFT, ~0U);
	get_line("of all");
	pin_line("undo nothing", -1);
	pin_line("far away", 1000);
	pin_line("to 0", 0);
	pin_line("to 0 again", 0);
	get_line("while pinned");
	set_line("hard while pinned", HARD, 1);
	set_line("soft while pinned", SOFT, 1);
	set_line("by force of no kind", FORCE, 1);
	pin_line("after force of no kind", 0);
	set_line("hard by force to none", HARD | FORCE, 0);
	pin_line("undo after that", -1);
	pin_line("to 0 once more", 0);
	set_line("soft by force", SOFT | FORCE, 1);
	pin_line("undo after soft by force", -1);
	pin_line("to 0 at last", 0);
	pin_line("undo", -2);
	get_line("after undo");
	pin_line("undo again", -1);
}
