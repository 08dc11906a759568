/* SPDX-License-Identifier: MIT */
/*
 * domctl on one vCPU: information, affinity, registers.
 */
#include "hypercalls/domctl.h"

#include "hypercalls/ctl_bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "memory/page.h"
#include "pv/context.h"

struct vcpu *domctl_vcpu(const struct domain *d, u32 id, int *err)
{
	struct vcpu *v = domain_vcpu(d, id);

	*err = v ? 0 : id < d->max_vcpus ? -ESRCH : -EINVAL;
	return v;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	int err;
	struct vcpu *v = domctl_vcpu(d, info->vcpu, &err);

	if (!v)
		return err;
	info->online = vcpu_is_up(v);
	info->blocked = vcpu_is_blocked(v);
	info->running = vcpu_is_running(v);
	info->cpu_time = vcpu_cpu_time(v);
	info->cpu = v->cpu;
	return 0;
}

/* The masks that the caller asks for. */
static int put_affinity(const struct xen_domctl_vcpuaffinity *args, const struct pcpu_mask *hard,
			const struct pcpu_mask *soft)
{
	int rc = 0;

	if (args->flags & XEN_VCPUAFFINITY_HARD)
		rc = ctl_bitmap_put(&args->cpumap_hard, hard);
	if (!rc && args->flags & XEN_VCPUAFFINITY_SOFT)
		rc = ctl_bitmap_put(&args->cpumap_soft, soft);
	return rc;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *args = &op->u.vcpuaffinity;
	struct pcpu_mask hard, soft;
	int err;
	struct vcpu *v = domctl_vcpu(d, args->vcpu, &err);

	if (!v)
		return err;
	if (!args->flags)
		return -EINVAL;
	vcpu_get_affinity(v, &hard, &soft);
	return put_affinity(args, &hard, &soft);
}

/* The caller is told what its wishes come to. */
int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *args = &op->u.vcpuaffinity;
	bool want_hard = args->flags & XEN_VCPUAFFINITY_HARD;
	bool want_soft = args->flags & XEN_VCPUAFFINITY_SOFT;
	struct pcpu_mask hard, soft;
	int rc;
	struct vcpu *v = domctl_vcpu(d, args->vcpu, &rc);

	if (!v)
		return rc;
	if (!args->flags)
		return -EINVAL;
	if (args->flags & XEN_VCPUAFFINITY_FORCE)
		vcpu_unpin(v);
	if (want_hard)
		rc = ctl_bitmap_get(&hard, &args->cpumap_hard);
	if (!rc && want_soft)
		rc = ctl_bitmap_get(&soft, &args->cpumap_soft);
	if (!rc && (want_hard || want_soft))
		rc = vcpu_set_affinity(v, want_hard ? &hard : NULL, want_soft ? &soft : NULL);
	if (rc)
		return rc;
	vcpu_get_effective_affinity(v, &hard, &soft);
	return put_affinity(args, &hard, &soft);
}

/*
 * Stopping a vCPU waits for it, and one that waits does not stop: two vCPUs of a domain that stop
 * each other would wait for ever.  So one at a time; the second makes its call again, and is stopped
 * on the way.  (Those of other domains cannot wait for ours.)
 */
static spinlock_t own_pause_lock = SPINLOCK_INIT;

/* -ERESTART: another is at it. */
static int read_context(struct vcpu *v, struct vcpu_guest_context *ctx)
{
	bool own = v->domain == current->domain;

	if (own && !spin_trylock(&own_pause_lock))
		return -ERESTART;
	vcpu_pause(v);
	pv_vcpu_get_context(v, ctx);
	vcpu_unpause(v);
	if (own)
		spin_unlock(&own_pause_lock);
	return 0;
}

/* The structure is larger than a stack should hold. */
int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpucontext *args = &op->u.vcpucontext;
	struct vcpu_guest_context *ctx;
	int rc;
	struct vcpu *v = domctl_vcpu(d, args->vcpu, &rc);

	if (!v)
		return rc;
	if (v == current)
		return -EINVAL;
	if (!v->initialised)
		return -ENODATA;
	ctx = alloc_hv_pages(1);
	if (!ctx)
		return -ENOMEM;
	_Static_assert(sizeof(*ctx) <= 2 * PAGE_SIZE, "context buffer");
	rc = read_context(v, ctx);
	if (!rc && copy_to_handle(args->ctxt, ctx))
		rc = -EFAULT;
	free_hv_pages(ctx, 1);
	return rc;
}
