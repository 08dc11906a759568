/* SPDX-License-Identifier: MIT */
/*
 * What hypercalls and the context switch do with a vCPU's shared pages.  See
 * domain/domain.h for the object itself.
 */
#ifndef ORRERY_DOMAIN_VCPU_H
#define ORRERY_DOMAIN_VCPU_H

#include "domain/domain.h"

/* Has the guest a page with this vCPU's vcpu_info (always, below 32)? */
bool vcpu_has_info(const struct vcpu *v);
/* VCPUOP_register_vcpu_info: -ENXIO crosses the page; -EINVAL bad frame, registered before,
 * or another vCPU that is up. */
int vcpu_register_info(struct vcpu *v, u64 gfn, u32 offset);
/* Let go of the page it registered. @pre v does not run any more. */
void vcpu_forget_info(struct vcpu *v);

/*
 * The context switch tells of the guest's comings and goings; each needs @v's address
 * space loaded.  In: current is @v already, interrupts on or off: publishes time and runstate,
 * goes on with the periodic timer.  Out: @v's runstate is the new one already: publishes it,
 * stops the periodic timer.  Idle vCPUs are ignored.
 */
void guest_sched_in(struct vcpu *v);
void guest_sched_out(struct vcpu *v);

/* The parts of the above.  Write the runstate area the guest registered, if any. */
void vcpu_runstate_publish(struct vcpu *v);

/* Write guest-kernel memory of @v, whose address space is loaded, also while @v is in guest
 * user mode. Bytes that could not be written. Interrupts are off while it lasts. */
size_t copy_to_guest_kernel(struct vcpu *v, u64 va, const void *src, size_t n);

#endif
