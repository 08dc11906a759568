/* SPDX-License-Identifier: MIT */
/*
 * domctl from a domain's creation to its first run, and its end: createdomain,
 * max_vcpus, set_address_size, hypercall_init, setvcpucontext, destroydomain.
 */
#include "hypercalls/domctl.h"

#include "lib/errno.h"
#include "memory/guest.h"
#include "memory/log-dirty.h"
#include "memory/page.h"
#include "pv/context.h"
#include "pv/hypercall-page.h"

static spinlock_t create_lock = SPINLOCK_INIT; /* ids in the making */

/* The next id not in use after the last one given out; DOMID_INVALID: none. @pre create_lock */
static domid_t next_free_id(void)
{
	static domid_t last;
	domid_t id = last;

	do {
		id = id + 1 < DOMID_FIRST_RESERVED ? id + 1 : 1;
		if (!domain_lookup_any(id)) {
			last = id;
			return id;
		}
	} while (id != last);
	return DOMID_INVALID;
}

static int check_config(const struct xen_domctl_createdomain *c)
{
	if (c->flags & ~(2 * XEN_DOMCTL_CDF_MAX - 1) || c->iommu_opts || c->vmtrace_size ||
	    c->arch.emulation_flags || c->arch.misc_flags)
		return -EINVAL;
	/* What physinfo does not offer is refused: HVM, IOMMU, nested virtualisation, PMU. */
	return c->flags & ~XEN_DOMCTL_CDF_xs_domain ? -EINVAL : 0;
}

int domctl_createdomain(struct xen_domctl *op)
{
	const struct xen_domctl_createdomain *config = &op->u.createdomain;
	int rc = check_config(config);
	struct domain *d;
	domid_t id;

	if (rc)
		return rc;
	spin_lock(&create_lock);
	id = op->domain && op->domain < DOMID_FIRST_RESERVED ? op->domain : next_free_id();
	d = id == DOMID_INVALID ? NULL : domain_create(id, config, &rc);
	spin_unlock(&create_lock);
	if (!d)
		return rc ? rc : -ENOMEM;
	op->domain = id;
	return 0;
}

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
	return domain_kill(d);
}

int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	if (d == current->domain)
		return -EINVAL;
	return domain_set_max_vcpus(d, op->u.max_vcpus.max);
}

/* Only for a domain that has nothing yet.  There are no 32-bit guests. */
int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	if (!d->is_pv)
		return -EOPNOTSUPP;
	if (d->tot_pages)
		return -EEXIST;
	return op->u.address_size.size == 64 ? 0 : -EINVAL;
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t mfn = op->u.hypercall_init.gmfn;
	struct page_info *pg;

	if (!mfn_valid(mfn))
		return -EACCES;
	pg = mfn_to_page(mfn);
	if (!get_page_writable(pg, d, d->id))
		return -EACCES;
	hypercall_page_fill(page_to_virt(pg));
	frame_dirtied(pg);
	put_page_writable(pg);
	return 0;
}

/* @pre d->lock held: the domain cannot begin to die. */
static int install_context(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	int rc;

	if (v->domain->state >= DOM_DYING)
		return -EINVAL;
	rc = pv_vcpu_set_context(v, ctx);
	if (rc)
		return rc;
	if (ctx->flags & VGCF_online)
		vcpu_up(v);
	else
		vcpu_down(v);
	return 0;
}

static int set_context(struct domain *d, struct vcpu *v, const struct xen_domctl_vcpucontext *args)
{
	struct vcpu_guest_context *ctx = alloc_hv_pages(1);
	int rc = -EFAULT;

	if (!ctx)
		return -ENOMEM;
	if (!copy_from_handle(ctx, args->ctxt)) {
		vcpu_pause(v);
		spin_lock(&d->lock);
		rc = install_context(v, ctx);
		spin_unlock(&d->lock);
		vcpu_unpause(v);
	}
	free_hv_pages(ctx, 1);
	return rc;
}

int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpucontext *args = &op->u.vcpucontext;
	int rc;
	struct vcpu *v = domctl_vcpu(d, args->vcpu, &rc);

	if (!v)
		return rc;
	if (d == current->domain || !d->is_pv || !guest_handle_va(args->ctxt))
		return -EINVAL;
	return set_context(d, v, args);
}
