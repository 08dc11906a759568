/* SPDX-License-Identifier: MIT */
/*
 * A run queue in ascending order of a key, for policies with state per pool:
 * deadlines, virtual times, negated credits.  Equal keys go first come, first
 * served.  The node is the first member of the policy's vCPU data.  Adding and
 * removing take logarithmic time; looking for a vCPU steps over those that may
 * not run on the pCPU.
 */
#ifndef ORRERY_POLICY_QUEUE_H
#define ORRERY_POLICY_QUEUE_H

#include "lib/tree.h"
#include "sched-policies/api/policy_env.h"

static inline struct tree_node *policy_queue_node(const struct policy_vcpu *v)
{
	return POLICY_DATA(struct tree_node, v);
}

static inline struct policy_vcpu *policy_queue_vcpu(const struct tree_node *n)
{
	return POLICY_OWNER(n, vcpu);
}

static inline bool policy_queued(const struct policy_vcpu *v)
{
	return policy_queue_node(v)->inside;
}

static inline void policy_queue_add(struct tree *q, struct policy_vcpu *v, s64 key)
{
	tree_insert(q, policy_queue_node(v), key);
}

static inline void policy_queue_remove(struct tree *q, struct policy_vcpu *v)
{
	tree_remove(q, policy_queue_node(v));
}

/* The first that may run on @pc; @last (NULL: nobody) only if there is no other. */
static inline struct policy_vcpu *policy_queue_first(const struct tree *q,
						     const struct policy_pcpu *pc,
						     const struct policy_vcpu *last)
{
	struct policy_vcpu *found = NULL;

	for (struct tree_node *n = tree_first(q); n; n = tree_next(n)) {
		struct policy_vcpu *v = policy_queue_vcpu(n);

		if (!policy_may_run(v, pc))
			continue;
		if (v != last)
			return v;
		found = v;
	}
	return found;
}

/*
 * @v, queued, shall run soon: an idle pCPU is kicked, else the one that runs
 * the vCPU with the greatest key above @key.  @running_key: of the vCPU that
 * runs there now.  False: nobody was kicked.
 */
static inline bool policy_queue_preempt(struct policy_instance *pi, const struct policy_vcpu *v,
					s64 key,
					s64 (*running_key)(struct policy_instance *,
							   struct policy_pcpu *, s_time_t),
					s_time_t now)
{
	struct policy_pcpu *pc, *worst = NULL;
	s64 most = key;

	if (policy_offer(pi, v))
		return true;
	policy_for_each_pcpu(pc, pi) {
		s64 k;

		if (!pc->running || !policy_may_run(v, pc))
			continue;
		k = running_key(pi, pc, now);
		if (k > most) {
			most = k;
			worst = pc;
		}
	}
	if (worst)
		policy_kick(worst);
	return worst;
}

#endif
