/* SPDX-License-Identifier: MIT */
/*
 * rr: round robin.  One queue per pool, first come first served, each vCPU
 * runs for at most a slice and goes to the end.  No weights, no priorities: a
 * vCPU that wakes waits for its turn.  Alone it runs without a slice until
 * another one becomes ready; a pCPU that would idle takes the first vCPU that
 * may run there.  Page: rr.md.
 */
#include "sched-policies/api/policy_env.h"

struct rr_pool {
	u32 unlimited;     /* pCPUs whose vCPU runs without a slice */
	struct list queue; /* rr_vcpu.link of all ready vCPUs, next to run first */
};

struct rr_vcpu {
	struct list link;
};

struct rr_pcpu {
	bool unlimited;
	struct policy_vcpu *put; /* queued by the put before this pick */
};

enum { RR_SLICE_US, RR_WAKE_FIRST, RR_LOCK_GRACE_US };

static const struct policy_tunable rr_tunables[] = {
	[RR_SLICE_US] = { "slice_us", 50, 1000000, 10000, "longest turn, in microseconds" },
	[RR_WAKE_FIRST] = { "wake_first", 0, 1, 0,
			    "a woken vCPU goes to the head of the queue instead of its end" },
	[RR_LOCK_GRACE_US] = { "lock_grace_us", 0, 1000, 0,
			       "who says that it holds a lock may go on for so long" },
};

static struct rr_pool *rr_pool(const struct policy_instance *pi)
{
	return POLICY_DATA(struct rr_pool, pi);
}

static struct rr_vcpu *rr_vcpu(const struct policy_vcpu *v)
{
	return POLICY_DATA(struct rr_vcpu, v);
}

static struct rr_pcpu *rr_pcpu(const struct policy_pcpu *pc)
{
	return POLICY_DATA(struct rr_pcpu, pc);
}

static s_time_t rr_slice(const struct policy_instance *pi)
{
	return policy_tunable(pi, RR_SLICE_US) * POLICY_NS_PER_US;
}

static void set_unlimited(struct policy_instance *pi, struct policy_pcpu *pc, bool unlimited)
{
	rr_pool(pi)->unlimited += unlimited - rr_pcpu(pc)->unlimited;
	rr_pcpu(pc)->unlimited = unlimited;
}

static int rr_init(struct policy_instance *pi)
{
	list_init(&rr_pool(pi)->queue);
	return 0;
}

/* The vCPU just put, which waits if another is picked, perhaps one bound to @pc. */
static struct policy_vcpu *take_put(struct policy_pcpu *pc)
{
	struct policy_vcpu *put = rr_pcpu(pc)->put;

	rr_pcpu(pc)->put = NULL;
	return put;
}

/* Somebody waits: what runs without a slice gets one, counted from when it began. */
static void limit_running(struct policy_instance *pi, const struct policy_vcpu *v)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		if (rr_pcpu(pc)->unlimited && policy_may_run(v, pc)) {
			set_unlimited(pi, pc, false);
			policy_end_slice(pc, pc->since + rr_slice(pi));
		}
}

static void rr_enqueue(struct policy_instance *pi, struct policy_vcpu *v, enum policy_enqueue why,
		       s_time_t now)
{
	if (why == ENQUEUE_WAKE && policy_tunable(pi, RR_WAKE_FIRST))
		list_add(&rr_pool(pi)->queue, &rr_vcpu(v)->link);
	else
		list_add_tail(&rr_pool(pi)->queue, &rr_vcpu(v)->link);
	if (!policy_offer(pi, v) && rr_pool(pi)->unlimited)
		limit_running(pi, v);
}

static void rr_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&rr_vcpu(v)->link);
}

static struct policy_decision rr_pick_named(struct policy_instance *pi, struct policy_pcpu *pc,
					    struct policy_vcpu *v, s_time_t now)
{
	struct policy_vcpu *put = take_put(pc);

	list_del(&rr_vcpu(v)->link);
	if (put)
		policy_offer(pi, put);
	return (struct policy_decision){ v, rr_slice(pi) };
}

static struct policy_decision rr_pick(struct policy_instance *pi, struct policy_pcpu *pc,
				      s_time_t now)
{
	struct policy_vcpu *put = take_put(pc);
	struct list *queue = &rr_pool(pi)->queue;
	struct rr_vcpu *rv;

	list_for_each_entry(rv, queue, link) {
		struct policy_vcpu *v = POLICY_OWNER(rv, vcpu);

		if (!policy_may_run(v, pc))
			continue;
		list_del(&rv->link);
		set_unlimited(pi, pc, list_empty(queue));
		if (put && put != v)
			policy_offer(pi, put);
		return (struct policy_decision){
			v, rr_pcpu(pc)->unlimited ? SLICE_NONE : rr_slice(pi) };
	}
	return (struct policy_decision){ NULL, 0 };
}

static void rr_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		   enum policy_put why, s_time_t now)
{
	set_unlimited(pi, pc, false);
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	list_add_tail(&rr_pool(pi)->queue, &rr_vcpu(v)->link);
	rr_pcpu(pc)->put = v;
}

static void rr_tuned(struct policy_instance *pi, s_time_t now)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		policy_kick(pc);
}

static void rr_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct rr_vcpu *rv;
	u32 place = 0;

	list_for_each_entry(rv, &rr_pool(pi)->queue, link) {
		const struct policy_vcpu *v = POLICY_OWNER(rv, vcpu);

		out->line(out, "queue %u: d%uv%u", place++, v->domain->id, v->id);
	}
}

SCHED_POLICY(rr) {
	.version = SCHED_POLICY_VERSION,
	.name = "rr",
	.title = "round robin",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct rr_pool),
	.pcpu_bytes = sizeof(struct rr_pcpu),
	.vcpu_bytes = sizeof(struct rr_vcpu),
	.tunables = rr_tunables,
	.nr_tunables = ARRAY_SIZE(rr_tunables),
	.init = rr_init,
	.enqueue = rr_enqueue,
	.dequeue = rr_dequeue,
	.pick = rr_pick,
	.pick_named = rr_pick_named,
	.put = rr_put,
	.tuned = rr_tuned,
	.dump = rr_dump,
};
