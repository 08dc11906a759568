/* SPDX-License-Identifier: MIT */
/*
 * eevdf: earliest eligible virtual deadline first.  A vCPU asks for requests of
 * one length; a request is eligible when the fluid system, in which everybody
 * always gets its share, would begin it, and its virtual deadline is when that
 * would be done with it.  Of the eligible ones that with the earliest
 * deadline runs.  A sleeper keeps what it is ahead or behind (its lag, within a
 * request).  State per pool.  Page: eevdf.md.
 */
#include "sched-policies/api/policy_queue.h"

#define NOMINAL 256

struct eevdf_pool {
	struct tree eligible; /* by virtual deadline */
	struct tree early;    /* the others, by virtual eligible time */
	s64 base;             /* virtual times are summed up relative to this */
	s64 weights;          /* of vCPUs that are not asleep */
	s64 weighted;         /* sum of weight * (eligible time - base) over them */
};

struct eevdf_vcpu {
	struct tree_node node; /* first */
	s64 ve, vd;            /* virtual eligible time and deadline: ns at weight 256 */
	s64 lag;               /* while asleep: service owed to it, virtual */
	s64 weight;            /* as counted in the pool; 0 while asleep */
	bool is_early;         /* in which tree */
};

struct eevdf_pcpu {
	struct policy_vcpu *yielded;
};

enum { REQUEST_US, WAKE_PREEMPTS };
enum { WEIGHT };

static const struct policy_tunable eevdf_tunables[] = {
	[REQUEST_US] = { "request_us", 100, 1000000, 3000, "length of a request, real time" },
	[WAKE_PREEMPTS] = { "wake_preempts", 0, 1, 1,
			    "an earlier deadline takes the pCPU at once, not at the request's end" },
};

static const struct policy_tunable eevdf_domain_params[] = {
	[WEIGHT] = { "weight", 1, 65535, 256, "share of each vCPU, relative to others" },
};

#define eevdf_pool(pi) POLICY_DATA(struct eevdf_pool, pi)
#define eevdf_vcpu(v) POLICY_DATA(struct eevdf_vcpu, v)
#define eevdf_pcpu(pc) POLICY_DATA(struct eevdf_pcpu, pc)

static s64 request(const struct policy_instance *pi)
{
	return policy_tunable(pi, REQUEST_US) * POLICY_NS_PER_US;
}

static s64 to_virtual(const struct eevdf_vcpu *ev, s64 ns)
{
	return ns * NOMINAL / ev->weight;
}

/* --- virtual time ---------------------------------------------------------------- */

/* Lags add up to zero, so the mean of the eligible times is the fluid system's time. */
static s64 virtual_time(const struct policy_instance *pi)
{
	const struct eevdf_pool *pool = eevdf_pool(pi);

	return pool->base + (pool->weights ? pool->weighted / pool->weights : 0);
}

static void count(struct eevdf_pool *pool, const struct eevdf_vcpu *ev, int sign)
{
	pool->weights += sign * ev->weight;
	pool->weighted += sign * ev->weight * (ev->ve - pool->base);
}

/* Keeps the sums small: they are products. */
static void rebase(struct policy_instance *pi)
{
	struct eevdf_pool *pool = eevdf_pool(pi);
	s64 by = virtual_time(pi) - pool->base;

	pool->base += by;
	pool->weighted -= by * pool->weights;
}

static void join(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct eevdf_vcpu *ev = eevdf_vcpu(v);

	ev->ve = virtual_time(pi) - ev->lag;
	ev->weight = v->domain->param[WEIGHT];
	ev->vd = ev->ve + to_virtual(ev, request(pi));
	count(eevdf_pool(pi), ev, 1);
}

static void leave(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct eevdf_vcpu *ev = eevdf_vcpu(v);
	s64 most = to_virtual(ev, request(pi));

	ev->lag = MIN(MAX(virtual_time(pi) - ev->ve, -most), most);
	count(eevdf_pool(pi), ev, -1);
	ev->weight = 0;
}

static void charge(struct policy_instance *pi, struct policy_vcpu *v, s64 used)
{
	struct eevdf_vcpu *ev = eevdf_vcpu(v);
	s64 by = to_virtual(ev, used);

	ev->ve += by;
	eevdf_pool(pi)->weighted += ev->weight * by;
	if (ev->ve >= ev->vd) /* the request is served: the next one */
		ev->vd = ev->ve + to_virtual(ev, request(pi));
	rebase(pi);
}

/* --- queues ------------------------------------------------------------------------ */

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct eevdf_pool *pool = eevdf_pool(pi);
	struct eevdf_vcpu *ev = eevdf_vcpu(v);

	ev->is_early = ev->ve > virtual_time(pi);
	if (ev->is_early)
		policy_queue_add(&pool->early, v, ev->ve);
	else
		policy_queue_add(&pool->eligible, v, ev->vd);
}

static void queue_remove(struct policy_instance *pi, struct policy_vcpu *v)
{
	policy_queue_remove(eevdf_vcpu(v)->is_early ? &eevdf_pool(pi)->early :
			    &eevdf_pool(pi)->eligible, v);
}

/* Whose time has come. */
static void admit(struct policy_instance *pi)
{
	struct tree_node *n;

	while ((n = tree_first(&eevdf_pool(pi)->early)) && n->key <= virtual_time(pi)) {
		struct policy_vcpu *v = policy_queue_vcpu(n);

		queue_remove(pi, v);
		queue_add(pi, v);
	}
}

static s64 running_key(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	return eevdf_vcpu(pc->running)->vd;
}

static void eevdf_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			  enum policy_enqueue why, s_time_t now)
{
	join(pi, v);
	queue_add(pi, v);
	if (eevdf_vcpu(v)->is_early || !policy_tunable(pi, WAKE_PREEMPTS))
		policy_offer(pi, v);
	else
		policy_queue_preempt(pi, v, eevdf_vcpu(v)->vd, running_key, now);
}

static void eevdf_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	queue_remove(pi, v);
	leave(pi, v);
}

/* What is left of its request. */
static s_time_t slice_of(const struct policy_vcpu *v)
{
	const struct eevdf_vcpu *ev = eevdf_vcpu(v);
	s64 left = (ev->vd - ev->ve) * ev->weight / NOMINAL;

	return MIN(MAX(left, SLICE_MIN), SLICE_MAX);
}

static struct policy_decision eevdf_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					 s_time_t now)
{
	struct policy_vcpu *last = eevdf_pcpu(pc)->yielded, *v;

	eevdf_pcpu(pc)->yielded = NULL;
	admit(pi);
	v = policy_queue_first(&eevdf_pool(pi)->eligible, pc, last);
	if (!v || v == last) { /* nobody here is due: the next to be, rather than idle */
		struct policy_vcpu *e = policy_queue_first(&eevdf_pool(pi)->early, pc, last);

		v = e ? e : v;
	}
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	queue_remove(pi, v);
	return (struct policy_decision){ v, slice_of(v) };
}

static void eevdf_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		      enum policy_put why, s_time_t now)
{
	charge(pi, v, MAX(now - pc->since, 0));
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		leave(pi, v);
		return;
	}
	queue_add(pi, v);
	policy_offer(pi, v);
	if (why == PUT_YIELDED)
		eevdf_pcpu(pc)->yielded = v;
}

/* Leave with the old weight, come back with the new one: the lag stays the same service. */
static void reweigh(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct eevdf_vcpu *ev = eevdf_vcpu(v);
	bool queued = policy_queued(v);
	s64 old = ev->weight;

	if (!old)
		return;
	if (queued)
		queue_remove(pi, v);
	leave(pi, v);
	ev->lag = ev->lag * old / v->domain->param[WEIGHT];
	join(pi, v);
	if (queued)
		queue_add(pi, v);
}

static void eevdf_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		if (v->domain == d)
			reweigh(pi, v);
}

static void eevdf_tuned(struct policy_instance *pi, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		reweigh(pi, v);
}

static void eevdf_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	out->line(out, "virtual time %ld us", (long)(virtual_time(pi) / 1000));
	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: eligible at %ld us, deadline %ld us", v->domain->id, v->id,
			  (long)(eevdf_vcpu(v)->ve / 1000), (long)(eevdf_vcpu(v)->vd / 1000));
}

SCHED_POLICY(eevdf) {
	.version = SCHED_POLICY_VERSION,
	.name = "eevdf",
	.title = "earliest eligible virtual deadline first",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct eevdf_pool),
	.pcpu_bytes = sizeof(struct eevdf_pcpu),
	.vcpu_bytes = sizeof(struct eevdf_vcpu),
	.tunables = eevdf_tunables,
	.nr_tunables = ARRAY_SIZE(eevdf_tunables),
	.domain_params = eevdf_domain_params,
	.nr_domain_params = ARRAY_SIZE(eevdf_domain_params),
	.enqueue = eevdf_enqueue,
	.dequeue = eevdf_dequeue,
	.pick = eevdf_pick,
	.put = eevdf_put,
	.tuned = eevdf_tuned,
	.domain_tuned = eevdf_domain_tuned,
	.dump = eevdf_dump,
};
