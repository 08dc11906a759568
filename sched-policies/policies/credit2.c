/* SPDX-License-Identifier: MIT */
/*
 * credit2: proportional shares by credit that burns in inverse proportion to
 * weight, the behaviour known from Xen's second and now default scheduler,
 * written from its public description.  The ready vCPU with most credit runs;
 * when even that one has none left, all get more.  Caps are budgets per domain,
 * renewed every 10 ms.  One run queue per pool.  Numbers and parameters as
 * Xen's.  Page: credit2.md.
 */
#include "sched-policies/api/policy_queue.h"

#define CREDIT_INITIAL (10 * POLICY_NS_PER_MS)
#define CREDIT_CARRIED (500 * POLICY_NS_PER_US) /* most that is saved over a reset */
#define RUN_SHORTEST (500 * POLICY_NS_PER_US)   /* a slice, unless a cap ends it */
#define RUN_LONGEST (10 * POLICY_NS_PER_MS)
#define BUDGET_PERIOD (10 * POLICY_NS_PER_MS)

struct credit2_pool {
	struct tree queue;     /* by falling credit: the key is its negative */
	struct list capped;    /* credit2_domain.link of domains with a cap */
	s64 heaviest;          /* greatest weight in the pool */
};

struct credit2_domain {
	struct list link;
	bool has_cap;
	s64 budget;            /* ns of running left in this period */
	s64 weight;            /* that its vCPUs' credit has been burnt at */
};

struct credit2_vcpu {
	struct tree_node node; /* first */
	s64 credit;            /* ns at the heaviest weight */
	bool waits;            /* parked: the domain's budget is used up */
};

struct credit2_pcpu {
	struct policy_vcpu *yielded;
};

enum { RATELIMIT_US };
enum { WEIGHT, CAP };
enum { COUNT_RESETS, COUNT_CAPPED };

static const struct policy_tunable credit2_tunables[] = {
	[RATELIMIT_US] = { "ratelimit_us", 0, 500000, 1000,
			   "shortest run before preemption; 0 for none, else at least 100" },
};

static const struct policy_tunable credit2_domain_params[] = {
	[WEIGHT] = { "weight", 1, 65535, 256, "share of each vCPU, relative to others" },
	[CAP] = { "cap", 0, 65534, 0, "most for the domain, in percent of a pCPU; 0 no limit" },
};

static const char *const credit2_counters[] = { "resets", "capped" };

#define credit2_pool(pi) POLICY_DATA(struct credit2_pool, pi)
#define credit2_domain(d) POLICY_DATA(struct credit2_domain, d)
#define credit2_vcpu(v) POLICY_DATA(struct credit2_vcpu, v)
#define credit2_pcpu(pc) POLICY_DATA(struct credit2_pcpu, pc)

/* --- credit --------------------------------------------------------------------- */

static s64 burnt(const struct policy_instance *pi, const struct policy_vcpu *v, s_time_t ns)
{
	return ns * credit2_pool(pi)->heaviest / v->domain->param[WEIGHT];
}

static s_time_t lasts(const struct policy_instance *pi, const struct policy_vcpu *v, s64 credit)
{
	return credit * v->domain->param[WEIGHT] / credit2_pool(pi)->heaviest;
}

static void charge(struct policy_instance *pi, struct policy_vcpu *v, s_time_t used)
{
	credit2_vcpu(v)->credit -= burnt(pi, v, used);
	credit2_domain(v->domain)->budget -= used;
}

/* Everybody gets as many rounds of credit as the first in line needs to have some again; order
 * does not change, hence keys may be rewritten in place. */
static void reset(struct policy_instance *pi, const struct policy_vcpu *first)
{
	s64 debt = -credit2_vcpu(first)->credit;
	s64 gift = CREDIT_INITIAL * (1 + MAX(debt, 0) / CREDIT_INITIAL);
	struct policy_vcpu *v;

	policy_count(pi, COUNT_RESETS);
	policy_for_each_vcpu(v, pi) {
		struct credit2_vcpu *cv = credit2_vcpu(v);

		cv->credit = MIN(cv->credit + gift, CREDIT_INITIAL + CREDIT_CARRIED);
		if (policy_queued(v))
			cv->node.key = -cv->credit;
	}
}

/* --- queue and caps ---------------------------------------------------------------- */

static bool exhausted(const struct policy_domain *d)
{
	const struct credit2_domain *cd = credit2_domain(d);

	return cd->has_cap && cd->budget < SLICE_MIN;
}

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	if (!exhausted(v->domain)) {
		policy_queue_add(&credit2_pool(pi)->queue, v, -credit2_vcpu(v)->credit);
		return;
	}
	credit2_vcpu(v)->waits = true;
	policy_count(pi, COUNT_CAPPED);
	policy_park(v);
}

static s64 running_key(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	return burnt(pi, pc->running, now - pc->since) - credit2_vcpu(pc->running)->credit;
}

static void tickle(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (policy_queued(v))
		policy_queue_preempt(pi, v, -credit2_vcpu(v)->credit, running_key, now);
}

static void release(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (!credit2_vcpu(v)->waits)
		return;
	credit2_vcpu(v)->waits = false;
	policy_unpark(v, now);
	queue_add(pi, v);
	tickle(pi, v, now);
}

static void renew(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct credit2_domain *cd = credit2_domain(d);
	s64 whole = BUDGET_PERIOD * d->param[CAP] / 100;
	struct policy_vcpu *v;

	cd->budget = cd->has_cap ? MIN(cd->budget + whole, whole) : 0;
	if (exhausted(d))
		return;
	policy_for_each_vcpu(v, pi)
		if (v->domain == d)
			release(pi, v, now);
}

static void credit2_instance_timer(struct policy_instance *pi, s_time_t now)
{
	struct credit2_domain *cd;

	list_for_each_entry(cd, &credit2_pool(pi)->capped, link)
		renew(pi, POLICY_OWNER(cd, domain), now);
	if (!list_empty(&credit2_pool(pi)->capped))
		policy_instance_timer(pi, now - now % BUDGET_PERIOD + BUDGET_PERIOD);
}

/* --- decisions ---------------------------------------------------------------------- */

static void credit2_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			    enum policy_enqueue why, s_time_t now)
{
	queue_add(pi, v);
	tickle(pi, v, now);
}

static void credit2_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (policy_queued(v))
		policy_queue_remove(&credit2_pool(pi)->queue, v);
	credit2_vcpu(v)->waits = false;
}

/* Until its credit is down to the next one's, or its part of the domain's budget is used up. */
static s_time_t slice_of(struct policy_instance *pi, const struct policy_vcpu *v,
			 const struct policy_vcpu *next)
{
	const struct credit2_domain *cd = credit2_domain(v->domain);
	s64 lead = credit2_vcpu(v)->credit;
	s_time_t slice;

	if (next)
		lead -= MAX(credit2_vcpu(next)->credit, 0);
	slice = MIN(MAX(lasts(pi, v, lead), RUN_SHORTEST), RUN_LONGEST);
	slice = MAX(slice, policy_tunable(pi, RATELIMIT_US) * POLICY_NS_PER_US);
	if (cd->has_cap)
		slice = MIN(slice, cd->budget / MIN(v->domain->nr_vcpus, pi->nr_pcpus));
	return MAX(slice, SLICE_MIN);
}

static struct policy_decision credit2_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					   s_time_t now)
{
	struct tree *queue = &credit2_pool(pi)->queue;
	struct policy_vcpu *last = credit2_pcpu(pc)->yielded, *v;

	credit2_pcpu(pc)->yielded = NULL;
	while ((v = policy_queue_first(queue, pc, last)) && exhausted(v->domain)) {
		policy_queue_remove(queue, v);
		queue_add(pi, v); /* parks it */
	}
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	if (credit2_vcpu(v)->credit <= 0)
		reset(pi, v);
	policy_queue_remove(queue, v);
	return (struct policy_decision){ v, slice_of(pi, v, policy_queue_first(queue, pc, NULL)) };
}

static void credit2_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
			enum policy_put why, s_time_t now)
{
	charge(pi, v, MAX(now - pc->since, 0));
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	queue_add(pi, v);
	if (policy_queued(v))
		policy_offer(pi, v);
	if (why == PUT_YIELDED)
		credit2_pcpu(pc)->yielded = v;
}

/* --- coming and going ----------------------------------------------------------------- */

static int credit2_init(struct policy_instance *pi)
{
	list_init(&credit2_pool(pi)->capped);
	credit2_pool(pi)->heaviest = 1;
	return 0;
}

static void credit2_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	credit2_vcpu(v)->credit = CREDIT_INITIAL;
}

static void set_cap(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct credit2_domain *cd = credit2_domain(d);
	bool capped = d->param[CAP];

	if (capped && !cd->has_cap) {
		if (list_empty(&credit2_pool(pi)->capped))
			policy_instance_timer(pi, now - now % BUDGET_PERIOD + BUDGET_PERIOD);
		list_add_tail(&credit2_pool(pi)->capped, &cd->link);
		cd->budget = 0;
	} else if (!capped && cd->has_cap) {
		list_del(&cd->link);
	}
	cd->has_cap = capped;
	renew(pi, d, now);
}

/* As much running time as before is a smaller debt for who has become heavier, or if the heaviest
 * has become lighter; it never is a greater one. */
static void rescale(struct policy_instance *pi, struct policy_vcpu *v, s64 was_heaviest)
{
	struct credit2_vcpu *cv = credit2_vcpu(v);
	s64 scaled = cv->credit * credit2_domain(v->domain)->weight / v->domain->param[WEIGHT];
	bool queued = policy_queued(v);

	scaled = scaled / was_heaviest * credit2_pool(pi)->heaviest;
	if (cv->credit >= 0 || scaled <= cv->credit)
		return;
	if (queued)
		policy_queue_remove(&credit2_pool(pi)->queue, v);
	cv->credit = scaled;
	if (queued)
		policy_queue_add(&credit2_pool(pi)->queue, v, -scaled);
}

/* Weights have changed, or come or gone. */
static void note_weights(struct policy_instance *pi)
{
	s64 was = credit2_pool(pi)->heaviest;
	struct policy_domain *d;
	struct policy_vcpu *v;

	credit2_pool(pi)->heaviest = 1;
	policy_for_each_domain(d, pi)
		credit2_pool(pi)->heaviest = MAX(credit2_pool(pi)->heaviest, d->param[WEIGHT]);
	policy_for_each_vcpu(v, pi)
		rescale(pi, v, was);
	policy_for_each_domain(d, pi)
		credit2_domain(d)->weight = d->param[WEIGHT];
}

static void credit2_domain_add(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	note_weights(pi);
	set_cap(pi, d, now);
}

static void credit2_domain_remove(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	if (credit2_domain(d)->has_cap)
		list_del(&credit2_domain(d)->link);
}

/* Slices given under the old settings may be too long. */
static void credit2_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_pcpu *pc;

	note_weights(pi);
	set_cap(pi, d, now);
	policy_for_each_pcpu(pc, pi)
		if (pc->running && pc->running->domain == d)
			policy_kick(pc);
}

static int credit2_check_tunables(const s64 *value)
{
	return value[RATELIMIT_US] && value[RATELIMIT_US] < 100 ? -EINVAL : 0;
}

static void credit2_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: credit %ld us%s", v->domain->id, v->id,
			  (long)(credit2_vcpu(v)->credit / 1000),
			  credit2_vcpu(v)->waits ? ", capped" : "");
}

SCHED_POLICY(credit2) {
	.version = SCHED_POLICY_VERSION,
	.name = "credit2",
	.title = "proportional shares, evenly and with low latency",
	.xen_id = POLICY_XEN_CREDIT2,
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct credit2_pool),
	.pcpu_bytes = sizeof(struct credit2_pcpu),
	.domain_bytes = sizeof(struct credit2_domain),
	.vcpu_bytes = sizeof(struct credit2_vcpu),
	.tunables = credit2_tunables,
	.nr_tunables = ARRAY_SIZE(credit2_tunables),
	.domain_params = credit2_domain_params,
	.nr_domain_params = ARRAY_SIZE(credit2_domain_params),
	.counters = credit2_counters,
	.nr_counters = ARRAY_SIZE(credit2_counters),
	.init = credit2_init,
	.domain_add = credit2_domain_add,
	.domain_remove = credit2_domain_remove,
	.vcpu_add = credit2_vcpu_add,
	.enqueue = credit2_enqueue,
	.dequeue = credit2_dequeue,
	.pick = credit2_pick,
	.put = credit2_put,
	.instance_timer = credit2_instance_timer,
	.check_tunables = credit2_check_tunables,
	.domain_tuned = credit2_domain_tuned,
	.dump = credit2_dump,
};
