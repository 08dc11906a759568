/* SPDX-License-Identifier: MIT */
/*
 * Everything a policy may call.  All of it is legal in any operation that has
 * a struct policy_instance, under the lock that operation is called with, and
 * none of it waits.  Time is not here: operations are told `now`.
 */
#ifndef ORRERY_POLICY_ENV_H
#define ORRERY_POLICY_ENV_H

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/random.h"
#include "lib/string.h"
#include "sched-policies/api/sched_policy.h"

#define POLICY_NS_PER_US 1000LL
#define POLICY_NS_PER_MS 1000000LL
#define POLICY_NS_PER_SEC 1000000000LL

/* Typed access to private data: POLICY_DATA(struct rr_vcpu, v). */
#define POLICY_DATA(type, obj) ((type *)policy_private((obj)->data))
static inline void *policy_private(const u64 *data)
{
	return (void *)data;
}

/* The pCPU shall call pick as soon as it can.  Idempotent.  An idle one is claimed by it: until
 * it has picked, policy_idle_pcpu() finds another. */
void policy_kick(struct policy_pcpu *pc);

/* One timer per pCPU and one per instance (the latter only with POLICY_STATE_PER_POOL): the
 * matching operation is called once at or after @when; setting again replaces. TIME_MAX: off. */
void policy_pcpu_timer(struct policy_pcpu *pc, s_time_t when);
void policy_instance_timer(struct policy_instance *pi, s_time_t when);

/* The running vCPU of @pc, which was picked with another slice or none, shall be put at @when
 * (or as soon as possible if that has passed).  No effect on an idle pCPU. */
void policy_end_slice(struct policy_pcpu *pc, s_time_t when);

/* A record of the policy's own about @v in the trace (event policy_note): its page lists the
 * codes. */
void policy_note(const struct policy_vcpu *v, u32 code, u64 value);

/* @v, READY and held, shall not run for now (a cap, an empty budget): no stall, no breach of work
 * conservation.  policy_unpark() takes it back; picking or dequeueing it does so too. */
void policy_park(struct policy_vcpu *v);
void policy_unpark(struct policy_vcpu *v, s_time_t now);

/* Kick an idle pCPU that may run @v, which is READY.  False if there is none. */
bool policy_offer(struct policy_instance *pi, const struct policy_vcpu *v);

/* What place does by default: its last pCPU if idle, an idle one it prefers, any idle one,
 * the last one if allowed, the lowest allowed. */
struct policy_pcpu *policy_default_place(struct policy_instance *pi, struct policy_vcpu *v,
					 enum policy_enqueue why, s_time_t now);

/* The pCPU of that id, or NULL if it is not of this pool. */
struct policy_pcpu *policy_pcpu_by_id(const struct policy_instance *pi, u32 id);

/* An idle pCPU of the pool where @v may run: v->pcpu first, then preferred ones, then any, by
 * ascending id after v->pcpu's and round.  NULL if all are busy. */
struct policy_pcpu *policy_idle_pcpu(const struct policy_instance *pi,
				     const struct policy_vcpu *v);

/* Does hard affinity allow @v on @pc?  Both belong to the same instance. */
static inline bool policy_may_run(const struct policy_vcpu *v, const struct policy_pcpu *pc)
{
	return v->any_pcpu || bitmap_test(v->hard.bits, pc->id);
}

/* Does soft affinity ask for @pc?  True if there is none. */
static inline bool policy_prefers(const struct policy_vcpu *v, const struct policy_pcpu *pc)
{
	return !v->has_soft || bitmap_test(v->soft.bits, pc->id);
}

static inline s64 policy_tunable(const struct policy_instance *pi, u32 index)
{
	return pi->tunable[index];
}

/* Uniform 64 bits of the instance's own seeded sequence. */
static inline u64 policy_random(struct policy_instance *pi)
{
	return random_next(&pi->random);
}

/* Uniform in 0..@bound - 1 to within bound / 2^32.  @pre 0 < bound */
static inline u32 policy_random_below(struct policy_instance *pi, u32 bound)
{
	return (policy_random(pi) >> 32) * bound >> 32;
}

static inline void policy_count(struct policy_instance *pi, u32 index)
{
	pi->counter[index]++;
}

/* In ascending id, and in order of attachment.  Pool lock. */
#define policy_for_each_pcpu(pc, pi) list_for_each_entry(pc, &(pi)->pcpus, node)
#define policy_for_each_domain(d, pi) list_for_each_entry(d, &(pi)->domains, node)
#define policy_for_each_vcpu(v, pi) list_for_each_entry(v, &(pi)->vcpus, node)

#endif
