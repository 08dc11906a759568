/* SPDX-License-Identifier: MIT */
/*
 * Domain information for the tools; a snapshot without locks: each number is
 * right at some moment, all of them together need not be.
 */
#include "lib/types.h"

#include "hypercalls/domain_info.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/page.h"
#include "x86/setup.h"

/* Blocked: all vCPUs that are up are.  Running: at least one is. */
static u32 fill_vcpus(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		info->cpu_time += vcpu_cpu_time(v);
		info->max_vcpu_id = i;
		if (!vcpu_is_up(v))
			continue;
		info->nr_online_vcpus++;
		if (!vcpu_is_blocked(v))
			flags &= ~XEN_DOMINF_blocked;
		if (vcpu_is_running(v))
			flags |= XEN_DOMINF_running;
	}
	return flags;
}

static u32 state_flags(const struct domain *d)
{
	return (d->state >= DOM_DYING ? XEN_DOMINF_dying : 0) |
	       (d->shut_down ? XEN_DOMINF_shutdown : 0) |
	       (d->pause_count ? XEN_DOMINF_paused : 0) |
	       (d->is_pv ? 0 : XEN_DOMINF_hvm_guest | XEN_DOMINF_hap) |
	       (u32)d->shutdown_code << XEN_DOMINF_shutdownshift;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info));
	info->domain = d->id;
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	info->flags = fill_vcpus(d, info) | state_flags(d);
	info->tot_pages = READ_ONCE(d->tot_pages);
	info->max_pages = READ_ONCE(d->max_pages);
	info->outstanding_pages = frame_claim_get(d->id);
	if (d->shared_info)
		info->shared_info_frame = virt_to_mfn(d->shared_info);
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->cpupool = sched_domain_pool_id(d);
	info->gpaddr_bits = cpu_features.paddr_bits;
}
