/* SPDX-License-Identifier: MIT */
/*
 * Homes: each vCPU belongs to one pCPU that it may run on, the least crowded
 * when it comes, and is given another when that leaves or affinity forbids it.
 * For policies that divide time per pCPU by table; state per pool.  The structs
 * are the first members of the policy's pCPU and vCPU data.  Linear in the
 * pCPUs when a vCPU is homed; no cost in decisions.
 */
#ifndef ORRERY_POLICY_HOME_H
#define ORRERY_POLICY_HOME_H

#include "sched-policies/api/policy_env.h"

struct policy_home_pcpu {
	struct list vcpus; /* policy_home_vcpu.link, in order of coming */
	u32 count;
};

struct policy_home_vcpu {
	struct list link;
	struct policy_pcpu *home; /* NULL while on the way */
};

#define policy_home_pcpu(pc) POLICY_DATA(struct policy_home_pcpu, pc)
#define policy_home_vcpu(v) POLICY_DATA(struct policy_home_vcpu, v)

#define policy_for_each_homed(hv, pc) \
	list_for_each_entry(hv, &policy_home_pcpu(pc)->vcpus, link)

static inline void policy_home_leave(struct policy_vcpu *v)
{
	struct policy_home_vcpu *hv = policy_home_vcpu(v);

	if (!hv->home)
		return;
	list_del(&hv->link);
	policy_home_pcpu(hv->home)->count--;
	hv->home = NULL;
}

static inline void policy_home_enter(struct policy_vcpu *v, struct policy_pcpu *pc)
{
	list_add_tail(&policy_home_pcpu(pc)->vcpus, &policy_home_vcpu(v)->link);
	policy_home_pcpu(pc)->count++;
	policy_home_vcpu(v)->home = pc;
}

/* The least crowded that it may run on, but not @not; NULL if there is none. */
static inline struct policy_pcpu *policy_home_best(struct policy_instance *pi,
						   const struct policy_vcpu *v,
						   const struct policy_pcpu *not)
{
	struct policy_pcpu *pc, *best = NULL;

	policy_for_each_pcpu(pc, pi)
		if (pc != not && policy_may_run(v, pc) &&
		    (!best || policy_home_pcpu(pc)->count < policy_home_pcpu(best)->count))
			best = pc;
	return best;
}

/* One of the most crowded pCPU's, that may run on @to and makes things more even; or NULL. */
static inline struct policy_vcpu *policy_home_surplus(struct policy_instance *pi,
						      const struct policy_pcpu *to)
{
	struct policy_home_vcpu *hv;
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi) {
		if (pc == to || policy_home_pcpu(pc)->count <= policy_home_pcpu(to)->count + 1)
			continue;
		policy_for_each_homed(hv, pc)
			if (policy_may_run(POLICY_OWNER(hv, vcpu), to))
				return POLICY_OWNER(hv, vcpu);
	}
	return NULL;
}

#endif
