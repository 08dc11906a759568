/* SPDX-License-Identifier: MIT */
/*
 * Hard and soft affinity.  The wish of the tools is kept; what policies see is
 * the wish narrowed to the pCPUs of the pool, never empty for hard.  A wish
 * that the pool cannot honour any more (its pCPUs left) is set aside and comes
 * back with the pCPUs.
 */
#include "lib/errno.h"
#include "sched/engine/engine.h"

void sched_mask_all(struct pcpu_mask *mask)
{
	memset(mask, 0xff, sizeof(*mask));
}

/* Is every pCPU the policy knows of, also one that is about to leave, in @mask? */
static bool holds_all(const struct policy_instance *pi, const struct pcpu_mask *mask)
{
	const struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		if (!bitmap_test(mask->bits, pc->id))
			return false;
	return true;
}

void sched_affinity_refresh(struct sched_vcpu *sv)
{
	const struct policy_instance *pi = &sv->domain->pool->p;
	struct policy_vcpu *v = &sv->p;

	bitmap_and(v->hard.bits, sv->wanted_hard.bits, pi->members.bits, POLICY_MAX_PCPUS);
	if (bitmap_empty(v->hard.bits, POLICY_MAX_PCPUS))
		v->hard = pi->members;
	v->any_pcpu = holds_all(pi, &v->hard);
	bitmap_and(v->soft.bits, sv->wanted_soft.bits, v->hard.bits, POLICY_MAX_PCPUS);
	v->has_soft = !bitmap_empty(v->soft.bits, POLICY_MAX_PCPUS) &&
		      !bitmap_equal(v->soft.bits, v->hard.bits, POLICY_MAX_PCPUS);
}

int sched_set_affinity(struct sched_vcpu *sv, const struct pcpu_mask *hard,
		       const struct pcpu_mask *soft, s_time_t now)
{
	struct sched_system *sys = sv->domain->sys;
	struct policy_instance *pi;
	struct sched_pcpu *pc;

	spin_lock(&sys->config);
	pi = &sv->domain->pool->p;
	if (hard && !bitmap_intersects(hard->bits, pi->members.bits, POLICY_MAX_PCPUS)) {
		spin_unlock(&sys->config);
		return -EINVAL;
	}
	pc = sched_lock_vcpu(sv);
	if (hard)
		sv->wanted_hard = *hard;
	if (soft)
		sv->wanted_soft = *soft;
	sched_affinity_refresh(sv);
	pi->policy->affinity_changed(pi, &sv->p, now);
	spin_unlock(pc->lock);
	sched_relocate(sv, now);
	spin_unlock(&sys->config);
	return 0;
}
