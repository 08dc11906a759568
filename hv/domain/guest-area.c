/* SPDX-License-Identifier: MIT */
/*
 * Areas a guest registers by virtual address and expects to be kept up to date
 * while its vCPU runs: the runstate area; and what the context switch does
 * about those and about time.  Such an area is written with the guest's own
 * kernel page tables loaded; where they do not map it writable, nothing
 * happens.
 */
#include "console/console.h"
#include "domain/vcpu-timers.h"
#include "domain/vcpu.h"
#include "memory/guest.h"
#include "pv/mmu.h"
#include "time/guest-time.h"
#include "x86/cpu.h"

size_t copy_to_guest_kernel(struct vcpu *v, u64 va, const void *src, size_t n)
{
	unsigned long flags = irq_save();
	bool in_user = !v->pv.kernel_mode;
	size_t left;

	if (unlikely(in_user)) {
		v->pv.kernel_mode = true;
		pv_load_root(v);
	}
	left = copy_to_guest(va, src, n);
	if (unlikely(in_user)) {
		v->pv.kernel_mode = false;
		pv_load_root(v);
	}
	irq_restore(flags);
	return left;
}

/* With the update flag a reader on another vCPU sees that the copy is not consistent. */
static void publish_flagged(struct vcpu *v, struct vcpu_runstate_info *ri)
{
	u64 at = v->runstate_guest, stamp = ri->state_entry_time | XEN_RUNSTATE_UPDATE;
	u64 stamp_at = at + offsetof(struct vcpu_runstate_info, state_entry_time);

	if (copy_to_guest_kernel(v, stamp_at, &stamp, sizeof(stamp)))
		return;
	stamp = ri->state_entry_time;
	ri->state_entry_time |= XEN_RUNSTATE_UPDATE;
	barrier(); /* x86 keeps stores in order */
	copy_to_guest_kernel(v, at, ri, sizeof(*ri));
	barrier();
	copy_to_guest_kernel(v, stamp_at, &stamp, sizeof(stamp));
}

void vcpu_runstate_publish(struct vcpu *v)
{
	struct vcpu_runstate_info ri;

	if (!v->runstate_guest)
		return;
	/* Changes only in the scheduler, on this pCPU: no lock. */
	ri = v->sched.runstate;
	if (v->domain->vm_assist & 1UL << VMASST_TYPE_runstate_update_flag)
		publish_flagged(v, &ri);
	else
		copy_to_guest_kernel(v, v->runstate_guest, &ri, sizeof(ri));
}

void guest_sched_in(struct vcpu *v)
{
	if (v->is_idle)
		return;
	vcpu_time_publish(v);
	vcpu_runstate_publish(v);
	vcpu_periodic_resume(v);
}

void guest_sched_out(struct vcpu *v)
{
	if (v->is_idle)
		return;
	vcpu_runstate_publish(v);
	vcpu_periodic_pause(v);
}
