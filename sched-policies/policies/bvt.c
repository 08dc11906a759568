/* SPDX-License-Identifier: MIT */
/*
 * bvt: borrowed virtual time.  Each vCPU's actual virtual time advances with
 * its running, divided by its weight; the one with the earliest effective
 * virtual time (actual minus its warp, for a latency-sensitive one) runs.
 * The running one may be ahead of the next by a context switch allowance.  A
 * vCPU that wakes is brought up to the scheduler's virtual time: sleep saves
 * nothing.  One queue per pool.  Page: bvt.md.
 */
#include "sched-policies/api/policy_queue.h"

struct bvt_pool {
	struct tree queue; /* by effective virtual time */
	s64 svt;           /* scheduler virtual time: least actual one, never falls */
};

struct bvt_vcpu {
	struct tree_node node;   /* first */
	s64 avt;                 /* actual virtual time: ns at weight 256 */
	s_time_t unwarped_until; /* no warp before: it used up its limit */
	s64 warped_ns;           /* run under warp since it was last unwarped */
};

struct bvt_pcpu {
	struct policy_vcpu *yielded;
};

enum { ALLOWANCE_US };
enum { WEIGHT, WARP_US, WARP_LIMIT_US, UNWARP_US };
#define NOMINAL 256

static const struct policy_tunable bvt_tunables[] = {
	[ALLOWANCE_US] = { "allowance_us", 100, 1000000, 5000,
			   "how far the running vCPU may get ahead of the next, in real time" },
};

static const struct policy_tunable bvt_domain_params[] = {
	[WEIGHT] = { "weight", 1, 65535, 256, "share of each vCPU, relative to others" },
	[WARP_US] = { "warp_us", 0, 1000000, 0, "virtual time borrowed for latency" },
	[WARP_LIMIT_US] = { "warp_limit_us", 0, 1000000, 0, "longest run under warp; 0 no limit" },
	[UNWARP_US] = { "unwarp_us", 0, 1000000, 0, "pause of the warp after that" },
};

#define bvt_pool(pi) POLICY_DATA(struct bvt_pool, pi)
#define bvt_vcpu(v) POLICY_DATA(struct bvt_vcpu, v)
#define bvt_pcpu(pc) POLICY_DATA(struct bvt_pcpu, pc)

static s_time_t allowance(const struct policy_instance *pi)
{
	return policy_tunable(pi, ALLOWANCE_US) * POLICY_NS_PER_US;
}

static s64 to_virtual(const struct policy_vcpu *v, s_time_t ns)
{
	return ns * NOMINAL / v->domain->param[WEIGHT];
}

static s_time_t to_real(const struct policy_vcpu *v, s64 virtual)
{
	return virtual * v->domain->param[WEIGHT] / NOMINAL;
}

static bool warps(const struct policy_vcpu *v, s_time_t now)
{
	return v->domain->param[WARP_US] && now >= bvt_vcpu(v)->unwarped_until;
}

static s64 effective(const struct policy_vcpu *v, s_time_t now)
{
	s64 warp = warps(v, now) ? v->domain->param[WARP_US] * POLICY_NS_PER_US : 0;

	return bvt_vcpu(v)->avt - warp;
}

static s64 running_key(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	return effective(pc->running, now) + to_virtual(pc->running, now - pc->since);
}

/* The least actual virtual time of who competes; queue order is a good hint without warps. */
static void raise_svt(struct policy_instance *pi, s64 at_least)
{
	struct tree_node *first = tree_first(&bvt_pool(pi)->queue);
	s64 least = at_least;

	if (first)
		least = MIN(least, bvt_vcpu(policy_queue_vcpu(first))->avt);
	bvt_pool(pi)->svt = MAX(bvt_pool(pi)->svt, least);
}

/* @v waits: whoever it may displace shall stop as soon as it is an allowance ahead. */
static void limit_running(struct policy_instance *pi, const struct policy_vcpu *v, s_time_t now)
{
	s64 key = policy_queue_node(v)->key;
	struct policy_pcpu *pc;

	if (policy_offer(pi, v))
		return;
	policy_for_each_pcpu(pc, pi) {
		s64 ahead;

		if (!pc->running || !policy_may_run(v, pc))
			continue;
		ahead = to_real(pc->running, running_key(pi, pc, now) - key);
		if (ahead >= allowance(pi))
			policy_kick(pc);
		else
			policy_end_slice(pc, now + MIN(MAX(allowance(pi) - ahead, SLICE_MIN),
						       SLICE_MAX));
	}
}

/* At equal times who woke goes first: else those that compute in step would all go before it. */
static void bvt_enqueue(struct policy_instance *pi, struct policy_vcpu *v, enum policy_enqueue why,
			s_time_t now)
{
	struct bvt_vcpu *bv = bvt_vcpu(v);

	bv->avt = MAX(bv->avt, bvt_pool(pi)->svt);
	policy_queue_add(&bvt_pool(pi)->queue, v, effective(v, now) - (why == ENQUEUE_WAKE));
	limit_running(pi, v, now);
}

static void bvt_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	policy_queue_remove(&bvt_pool(pi)->queue, v);
}

/* Until it is an allowance ahead of the next one, or has used up its warp. */
static s_time_t slice_of(struct policy_instance *pi, const struct policy_vcpu *v,
			 const struct policy_vcpu *next, s_time_t now)
{
	s_time_t slice = SLICE_MAX;

	if (next)
		slice = allowance(pi) +
			MAX(to_real(v, policy_queue_node(next)->key - effective(v, now)), 0);
	if (warps(v, now) && v->domain->param[WARP_LIMIT_US])
		slice = MIN(slice, v->domain->param[WARP_LIMIT_US] * POLICY_NS_PER_US -
				   bvt_vcpu(v)->warped_ns);
	return MIN(MAX(slice, SLICE_MIN), SLICE_MAX);
}

static struct policy_decision bvt_pick(struct policy_instance *pi, struct policy_pcpu *pc,
				       s_time_t now)
{
	struct policy_vcpu *v =
		policy_queue_first(&bvt_pool(pi)->queue, pc, bvt_pcpu(pc)->yielded);

	bvt_pcpu(pc)->yielded = NULL;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	raise_svt(pi, bvt_vcpu(v)->avt);
	policy_queue_remove(&bvt_pool(pi)->queue, v);
	return (struct policy_decision){
		v, slice_of(pi, v, policy_queue_first(&bvt_pool(pi)->queue, pc, NULL), now) };
}

static void charge_warp(struct policy_vcpu *v, s_time_t used, s_time_t now)
{
	const s64 *param = v->domain->param;
	struct bvt_vcpu *bv = bvt_vcpu(v);

	if (!warps(v, now) || !param[WARP_LIMIT_US])
		return;
	bv->warped_ns += used;
	if (bv->warped_ns < param[WARP_LIMIT_US] * POLICY_NS_PER_US)
		return;
	bv->warped_ns = 0;
	bv->unwarped_until = now + param[UNWARP_US] * POLICY_NS_PER_US;
}

static void bvt_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		    enum policy_put why, s_time_t now)
{
	s_time_t used = MAX(now - pc->since, 0);

	bvt_vcpu(v)->avt += to_virtual(v, used);
	charge_warp(v, used, now);
	if (why == PUT_ASLEEP)
		bvt_vcpu(v)->warped_ns = 0;
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		if (pi->nr_pcpus == 1)
			raise_svt(pi, bvt_vcpu(v)->avt);
		return;
	}
	policy_queue_add(&bvt_pool(pi)->queue, v, effective(v, now));
	policy_offer(pi, v);
	if (why == PUT_YIELDED)
		bvt_pcpu(pc)->yielded = v;
}

/* Weights and warps: slices given before are too long or too short. */
static void bvt_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		policy_kick(pc);
}

static void bvt_tuned(struct policy_instance *pi, s_time_t now)
{
	bvt_domain_tuned(pi, NULL, now);
}

static void bvt_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	out->line(out, "scheduler virtual time %ld us", (long)(bvt_pool(pi)->svt / 1000));
	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: actual %ld us, warp %ld us", v->domain->id, v->id,
			  (long)(bvt_vcpu(v)->avt / 1000), (long)v->domain->param[WARP_US]);
}

SCHED_POLICY(bvt) {
	.version = SCHED_POLICY_VERSION,
	.name = "bvt",
	.title = "borrowed virtual time",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct bvt_pool),
	.pcpu_bytes = sizeof(struct bvt_pcpu),
	.vcpu_bytes = sizeof(struct bvt_vcpu),
	.tunables = bvt_tunables,
	.nr_tunables = ARRAY_SIZE(bvt_tunables),
	.domain_params = bvt_domain_params,
	.nr_domain_params = ARRAY_SIZE(bvt_domain_params),
	.enqueue = bvt_enqueue,
	.dequeue = bvt_dequeue,
	.pick = bvt_pick,
	.put = bvt_put,
	.tuned = bvt_tuned,
	.domain_tuned = bvt_domain_tuned,
	.dump = bvt_dump,
};
