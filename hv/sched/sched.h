/* SPDX-License-Identifier: MIT */
/*
 * Scheduling, as the rest of the hypervisor sees it: hooks that say that a
 * vCPU may or may not run, pausing, affinity, runstates, pools.  Decisions are
 * made by engine/ with a policy of sched-policies/; this layer adds interrupts,
 * softirqs, timers and the context switch.
 *
 * Unless said otherwise: any context, interrupts on or off, no scheduler lock
 * held; locks of domains and event channels may be held.
 */
#ifndef ORRERY_SCHED_SCHED_H
#define ORRERY_SCHED_SCHED_H

#include "sched/engine/engine.h"

struct vcpu;
struct domain;
struct xen_domctl_scheduler_op;
struct xen_sysctl_scheduler_op;

/* --- boot and life cycle --------------------------------------------------- */

/* Boot pCPU, heap and command line ready, before any vCPU: policies, sched=, pool 0. */
void sched_init(void);
/* Each pCPU once, by whoever brings it up, its idle vCPU existing: joins pool 0 if @join. */
int sched_init_pcpu(unsigned cpu, struct vcpu *idle, bool join);

/* domain_create() and destruction.  -ESRCH if there is no such pool. */
int sched_domain_init(struct domain *d, u32 pool_id);
/* d->handle is another. */
void sched_domain_handle_changed(struct domain *d);
void sched_domain_destroy(struct domain *d);
/* vcpu_create(): the new vCPU is down (vcpu_up() starts it); sets v->cpu.  Destroy: v paused. */
void sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);
void sched_idle_vcpu_init(struct vcpu *v, unsigned cpu);

/* --- the switch ------------------------------------------------------------ */

/* Handler of SOFTIRQ_SCHEDULE.  Calls context_switch() if another vCPU is due. */
void schedule(void);

/* By the architecture: leave @prev, run @next.  Interrupts off, @next's state says running,
 * current still @prev.  Must call sched_context_saved() exactly once, as soon as @prev's
 * registers are in memory; may or may not return. */
void context_switch(struct vcpu *prev, struct vcpu *next);
void sched_context_saved(void);

/* --- may run, may not ------------------------------------------------------ */

/* SCHEDOP_block for current (events are unmasked by the caller): sleeps from the next return
 * to the guest until an event, not at all if one is pending. */
void vcpu_block(void);
/* SCHEDOP_poll: as above without looking at events.  The caller looks at its ports after
 * this and undoes it with vcpu_unblock(); then raises SOFTIRQ_SCHEDULE if it sleeps. */
void vcpu_mark_blocked(struct vcpu *v);
/* An event or a poll's end: not blocked any more. */
void vcpu_unblock(struct vcpu *v);
/* Unblock, and if it runs on another pCPU make it leave the guest and look at its events. */
void vcpu_kick(struct vcpu *v);
/* Look again: runnable and asleep -> queued.  For whoever cleared a reason itself. */
void vcpu_wake(struct vcpu *v);
void vcpu_yield(void);

/* Look again: not runnable -> off the queue or off its pCPU (_sync: and wait; not current). */
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);

/* Counted.  vcpu_pause() waits until it is off its pCPU.  @pre v != current */
void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
/* The same for all vCPUs of a domain, present and future. */
void sched_domain_pause(struct domain *d);
void sched_domain_pause_nosync(struct domain *d);
void sched_domain_unpause(struct domain *d);

/* VCPUOP_up / down.  True if it changed. */
bool vcpu_up(struct vcpu *v);
bool vcpu_down(struct vcpu *v);
bool vcpu_is_up(const struct vcpu *v);
bool vcpu_is_blocked(const struct vcpu *v);
bool vcpu_is_running(const struct vcpu *v);
bool vcpu_is_runnable(const struct vcpu *v);

/* --- accounting ------------------------------------------------------------ */

/* The four times add up to now minus creation, exactly. */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
/* Nanoseconds in RUNSTATE_running. */
u64 vcpu_cpu_time(struct vcpu *v);
/* Nanoseconds a pCPU has been idle. */
u64 sched_pcpu_idle_time(unsigned cpu);

/* --- affinity and pools ---------------------------------------------------- */

/* 0; -EINVAL: see engine.h; -EBUSY: pinned.  Masks beyond pcpu_count are ignored. */
int vcpu_set_affinity(struct vcpu *v, const struct pcpu_mask *hard, const struct pcpu_mask *soft);
/* As set; and what the pool leaves of it. */
void vcpu_get_affinity(struct vcpu *v, struct pcpu_mask *hard, struct pcpu_mask *soft);
void vcpu_get_effective_affinity(struct vcpu *v, struct pcpu_mask *hard, struct pcpu_mask *soft);
/* Onto one pCPU until it is unpinned.  -EINVAL: not a pCPU of the pool; -EBUSY: pinned already. */
int vcpu_pin(struct vcpu *v, unsigned cpu);
/* Back to the affinity before vcpu_pin.  -EINVAL: not pinned. */
int vcpu_unpin(struct vcpu *v);

extern struct sched_system sched_system;

/* Between the two no pool goes and no domain changes its pool: for whoever works on a pool found by
 * its id or through a domain.  Interrupts on; the functions below do it themselves. */
void sched_pools_hold(void);
void sched_pools_release(void);

/* cpupool_op: @xen_id picks the policy (0: the boot policy); *@pool_id SCHED_POOL_NONE: lowest
 * free.  -EINVAL, -ENOMEM, -EEXIST. */
int sched_cpupool_create(u32 *pool_id, u32 xen_id);
/* Any policy by name, for a pool without domains.  -ENOENT, -EINVAL (no such policy), -EBUSY. */
int sched_cpupool_set_policy(u32 pool_id, const char *name);
int sched_cpupool_destroy(u32 pool_id);
/* @cpu SCHED_POOL_NONE: the lowest free one, or the highest of the pool.  @pre can wait. */
int sched_cpupool_add_pcpu(u32 pool_id, u32 cpu);
int sched_cpupool_remove_pcpu(u32 pool_id, u32 cpu);
int sched_cpupool_move_domain(struct domain *d, u32 pool_id);
void sched_free_pcpus(struct pcpu_mask *mask);
/* Xen id the stock tools are told for a pool (sysctl sched_id: pool 0). */
u32 sched_pool_xen_id(u32 pool_id);
const char *sched_pool_policy_name(u32 pool_id);
u32 sched_domain_pool_id(const struct domain *d);

/* --- parameters ------------------------------------------------------------ */

/* XEN_DOMCTL_scheduler_op and XEN_SYSCTL_scheduler_op on local copies of the structures; the
 * per-vCPU commands read and write their array in the caller's guest memory. */
int sched_domctl_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
int sched_sysctl_adjust(struct xen_sysctl_scheduler_op *op);

#endif
