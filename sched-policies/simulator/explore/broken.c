/* SPDX-License-Identifier: MIT */
/*
 * A policy that is wrong once in a while, to prove that the explorer finds it: a
 * vCPU that waits for the one pCPU it is bound to, when it is freed, is not
 * offered to another that idles.  It takes a few steps to get there.
 */
#include "sched-policies/simulator/explore/broken.h"

#include "sched-policies/api/policy_env.h"

struct broken_pool {
	struct list queue;
};

struct broken_vcpu {
	struct list link;
};

#define broken_queue(pi) (&POLICY_DATA(struct broken_pool, pi)->queue)
#define broken_vcpu(v) POLICY_DATA(struct broken_vcpu, v)

static int broken_init(struct policy_instance *pi)
{
	list_init(broken_queue(pi));
	return 0;
}

static void broken_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			   enum policy_enqueue why, s_time_t now)
{
	list_add_tail(broken_queue(pi), &broken_vcpu(v)->link);
	policy_offer(pi, v);
}

static void broken_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&broken_vcpu(v)->link);
}

static struct policy_decision broken_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					  s_time_t now)
{
	struct broken_vcpu *bv;

	list_for_each_entry(bv, broken_queue(pi), link)
		if (policy_may_run(POLICY_OWNER(bv, vcpu), pc)) {
			list_del(&bv->link);
			return (struct policy_decision){ POLICY_OWNER(bv, vcpu), POLICY_NS_PER_MS };
		}
	return (struct policy_decision){ NULL, 0 };
}

static void broken_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		       enum policy_put why, s_time_t now)
{
	if (why == PUT_PREEMPTED || why == PUT_YIELDED) {
		list_add_tail(broken_queue(pi), &broken_vcpu(v)->link);
		policy_offer(pi, v);
	}
}

static void broken_affinity_changed(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
}

const struct sched_policy broken_policy = {
	.version = SCHED_POLICY_VERSION,
	.name = "broken",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct broken_pool),
	.vcpu_bytes = sizeof(struct broken_vcpu),
	.init = broken_init,
	.enqueue = broken_enqueue,
	.dequeue = broken_dequeue,
	.pick = broken_pick,
	.put = broken_put,
	.affinity_changed = broken_affinity_changed,
};
