/* SPDX-License-Identifier: MIT */
/*
 * liar: a first-come-first-served policy that gives one kind of wrong answer on
 * command, to show on the machine that the guard finds it.  Set the tunable `lie`
 * from Dom0, or at boot with `after_ms`; see README.md here.  It is linked into
 * the hypervisor, not into the simulator, whose tests have liars of their own.
 */
#include "sched-policies/api/policy_env.h"

enum lie {
	LIE_NONE, LIE_GARBAGE, LIE_ASLEEP, LIE_TWICE, LIE_AFFINITY, LIE_SHORT, LIE_LONG, LIE_PLACE,
	LIE_STALE, LIE_STALL, LIE_FORGET, LIE_WILD, LIE_WILD_PLACE, LIES,
};

#define WILD ((void *)0x5a5a5a5a5a5a5a40) /* not even canonical */

struct liar_pool {
	struct list queue;         /* liar_vcpu.link of all ready vCPUs */
	struct policy_vcpu *stale; /* one that has left */
};

struct liar_vcpu {
	struct list link;
	bool forgotten;
};

enum { LIE, AFTER_MS };

static const struct policy_tunable liar_tunables[] = {
	[LIE] = { "lie", LIE_NONE, LIES - 1, LIE_NONE, "which wrong answer to give; 0 none" },
	[AFTER_MS] = { "after_ms", 0, 1000000, 0, "not before the machine is so old" },
};

#define liar_pool(pi) POLICY_DATA(struct liar_pool, pi)
#define liar_vcpu(v) POLICY_DATA(struct liar_vcpu, v)

static bool lies(const struct policy_instance *pi, enum lie which, s_time_t now)
{
	return policy_tunable(pi, LIE) == which &&
	       now >= policy_tunable(pi, AFTER_MS) * POLICY_NS_PER_MS;
}

static int liar_init(struct policy_instance *pi)
{
	list_init(&liar_pool(pi)->queue);
	return 0;
}

static void kick_all(struct policy_instance *pi)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		policy_kick(pc);
}

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	liar_vcpu(v)->forgotten = lies(pi, LIE_FORGET, now) && v->domain->id;
	if (!liar_vcpu(v)->forgotten)
		list_add_tail(&liar_pool(pi)->queue, &liar_vcpu(v)->link);
}

static void liar_enqueue(struct policy_instance *pi, struct policy_vcpu *v, enum policy_enqueue why,
			 s_time_t now)
{
	queue_add(pi, v, now);
	kick_all(pi);
}

static void liar_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (!liar_vcpu(v)->forgotten)
		list_del(&liar_vcpu(v)->link);
}

static void liar_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	if (why == PUT_PREEMPTED || why == PUT_YIELDED)
		queue_add(pi, v, now);
}

/* What @pc shall run if it is one of the lies about a vCPU. */
static struct policy_vcpu *wrong_vcpu(struct policy_instance *pi, struct policy_pcpu *pc,
				      s_time_t now)
{
	struct policy_vcpu *v;

	if (lies(pi, LIE_GARBAGE, now))
		return POLICY_DATA(struct policy_vcpu, pc);
	if (lies(pi, LIE_WILD, now))
		return WILD;
	if (lies(pi, LIE_STALE, now))
		return liar_pool(pi)->stale;
	policy_for_each_vcpu(v, pi) {
		if (lies(pi, LIE_ASLEEP, now) && v->state == VCPU_ASLEEP)
			return v;
		if (lies(pi, LIE_TWICE, now) && v->state == VCPU_RUNNING)
			return v;
		if (lies(pi, LIE_AFFINITY, now) && v->state == VCPU_READY && !policy_may_run(v, pc)) {
			list_del(&liar_vcpu(v)->link);
			return v;
		}
	}
	return NULL;
}

static struct policy_decision liar_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct policy_vcpu *v = wrong_vcpu(pi, pc, now);
	s_time_t slice = 5 * POLICY_NS_PER_MS;
	struct liar_vcpu *lv;

	if (v)
		return (struct policy_decision){ v, slice };
	if (lies(pi, LIE_SHORT, now))
		slice = SLICE_MIN - 1;
	if (lies(pi, LIE_LONG, now))
		slice = SLICE_MAX + 1;
	list_for_each_entry(lv, &liar_pool(pi)->queue, link) {
		v = POLICY_OWNER(lv, vcpu);
		if (!policy_may_run(v, pc) || (lies(pi, LIE_STALL, now) && v->domain->id))
			continue;
		list_del(&lv->link);
		return (struct policy_decision){ v, slice };
	}
	return (struct policy_decision){ NULL, 0 };
}

/* Anywhere but where it may run. */
static struct policy_pcpu *liar_place(struct policy_instance *pi, struct policy_vcpu *v,
				      enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc;

	if (lies(pi, LIE_PLACE, now))
		policy_for_each_pcpu(pc, pi)
			if (!policy_may_run(v, pc))
				return pc;
	if (lies(pi, LIE_WILD_PLACE, now))
		return WILD;
	return policy_default_place(pi, v, why, now);
}

static void liar_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	liar_pool(pi)->stale = v;
}

static void liar_tuned(struct policy_instance *pi, s_time_t now)
{
	kick_all(pi);
}

SCHED_POLICY(liar) {
	.version = SCHED_POLICY_VERSION,
	.name = "liar",
	.title = "gives wrong answers on command: for tests of the guard",
	.scope = POLICY_STATE_PER_POOL,
	.instance_bytes = sizeof(struct liar_pool),
	.vcpu_bytes = sizeof(struct liar_vcpu),
	.tunables = liar_tunables,
	.nr_tunables = ARRAY_SIZE(liar_tunables),
	.init = liar_init,
	.vcpu_remove = liar_vcpu_remove,
	.place = liar_place,
	.enqueue = liar_enqueue,
	.dequeue = liar_dequeue,
	.pick = liar_pick,
	.put = liar_put,
	.tuned = liar_tuned,
};
