/* SPDX-License-Identifier: MIT */
/*
 * xen_version: what the hypervisor says about itself.  Linux also uses the
 * plain version query as its cheapest hypercall, only to have pending events
 * delivered on the way out; it therefore comes first and does nothing else.
 * Sub-operations and sizes: <xen/version.h>.
 */
#include "hypercalls/hypercall.h"

#include <xen/version.h>

#include "boot/options.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "version.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

static long put_text(u64 arg, const char *text, size_t field)
{
	char buf[BOOT_CMDLINE_BYTES] = "";

	strlcpy(buf, text, MIN(field, sizeof(buf)));
	return copy_to_guest(arg, buf, field) ? -EFAULT : 0;
}

static long get_extraversion(u64 arg)
{
	return put_text(arg, "-orrery", sizeof(xen_extraversion_t));
}

static long get_capabilities(u64 arg)
{
	return put_text(arg, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
}

/* For the tools also the policy of pool 0: xl takes its name from a number, and Xen has none for most. */
static long get_changeset(u64 arg)
{
	char text[sizeof(xen_changeset_info_t)];

	if (!caller_privileged())
		return put_text(arg, ORRERY_COMMIT, sizeof(xen_changeset_info_t));
	fmt_snprintf(text, sizeof(text), "sched=%s %s", sched_pool_policy_name(0), ORRERY_COMMIT);
	return put_text(arg, text, sizeof(text));
}

static long get_commandline(u64 arg)
{
	const char *text = caller_privileged() ? boot_cmdline() : "<denied>";

	return put_text(arg, text, sizeof(xen_commandline_t));
}

/* The build leaves no trace of who, where and when: images are reproducible. */
static long get_compile_info(u64 arg)
{
	struct xen_compile_info info;

	memset(&info, 0, sizeof(info));
	strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	strlcpy(info.compile_by, "orrery", sizeof(info.compile_by));
	strlcpy(info.compile_domain, "localdomain", sizeof(info.compile_domain));
	strlcpy(info.compile_date, "commit " ORRERY_COMMIT, sizeof(info.compile_date));
	return copy_to_guest(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long get_platform_parameters(u64 arg)
{
	struct xen_platform_parameters params = { .virt_start = HV_VIRT_START };

	return copy_to_guest(arg, &params, sizeof(params)) ? -EFAULT : 0;
}

static u32 pv_features(const struct domain *d)
{
	u32 bits = 1U << XENFEAT_memory_op_vnode_supported | 1U << XENFEAT_mmu_pt_update_preserve_ad |
		   1U << XENFEAT_highmem_assist | 1U << XENFEAT_gnttab_map_avail_bits |
		   1U << XENFEAT_direct_mapped;

	if (d->vm_assist & 1UL << VMASST_TYPE_pae_extended_cr3)
		bits |= 1U << XENFEAT_pae_pgdir_above_4gb;
	if (d->privileged)
		bits |= 1U << XENFEAT_dom0;
	return bits;
}

static long get_features(u64 arg)
{
	const struct domain *d = current->domain;
	struct xen_feature_info info;

	if (copy_from_guest(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	info.submap = d->is_pv ? pv_features(d) : 0;
	return copy_to_guest(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long get_pagesize(u64 arg)
{
	return arg ? -EINVAL : (long)PAGE_SIZE;
}

static long get_guest_handle(u64 arg)
{
	return copy_to_guest(arg, &current->domain->handle, sizeof(xen_domain_handle_t)) ? -EFAULT :
											 0;
}

/* A hexadecimal digit's value, or 16: the build was not made from a repository. */
static u8 hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/*
 * The build id is the commit.  A NULL buffer asks for its length; a buffer
 * starts with a 32-bit length of its own.
 */
static long get_build_id(u64 arg)
{
	u8 id[20];
	u32 len = 0, room;

	if (!caller_privileged())
		return -EPERM;
	for (const char *hex = ORRERY_COMMIT; hex_digit(hex[0]) < 16 && hex_digit(hex[1]) < 16 &&
	     len < sizeof(id); hex += 2)
		id[len++] = hex_digit(hex[0]) << 4 | hex_digit(hex[1]);
	if (!len)
		return -ENODATA;
	if (!arg)
		return len;
	if (copy_from_guest(&room, arg, sizeof(room)))
		return -EFAULT;
	if (!room)
		return -EINVAL;
	if (room < len)
		return -ENOBUFS;
	return copy_to_guest(arg + sizeof(room), id, len) ? -EFAULT : (long)len;
}

static long (*const sub_ops[])(u64 arg) = {
	[XENVER_extraversion] = get_extraversion,
	[XENVER_compile_info] = get_compile_info,
	[XENVER_capabilities] = get_capabilities,
	[XENVER_changeset] = get_changeset,
	[XENVER_platform_parameters] = get_platform_parameters,
	[XENVER_get_features] = get_features,
	[XENVER_pagesize] = get_pagesize,
	[XENVER_guest_handle] = get_guest_handle,
	[XENVER_commandline] = get_commandline,
	[XENVER_build_id] = get_build_id,
};

long hypercall_xen_version(u64 cmd, u64 arg)
{
	if (likely((u32)cmd == XENVER_version))
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	if ((u32)cmd >= ARRAY_SIZE(sub_ops) || !sub_ops[(u32)cmd])
		return -ENOSYS;
	return sub_ops[(u32)cmd](arg);
}
