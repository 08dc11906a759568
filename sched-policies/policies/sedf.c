/* SPDX-License-Identifier: MIT */
/*
 * sedf: simple earliest deadline first.  Each vCPU is promised a slice in
 * every period; who has some of it left runs in the order of deadlines, the
 * ends of their periods.  What then remains of the pCPUs goes to those that
 * want extra time, who had least of it first.  Who does not is parked until
 * its next period.  State per pool.  Page: sedf.md.
 */
#include "sched-policies/api/policy_queue.h"

struct sedf_pool {
	struct tree queue;   /* with budget, by deadline */
	struct tree extra;   /* without, by extra time had */
	struct tree renewal; /* sedf_vcpu.renew of those without budget, by deadline */
	s64 least_extra;     /* of the last one served from `extra`, never falls */
};

struct sedf_vcpu {
	struct tree_node node;  /* first */
	struct tree_node renew; /* in renewal while awake and without budget */
	s_time_t deadline;
	s64 budget;
	s64 extra;              /* extra time had, at weight of its utilisation */
	bool in_extra;          /* queued in `extra`, not in `queue` */
};

struct sedf_pcpu {
	struct policy_vcpu *yielded;
};

enum { EXTRA_QUANTUM_US };
enum { PERIOD_US, SLICE_US, EXTRATIME };

static const struct policy_tunable sedf_tunables[] = {
	[EXTRA_QUANTUM_US] = { "extra_quantum_us", 100, 100000, 1000, "longest turn of extra time" },
};

static const struct policy_tunable sedf_domain_params[] = {
	[PERIOD_US] = { "period_us", 1000, 10000000, 100000, "each vCPU's slice is renewed so often" },
	[SLICE_US] = { "slice_us", 0, 10000000, 0, "promised running time in each period" },
	[EXTRATIME] = { "extratime", 0, 1, 1, "may use what is left over" },
};

#define sedf_pool(pi) POLICY_DATA(struct sedf_pool, pi)
#define sedf_vcpu(v) POLICY_DATA(struct sedf_vcpu, v)
#define sedf_pcpu(pc) POLICY_DATA(struct sedf_pcpu, pc)

static s_time_t period(const struct policy_vcpu *v)
{
	return v->domain->param[PERIOD_US] * POLICY_NS_PER_US;
}

static s_time_t slice(const struct policy_vcpu *v)
{
	return v->domain->param[SLICE_US] * POLICY_NS_PER_US;
}

/* So little is not worth a switch: the vCPU counts as having none. */
static bool has_budget(const struct policy_vcpu *v)
{
	return sedf_vcpu(v)->budget >= SLICE_MIN;
}

static struct policy_vcpu *by_renewal(const struct tree_node *n)
{
	return POLICY_OWNER(container_of(n, struct sedf_vcpu, renew), vcpu);
}

static void set_timer(struct policy_instance *pi)
{
	const struct tree_node *first = tree_first(&sedf_pool(pi)->renewal);

	policy_instance_timer(pi, first ? first->key : TIME_MAX);
}

/* In or out of the renewals, as its budget and @awake say. */
static void note_renewal(struct policy_instance *pi, struct policy_vcpu *v, bool awake)
{
	struct tree *renewal = &sedf_pool(pi)->renewal;
	struct sedf_vcpu *sv = sedf_vcpu(v);

	if (sv->renew.inside)
		tree_remove(renewal, &sv->renew);
	if (awake && slice(v) && !has_budget(v))
		tree_insert(renewal, &sv->renew, sv->deadline);
	set_timer(pi);
}

/* The period that @now is in, with a whole slice. */
static void begin_period(struct policy_vcpu *v, s_time_t now)
{
	struct sedf_vcpu *sv = sedf_vcpu(v);

	if (now >= sv->deadline + period(v) || !sv->deadline)
		sv->deadline = now;
	sv->deadline += period(v);
	sv->budget = slice(v);
}

/* Only who keeps to its share may go on with what it has left: else a sleeper that comes late
 * in its period would get more than promised. */
static void judge_awakened(struct policy_vcpu *v, s_time_t now)
{
	struct sedf_vcpu *sv = sedf_vcpu(v);

	if (now >= sv->deadline)
		begin_period(v, now);
	else if (sv->budget / (period(v) / 1000) > slice(v) / MAX((sv->deadline - now) / 1000, 1))
		sv->budget = slice(v) * ((sv->deadline - now) / 1000) / (period(v) / 1000);
}

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct sedf_pool *pool = sedf_pool(pi);
	struct sedf_vcpu *sv = sedf_vcpu(v);

	sv->in_extra = !has_budget(v);
	if (!sv->in_extra) {
		policy_queue_add(&pool->queue, v, sv->deadline);
	} else if (v->domain->param[EXTRATIME]) {
		sv->extra = MAX(sv->extra, pool->least_extra);
		policy_queue_add(&pool->extra, v, sv->extra);
	} else {
		policy_park(v);
	}
}

static void queue_remove(struct policy_instance *pi, struct policy_vcpu *v)
{
	if (policy_queued(v))
		policy_queue_remove(sedf_vcpu(v)->in_extra ? &sedf_pool(pi)->extra :
				    &sedf_pool(pi)->queue, v);
}

/* Extra time comes behind every deadline. */
static s64 running_key(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	const struct policy_vcpu *v = pc->running;

	return sedf_vcpu(v)->budget - (now - pc->since) > 0 ? sedf_vcpu(v)->deadline : TIME_MAX;
}

static void tickle(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (!policy_queued(v))
		return;
	if (sedf_vcpu(v)->in_extra)
		policy_offer(pi, v);
	else
		policy_queue_preempt(pi, v, sedf_vcpu(v)->deadline, running_key, now);
}

static void sedf_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			 enum policy_enqueue why, s_time_t now)
{
	judge_awakened(v, now);
	queue_add(pi, v);
	note_renewal(pi, v, true);
	tickle(pi, v, now);
}

static void sedf_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	queue_remove(pi, v);
	note_renewal(pi, v, false);
}

static void renew(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	tree_remove(&sedf_pool(pi)->renewal, &sedf_vcpu(v)->renew);
	if (v->state == VCPU_RUNNING) { /* put() charges it to the old period */
		policy_kick(v->pcpu);
		return;
	}
	queue_remove(pi, v);
	begin_period(v, now);
	if (v->parked)
		policy_unpark(v, now);
	queue_add(pi, v);
	tickle(pi, v, now);
}

static void sedf_instance_timer(struct policy_instance *pi, s_time_t now)
{
	struct tree_node *first;

	while ((first = tree_first(&sedf_pool(pi)->renewal)) && first->key <= now)
		renew(pi, by_renewal(first), now);
	set_timer(pi);
}

static struct policy_decision sedf_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct sedf_pool *pool = sedf_pool(pi);
	struct policy_vcpu *last = sedf_pcpu(pc)->yielded;
	struct policy_vcpu *v = policy_queue_first(&pool->queue, pc, last);
	s_time_t most = policy_tunable(pi, EXTRA_QUANTUM_US) * POLICY_NS_PER_US;

	sedf_pcpu(pc)->yielded = NULL;
	if (!v || v == last) {
		struct policy_vcpu *e = policy_queue_first(&pool->extra, pc, last);

		v = e ? e : v;
	}
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	queue_remove(pi, v);
	if (!sedf_vcpu(v)->in_extra)
		most = MIN(sedf_vcpu(v)->budget, SLICE_MAX);
	else
		pool->least_extra = MAX(pool->least_extra, sedf_vcpu(v)->extra);
	return (struct policy_decision){ v, most };
}

static void sedf_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	struct sedf_vcpu *sv = sedf_vcpu(v);
	s_time_t used = MAX(now - pc->since, 0);

	if (sv->in_extra)
		sv->extra += used;
	else
		sv->budget = MAX(sv->budget - used, 0);
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		note_renewal(pi, v, false);
		return;
	}
	if (now >= sv->deadline)
		begin_period(v, now);
	queue_add(pi, v);
	note_renewal(pi, v, true);
	if (policy_queued(v))
		policy_offer(pi, v);
	if (why == PUT_YIELDED)
		sedf_pcpu(pc)->yielded = v;
}

/* A new period from now on, for all of the domain's vCPUs. */
static void sedf_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi) {
		if (v->domain != d)
			continue;
		if (v->state == VCPU_READY) {
			queue_remove(pi, v);
			policy_unpark(v, now);
		}
		sedf_vcpu(v)->deadline = 0;
		begin_period(v, now);
		if (v->state == VCPU_READY)
			queue_add(pi, v);
		note_renewal(pi, v, v->state == VCPU_READY);
		if (v->state == VCPU_READY)
			tickle(pi, v, now);
		else if (v->state == VCPU_RUNNING)
			policy_kick(v->pcpu);
	}
}

static int sedf_check_domain_params(const s64 *value)
{
	return value[SLICE_US] > value[PERIOD_US] || (!value[SLICE_US] && !value[EXTRATIME]) ?
	       -EINVAL : 0;
}

static void sedf_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: budget %ld us until %ld us, extra time %ld us",
			  v->domain->id, v->id, (long)(sedf_vcpu(v)->budget / 1000),
			  (long)(sedf_vcpu(v)->deadline / 1000),
			  (long)(sedf_vcpu(v)->extra / 1000));
}

SCHED_POLICY(sedf) {
	.version = SCHED_POLICY_VERSION,
	.name = "sedf",
	.title = "simple earliest deadline first",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct sedf_pool),
	.pcpu_bytes = sizeof(struct sedf_pcpu),
	.vcpu_bytes = sizeof(struct sedf_vcpu),
	.tunables = sedf_tunables,
	.nr_tunables = ARRAY_SIZE(sedf_tunables),
	.domain_params = sedf_domain_params,
	.nr_domain_params = ARRAY_SIZE(sedf_domain_params),
	.enqueue = sedf_enqueue,
	.dequeue = sedf_dequeue,
	.pick = sedf_pick,
	.put = sedf_put,
	.instance_timer = sedf_instance_timer,
	.check_domain_params = sedf_check_domain_params,
	.domain_tuned = sedf_domain_tuned,
	.dump = sedf_dump,
};
