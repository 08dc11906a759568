/* SPDX-License-Identifier: MIT */
/*
 * Creating and freeing vCPUs, and where their vcpu_info lives.  A new vCPU is
 * down, its events masked; the Dom0 builder, domctl or VCPUOP_initialise give
 * it a context and bring it up.  vCPUs go only with their domain.
 */
#include "domain/vcpu.h"

#include "console/console.h"
#include "domain/guest-frame.h"
#include "domain/lifecycle.h"
#include "domain/vcpu-timers.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/heap.h"
#include "pv/context.h"
#include "trace/trace.h"

/* For vCPUs beyond shared_info's 32 until they register one: what is written here is lost. */
static struct vcpu_info no_vcpu_info = { .evtchn_upcall_mask = 1 };

bool vcpu_has_info(const struct vcpu *v)
{
	return v->info != &no_vcpu_info;
}

static struct vcpu *vcpu_object(struct domain *d, unsigned id)
{
	struct vcpu *v = xzalloc_aligned(sizeof(*v), 64);

	if (!v)
		return NULL;
	v->id = id;
	v->domain = d;
	v->info = &no_vcpu_info;
	v->info_mfn = MFN_NONE;
	v->regs = &v->saved_regs;
	return v;
}

/* @pre d->lock held. */
static struct vcpu *vcpu_add(struct domain *d, unsigned id)
{
	struct vcpu *v;

	if (id >= d->max_vcpus || d->vcpu[id])
		return NULL;
	v = vcpu_object(d, id);
	if (!v)
		return NULL;
	if (id < XEN_LEGACY_MAX_VCPUS)
		v->info = &d->shared_info->vcpu_info[id];
	if (d->is_pv && pv_vcpu_init(v)) {
		pv_vcpu_destroy(v);
		xfree(v);
		return NULL;
	}
	sched_vcpu_init(v);
	vcpu_timers_init(v);
	__atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
	trace_vcpu_info(id, d->id, v->cpu, RUNSTATE_offline);
	return v;
}

struct vcpu *vcpu_create(struct domain *d, unsigned id)
{
	struct vcpu *v;

	spin_lock(&d->lock);
	v = vcpu_add(d, id);
	spin_unlock(&d->lock);
	return v;
}

void vcpu_forget_info(struct vcpu *v)
{
	void *info;

	if (v->info_mfn == MFN_NONE)
		return;
	info = v->info;
	v->info = &no_vcpu_info;
	v->info_mfn = MFN_NONE;
	guest_frame_unmap(info);
}

void vcpu_destroy(struct vcpu *v)
{
	struct domain *d = v->domain;

	vcpu_timers_kill(v);
	sched_vcpu_destroy(v);
	vcpu_forget_info(v);
	if (d->is_pv)
		pv_vcpu_destroy(v);
	d->vcpu[v->id] = NULL;
	xfree(v);
}

struct vcpu *idle_vcpu_create(unsigned cpu)
{
	struct vcpu *v;

	if (!idle_domain)
		idle_domain = idle_domain_create(MAX_PCPUS);
	v = idle_domain ? vcpu_object(idle_domain, cpu) : NULL;
	if (!v)
		panic("no memory for the idle vCPU of pCPU %u", cpu);
	v->is_idle = true;
	v->initialised = true;
	v->cpu = cpu;
	sched_idle_vcpu_init(v, cpu);
	idle_domain->vcpu[cpu] = v;
	return v;
}

/* --- vcpu_info where the guest wants it -------------------------------------- */

int vcpu_register_info(struct vcpu *v, u64 gfn, u32 offset)
{
	struct vcpu_info *info;
	u8 *page;

	if (offset > PAGE_SIZE - sizeof(*info))
		return -ENXIO;
	if (v->info_mfn != MFN_NONE || (v != current && vcpu_is_up(v)))
		return -EINVAL;
	page = guest_frame_map(v->domain, gfn);
	if (!page)
		return -EINVAL;
	info = (struct vcpu_info *)(page + offset);
	if (vcpu_has_info(v)) {
		memcpy(info, v->info, sizeof(*info));
	} else {
		memset(info, 0, sizeof(*info));
		info->evtchn_upcall_mask = 1;
	}
	v->info_mfn = gfn;
	__atomic_store_n(&v->info, info, __ATOMIC_SEQ_CST);

	/* Events raised meanwhile may have gone to the old place: let the guest look everywhere. */
	__atomic_store_n(&info->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	v->time_stale = true;
	return 0;
}
