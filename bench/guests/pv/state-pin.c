/* SPDX-License-Identifier: MIT */
/*
 * A hardware domain that pins its own vCPU for a moment: what the tools may do
 * to its affinity meanwhile, and what it comes back to when the pCPUs it had
 * before have left the pool.
 */
#include <xen/domctl.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "bench/guests/pv/state.h"
#include "bench/guests/pv/verdict.h"

#define EBUSY 16
#define EINVAL 22
#define HARD XEN_VCPUAFFINITY_HARD
#define FORCE XEN_VCPUAFFINITY_FORCE

static long pin(int pcpu)
{
	struct sched_pin_override a = { pcpu };

	return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_pin_override, &a);
}

static long unpin(void)
{
	return pin(-1);
}

/* Of vCPU 0, in and out. */
static long hard_affinity(u32 cmd, u32 flags, u8 *mask)
{
	struct xen_domctl op = { .cmd = cmd, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };

	op.u.vcpuaffinity.flags = flags;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, mask);
	return hypercall1(__HYPERVISOR_domctl, &op);
}

static long set_hard(u32 flags, u8 mask)
{
	return hard_affinity(XEN_DOMCTL_setvcpuaffinity, flags, &mask);
}

static void hard_is(const char *what, u8 want)
{
	u8 mask = 0;

	check(what, hard_affinity(XEN_DOMCTL_getvcpuaffinity, HARD, &mask), 0);
	check(what, mask, want);
}

/* A pCPU into our pool or out of it; to leave may take a while. */
static long pool_pcpu(u32 op, u32 pcpu)
{
	static struct xen_sysctl ctl;
	long rc;

	do {
		ctl = (struct xen_sysctl){ .cmd = XEN_SYSCTL_cpupool_op,
					   .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
		ctl.u.cpupool_op.op = op;
		ctl.u.cpupool_op.cpu = pcpu;
		rc = hypercall1(__HYPERVISOR_sysctl, &ctl);
	} while (rc == -EBUSY && op == XEN_SYSCTL_CPUPOOL_OP_RMCPU);
	return rc;
}

static void tools_wait(void)
{
	check("pin", pin(0), 0);
	check("pin twice", pin(1), -EBUSY);
	hard_is("pinned", 1 << 0);
	check("affinity while pinned", set_hard(HARD, 1 << 2), -EBUSY);
	check("force", set_hard(FORCE, 0), 0);
	hard_is("as before by force", 1 << 1);
	check("pin", pin(0), 0);
	check("affinity by force", set_hard(HARD | FORCE, 1 << 1), 0);
	check("nothing to undo", unpin(), -EINVAL);
}

static void former_pcpu_leaves(u8 all)
{
	check("pin", pin(0), 0);
	check("pCPU 1 leaves", pool_pcpu(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 1), 0);
	check("undo without it", unpin(), 0);
	hard_is("any pCPU", all);
	check("once is enough", unpin(), -EINVAL);
	check("pin outside the pool", pin(1), -EINVAL);
	hard_is("as if not asked", all);
	check("pin again", pin(2), 0);
	check("and undo", unpin(), 0);
	check("pCPU 1 comes back", pool_pcpu(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1), 0);
}

void state_pinning(void)
{
	u8 all = 0;

	check("affinity at first", hard_affinity(XEN_DOMCTL_getvcpuaffinity, HARD, &all), 0);
	check("far away", pin(1000), -EINVAL);
	check("nothing to undo", unpin(), -EINVAL);
	if (all != 0xf)
		return; /* not four pCPUs */
	check("onto pCPU 1", set_hard(HARD, 1 << 1), 0);
	tools_wait();
	former_pcpu_leaves(all);
	check("to all", set_hard(HARD, all), 0);
}
