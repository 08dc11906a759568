/* SPDX-License-Identifier: MIT */
/*
 * Run queues per pCPU in a few classes: a lower class goes before a higher one,
 * within a class first come, first served.  For policies that queue a vCPU at
 * its own pCPU and let others take it from there; state per pool.  The structs
 * are the first members of the policy's instance, pCPU and vCPU data.  Adding
 * and removing take constant time.
 */
#ifndef ORRERY_POLICY_CLASSES_H
#define ORRERY_POLICY_CLASSES_H

#include "sched-policies/api/policy_env.h"

#define POLICY_CLASSES 3

struct policy_classes_pool {
	u32 queued[POLICY_CLASSES];        /* on all pCPUs */
};

struct policy_classes_pcpu {
	struct list queue[POLICY_CLASSES]; /* policy_classes_vcpu.link */
};

struct policy_classes_vcpu {
	struct list link;
	s_time_t ran_until;                /* when it last ran, as the policy says */
	u8 class;                          /* policy_class_set() changes it */
	bool queued;
};

#define policy_classes_pool(pi) POLICY_DATA(struct policy_classes_pool, pi)
#define policy_classes_pcpu(pc) POLICY_DATA(struct policy_classes_pcpu, pc)
#define policy_classes_vcpu(v) POLICY_DATA(struct policy_classes_vcpu, v)

static inline void policy_classes_init(struct policy_pcpu *pc)
{
	for (u32 i = 0; i < POLICY_CLASSES; i++)
		list_init(&policy_classes_pcpu(pc)->queue[i]);
}

/* Last of its class at v->pcpu. */
static inline void policy_class_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct policy_classes_vcpu *cv = policy_classes_vcpu(v);

	list_add_tail(&policy_classes_pcpu(v->pcpu)->queue[cv->class], &cv->link);
	policy_classes_pool(pi)->queued[cv->class]++;
	cv->queued = true;
}

static inline void policy_class_remove(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct policy_classes_vcpu *cv = policy_classes_vcpu(v);

	list_del(&cv->link);
	policy_classes_pool(pi)->queued[cv->class]--;
	cv->queued = false;
}

/* A queued one changes its queue. */
static inline void policy_class_set(struct policy_instance *pi, struct policy_vcpu *v, u8 class)
{
	bool queued = policy_classes_vcpu(v)->queued;

	if (policy_classes_vcpu(v)->class == class)
		return;
	if (queued)
		policy_class_remove(pi, v);
	policy_classes_vcpu(v)->class = class;
	if (queued)
		policy_class_add(pi, v);
}

/* @v has just been queued at v->pcpu: who shall look at it? */
static inline void policy_class_tickle(struct policy_instance *pi, const struct policy_vcpu *v)
{
	const struct policy_vcpu *running = v->pcpu->running;

	if (!running || policy_classes_vcpu(v)->class < policy_classes_vcpu(running)->class)
		policy_kick(v->pcpu);
	if (running)
		policy_offer(pi, v);
}

/* The first of @from's queues, down to class @worst, that may run on @pc and has not run after
 * @cold; not @not. */
static inline struct policy_vcpu *policy_class_first(struct policy_pcpu *from,
						     struct policy_pcpu *pc, u32 worst,
						     s_time_t cold, const struct policy_vcpu *not)
{
	struct policy_classes_vcpu *cv;

	for (u32 class = 0; class <= worst; class++)
		list_for_each_entry(cv, &policy_classes_pcpu(from)->queue[class], link) {
			struct policy_vcpu *v = POLICY_OWNER(cv, vcpu);

			if (policy_may_run(v, pc) && cv->ran_until <= cold && v != not)
				return v;
		}
	return NULL;
}

/* The same of the other pCPUs in turn, starting behind @pc.  Linear in them. */
static inline struct policy_vcpu *policy_class_elsewhere(struct policy_instance *pi,
							 struct policy_pcpu *pc, u32 worst,
							 s_time_t cold)
{
	struct policy_vcpu *v = NULL;

	for (struct list *at = pc->node.next; !v && at != &pc->node; at = at->next)
		if (at != &pi->pcpus)
			v = policy_class_first(list_entry(at, struct policy_pcpu, node), pc, worst,
					       cold, NULL);
	return v;
}

#endif
