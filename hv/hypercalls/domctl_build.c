/* SPDX-License-Identifier: MIT */
/*
 * domctl on a guest's state as builders and savers see it: frame types, time
 * stamp counter, the parts of a vCPU's context beyond its registers.
 */
#include "hypercalls/domctl.h"

#include "evtchn/evtchn.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/guest.h"
#include "memory/page.h"
#include "pv/context.h"
#include "pv/nmi.h"
#include "time/clock.h"
#include "x86/cpu.h"

#define FRAMES_AT_ONCE 1024 /* getpageframeinfo3, as Xen */

/* tsc_mode in domctl.h: numbers without names there. */
#define TSC_MODE_DEFAULT 0
#define TSC_MODE_ALWAYS_EMULATE 1
#define TSC_MODE_NEVER_EMULATE 2

/* --- frames ------------------------------------------------------------------------- */

static u32 frame_info(struct domain *d, mfn_t mfn)
{
	struct page_info *pg;
	u32 type, info;

	if (!mfn_valid(mfn) || !get_page(mfn_to_page(mfn), d))
		return XEN_DOMCTL_PFINFO_XTAB;
	pg = mfn_to_page(mfn);
	type = READ_ONCE(pg->type);
	put_page(pg);
	if (!(type & PGT_count_mask) || (type & PGT_type_mask) < PGT_l1 || (type & PGT_type_mask) > PGT_l4)
		return XEN_DOMCTL_PFINFO_NOTAB;
	_Static_assert(PGT_l1 == XEN_DOMCTL_PFINFO_L1TAB && PGT_l4 == XEN_DOMCTL_PFINFO_L4TAB,
		       "levels are numbered alike");
	info = type & PGT_type_mask;
	return type & PGT_pinned ? info | XEN_DOMCTL_PFINFO_LPINTAB : info;
}

/* Each frame number in the array is replaced by what the frame is. */
int domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_getpageframeinfo3 *args = &op->u.getpageframeinfo3;

	if (args->num > FRAMES_AT_ONCE)
		return -E2BIG;
	for (u64 i = 0; i < args->num; i++) {
		xen_pfn_t frame;

		if (copy_from_handle_idx(&frame, args->array, i))
			return -EFAULT;
		frame = frame_info(d, frame);
		if (copy_to_handle_idx(args->array, i, &frame))
			return -EFAULT;
	}
	return 0;
}

/* --- time stamp counter ---------------------------------------------------------------- */

/*
 * Guests read the processor's own counter in every mode but "always emulate", which is
 * refused: the counters of all pCPUs agree, and nobody is moved to another machine while running.
 */
int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_tsc_info *args = &op->u.tsc_info;

	if (d == current->domain)
		return -EINVAL;
	if (args->tsc_mode != TSC_MODE_DEFAULT && args->tsc_mode != TSC_MODE_NEVER_EMULATE)
		return args->tsc_mode == TSC_MODE_ALWAYS_EMULATE ? -EOPNOTSUPP : -EINVAL;
	spin_lock(&d->lock);
	d->tsc.mode = args->tsc_mode;
	d->tsc.khz = args->gtsc_khz ? args->gtsc_khz : tsc_khz;
	d->tsc.incarnation = args->incarnation + 1;
	spin_unlock(&d->lock);
	return 0;
}

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
	op->u.tsc_info = (struct xen_domctl_tsc_info){
		.tsc_mode = d->tsc.mode,
		.gtsc_khz = tsc_khz,
		.incarnation = d->tsc.incarnation,
	};
	return 0;
}

/* --- interrupts -------------------------------------------------------------------------- */

int domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_sendtrigger *args = &op->u.sendtrigger;
	struct vcpu *v = domain_vcpu(d, args->vcpu);

	if (args->vcpu >= MAX_VCPUS)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	if (args->trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -ENOSYS;
	pv_nmi_send(v);
	return 0;
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return set_global_virq_handler(d, op->u.set_virq_handler.virq);
}

/* --- a vCPU's extended context --------------------------------------------------------------- */

/* A stopped vCPU of another domain: released with vcpu_unpause(). */
static struct vcpu *stopped_vcpu(struct domain *d, u32 id, int *rc)
{
	struct vcpu *v = domctl_vcpu(d, id, rc);

	if (v && d == current->domain) {
		*rc = -EINVAL;
		return NULL;
	}
	if (v)
		vcpu_pause(v);
	return v;
}

int domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_ext_vcpucontext *ext = &op->u.ext_vcpucontext;
	int rc;
	struct vcpu *v = stopped_vcpu(d, ext->vcpu, &rc);

	if (!v)
		return rc;
	*ext = (struct xen_domctl_ext_vcpucontext){
		.vcpu = ext->vcpu,
		.size = sizeof(*ext),
		.syscall32_callback_eip = v->pv.syscall32_callback,
		.syscall32_disables_events = v->pv.syscall32_masks,
	};
	vcpu_unpause(v);
	return 0;
}

/* SYSENTER does not exist for 64-bit guests on AMD; its callback is taken and not used, as with
 * callback_op.  The machine check capabilities of the sender change nothing. */
int domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_ext_vcpucontext *ext = &op->u.ext_vcpucontext;
	u64 eip = ext->syscall32_callback_eip;
	struct vcpu *v;
	int rc;

	if (ext->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
	    !is_canonical(eip) || !is_canonical(ext->sysenter_callback_eip))
		return -EINVAL;
	v = stopped_vcpu(d, ext->vcpu, &rc);
	if (!v)
		return rc;
	v->pv.syscall32_callback = eip;
	v->pv.syscall32_masks = ext->syscall32_disables_events;
	vcpu_unpause(v);
	return 0;
}

/* Of a PV vCPU's MSRs one outlives a switch and is in nothing else that is carried along: RDTSCP's. */
#define MSRS_CARRIED 1

int domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpu_msrs *args = &op->u.vcpu_msrs;
	struct xen_domctl_vcpu_msr msr = { .index = MSR_TSC_AUX };
	u64 room = guest_handle_va(args->msrs) ? args->msr_count : 0;
	struct vcpu *v;
	int rc;

	v = domctl_vcpu(d, args->vcpu, &rc);
	if (!v)
		return rc;
	if (!guest_handle_va(args->msrs)) { /* how many there can be */
		args->msr_count = MSRS_CARRIED;
		return 0;
	}
	v = stopped_vcpu(d, args->vcpu, &rc);
	if (!v)
		return rc;
	msr.value = v->pv.tsc_aux;
	vcpu_unpause(v);
	args->msr_count = msr.value != 0;
	if (args->msr_count > room)
		return -ENOBUFS;
	return msr.value && copy_to_handle_idx(args->msrs, 0, &msr) ? -EFAULT : 0;
}

int domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_vcpu_msrs *args = &op->u.vcpu_msrs;
	struct xen_domctl_vcpu_msr msr;
	struct vcpu *v;
	int rc;

	if (args->msr_count > MSRS_CARRIED)
		return -EINVAL;
	if (args->msr_count && copy_from_handle_idx(&msr, args->msrs, 0))
		return -EFAULT;
	if (args->msr_count && (msr.reserved || msr.index != MSR_TSC_AUX || msr.value >> 32))
		return -EINVAL;
	v = stopped_vcpu(d, args->vcpu, &rc);
	if (!v)
		return rc;
	if (args->msr_count)
		pv_set_tsc_aux(v, msr.value);
	vcpu_unpause(v);
	return 0;
}
