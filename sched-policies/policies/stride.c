/* SPDX-License-Identifier: MIT */
/*
 * stride: deterministic proportional shares.  Each vCPU has a pass, which
 * advances while it runs, the slower the more tickets its domain holds; the
 * ready vCPU with the least pass runs next, for a quantum.  What a sleeper is
 * ahead or behind of the global pass is kept for when it comes back.  Nothing
 * is preempted.  One queue per pool.  Page: stride.md.
 */
#include "sched-policies/api/policy_queue.h"

#define STRIDE1 (1LL << 10) /* pass per ns of a vCPU with one ticket */

struct stride_pool {
	struct tree queue; /* by pass */
	s64 global;        /* pass of a vCPU that holds all tickets and gets all service */
	s64 tickets;       /* of vCPUs that are not asleep */
};

struct stride_vcpu {
	struct tree_node node; /* first */
	s64 pass;              /* asleep: relative to the global pass */
	s64 tickets;           /* as counted in the pool; 0 while asleep */
};

struct stride_pcpu {
	struct policy_vcpu *yielded;
};

enum { QUANTUM_US };
enum { WEIGHT };

static const struct policy_tunable stride_tunables[] = {
	[QUANTUM_US] = { "quantum_us", 100, 1000000, 10000, "longest turn, in microseconds" },
};

static const struct policy_tunable stride_domain_params[] = {
	[WEIGHT] = { "weight", 1, 65535, 256, "tickets of each vCPU" },
};

#define stride_pool(pi) POLICY_DATA(struct stride_pool, pi)
#define stride_vcpu(v) POLICY_DATA(struct stride_vcpu, v)
#define stride_pcpu(pc) POLICY_DATA(struct stride_pcpu, pc)

static s_time_t quantum(const struct policy_instance *pi)
{
	return policy_tunable(pi, QUANTUM_US) * POLICY_NS_PER_US;
}

static void join(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct stride_vcpu *sv = stride_vcpu(v);

	sv->tickets = v->domain->param[WEIGHT];
	sv->pass += stride_pool(pi)->global;
	stride_pool(pi)->tickets += sv->tickets;
}

/* Nobody saves up, or owes, more than a quantum. */
static void leave(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct stride_vcpu *sv = stride_vcpu(v);
	s64 most = quantum(pi) * STRIDE1 / sv->tickets;

	sv->pass = MIN(MAX(sv->pass - stride_pool(pi)->global, -most), most);
	stride_pool(pi)->tickets -= sv->tickets;
	sv->tickets = 0;
}

static void stride_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			   enum policy_enqueue why, s_time_t now)
{
	join(pi, v);
	policy_queue_add(&stride_pool(pi)->queue, v, stride_vcpu(v)->pass);
	policy_offer(pi, v);
}

static void stride_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	policy_queue_remove(&stride_pool(pi)->queue, v);
	leave(pi, v);
}

/* It pays for its turn with its own pass: shares stay as they are. */
static struct policy_decision stride_pick_named(struct policy_instance *pi, struct policy_pcpu *pc,
						struct policy_vcpu *v, s_time_t now)
{
	stride_pcpu(pc)->yielded = NULL;
	policy_queue_remove(&stride_pool(pi)->queue, v);
	return (struct policy_decision){ v, quantum(pi) };
}

static struct policy_decision stride_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					  s_time_t now)
{
	struct policy_vcpu *v =
		policy_queue_first(&stride_pool(pi)->queue, pc, stride_pcpu(pc)->yielded);

	stride_pcpu(pc)->yielded = NULL;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	policy_queue_remove(&stride_pool(pi)->queue, v);
	return (struct policy_decision){ v, quantum(pi) };
}

static void stride_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		       enum policy_put why, s_time_t now)
{
	struct stride_pool *pool = stride_pool(pi);
	struct stride_vcpu *sv = stride_vcpu(v);
	s64 used = MAX(now - pc->since, 0);

	sv->pass += used * STRIDE1 / sv->tickets;
	pool->global += used * STRIDE1 / pool->tickets;
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		leave(pi, v);
		return;
	}
	policy_queue_add(&pool->queue, v, sv->pass);
	policy_offer(pi, v);
	if (why == PUT_YIELDED)
		stride_pcpu(pc)->yielded = v;
}

/* New tickets: what it is ahead of the global pass counts as service, and is scaled. */
static void stride_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi) {
		struct stride_vcpu *sv = stride_vcpu(v);
		bool queued = policy_queued(v);
		s64 old;

		if (v->domain != d || !sv->tickets || sv->tickets == d->param[WEIGHT])
			continue;
		if (queued)
			policy_queue_remove(&stride_pool(pi)->queue, v);
		old = sv->tickets;
		leave(pi, v);
		sv->pass = sv->pass / d->param[WEIGHT] * old;
		join(pi, v);
		if (queued)
			policy_queue_add(&stride_pool(pi)->queue, v, sv->pass);
	}
}

static void stride_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: %ld tickets, pass %ld", v->domain->id, v->id,
			  (long)v->domain->param[WEIGHT], (long)stride_vcpu(v)->pass);
}

SCHED_POLICY(stride) {
	.version = SCHED_POLICY_VERSION,
	.name = "stride",
	.title = "deterministic proportional shares",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct stride_pool),
	.pcpu_bytes = sizeof(struct stride_pcpu),
	.vcpu_bytes = sizeof(struct stride_vcpu),
	.tunables = stride_tunables,
	.nr_tunables = ARRAY_SIZE(stride_tunables),
	.domain_params = stride_domain_params,
	.nr_domain_params = ARRAY_SIZE(stride_domain_params),
	.enqueue = stride_enqueue,
	.dequeue = stride_dequeue,
	.pick = stride_pick,
	.pick_named = stride_pick_named,
	.put = stride_put,
	.domain_tuned = stride_domain_tuned,
	.dump = stride_dump,
};
