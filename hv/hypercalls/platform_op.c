/* SPDX-License-Identifier: MIT */
/*
 * platform_op: Dom0's work on the machine as a whole: time of day, what the
 * firmware knows, the processors, and going to sleep.  Structures and numbers:
 * <xen/platform.h>.  What no part of the stack needs answers -ENOSYS: memory
 * types, microcode, EFI calls, C- and P-state tables, hot-plug, resource_op.
 */
#include "hypercalls/hypercall.h"

#include <xen/platform.h>

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "time/guest-time.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/power.h"

static int set_time(u64 sec, u32 nsec, u64 system_time)
{
	if (nsec >= NS_PER_SEC)
		return -EINVAL;
	wallclock_set(sec, nsec, system_time);
	return 0;
}

static int settime32(struct xen_platform_op *op)
{
	const struct xenpf_settime32 *t = &op->u.settime32;

	return set_time(t->secs, t->nsecs, t->system_time);
}

static int settime64(struct xen_platform_op *op)
{
	const struct xenpf_settime64 *t = &op->u.settime64;

	return t->mbz ? -EINVAL : set_time(t->secs, t->nsecs, t->system_time);
}

/* Booted without the BIOS disk, monitor and EFI services there is nothing to tell:
 * -ESRCH ends Linux' enumeration. */
static int firmware_info(struct xen_platform_op *op)
{
	switch (op->u.firmware_info.type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (op->u.firmware_info.index)
			return -ESRCH;
		op->u.firmware_info.u.kbd_shift_flags = 0;
		return 0;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	}
	return -EINVAL;
}

static int enter_acpi_sleep(struct xen_platform_op *op)
{
	return acpi_enter_sleep(&op->u.enter_acpi_sleep);
}

static u32 acpi_uid_of(u32 apic_id)
{
	for (unsigned i = 0; i < acpi.nr_cpus; i++)
		if (acpi.cpus[i].apic_id == apic_id)
			return acpi.cpus[i].acpi_uid;
	return ~0U;
}

static int get_cpuinfo(struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;
	const struct pcpu *p;

	info->max_present = pcpu_count - 1;
	if (info->xen_cpuid >= pcpu_count) {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	p = pcpus[info->xen_cpuid];
	info->apic_id = p->apic_id;
	info->acpi_id = acpi_uid_of(p->apic_id);
	info->flags = p->online ? XEN_PCPU_FLAGS_ONLINE : 0;
	return 0;
}

/* All pCPUs are taken to be of one kind: the version is this one's. */
static int get_cpu_version(struct xen_platform_op *op)
{
	struct xenpf_pcpu_version *ver = &op->u.pcpu_version;
	struct cpuid_regs vendor = cpuid(0, 0), id = cpuid(1, 0);
	u32 family = id.a >> 8 & 15, model = id.a >> 4 & 15;

	if (ver->xen_cpuid >= pcpu_count || !pcpus[ver->xen_cpuid]->online) {
		memset(ver->vendor_id, 0, sizeof(ver->vendor_id));
		ver->family = ver->model = ver->stepping = 0;
	} else {
		memcpy(ver->vendor_id, &vendor.b, 4);
		memcpy(ver->vendor_id + 4, &vendor.d, 4);
		memcpy(ver->vendor_id + 8, &vendor.c, 4);
		if (family == 15 || family == 6)
			model |= id.a >> 12 & 0xf0;
		ver->family = family == 15 ? family + (id.a >> 20 & 255) : family;
		ver->model = model;
		ver->stepping = id.a & 15;
	}
	ver->max_present = pcpu_count - 1;
	return 0;
}

/* Number after the first one: the ABI leaves gaps, the table starts at settime32. */
#define OP(name) [XENPF_##name - XENPF_settime32]
static int (*const sub_ops[])(struct xen_platform_op *op) = {
	OP(settime32) = settime32,
	OP(settime64) = settime64,
	OP(firmware_info) = firmware_info,
	OP(enter_acpi_sleep) = enter_acpi_sleep,
	OP(get_cpuinfo) = get_cpuinfo,
	OP(get_cpu_version) = get_cpu_version,
};

long hypercall_platform_op(u64 arg)
{
	struct xen_platform_op op;
	u32 index;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	index = op.cmd - XENPF_settime32;
	if (index >= ARRAY_SIZE(sub_ops) || !sub_ops[index])
		return -ENOSYS;
	rc = sub_ops[index](&op);
	if (!rc && copy_to_guest(arg, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}
