/* SPDX-License-Identifier: MIT */
/*
 * credit: proportional shares with caps and a boost for vCPUs that wake, the
 * behaviour known from Xen's first default scheduler, written from its public
 * description.  Credit is nanoseconds of pCPU time: accounting hands out what
 * the pool has, by weight; running uses it up; who is in debt queues behind
 * who is not.  Numbers and parameters as Xen's.  Page: credit.md.
 *
 * One run queue per pCPU and priority, state per pool.  A vCPU is `active`, and
 * gets credit, from when it is found running at a tick until it has saved more
 * than a slice.
 */
#include "sched-policies/api/policy_env.h"

enum priority { BOOST, UNDER, OVER, PRIORITIES };

struct credit_pool {
	struct list active;            /* credit_domain.link of domains with active vCPUs */
	u32 queued[PRIORITIES];        /* vCPUs on all run queues */
};

struct credit_domain {
	struct list link, vcpus;       /* vcpus: credit_vcpu.active_link */
	u32 nr_active;
	s64 grant;                     /* while accounting: for all its vCPUs; -1 undecided */
};

struct credit_pcpu {
	struct list queue[PRIORITIES]; /* credit_vcpu.link */
	struct policy_vcpu *put;       /* queued by the put before this pick */
	struct policy_vcpu *yielded;   /* the same, if it wants others to go first */
	bool ticking;
};

struct credit_vcpu {
	struct list link, active_link;
	s64 credit;                    /* ns, negative is debt */
	s_time_t charged;              /* until when it has paid */
	u8 priority;
	bool active, capped, queued;
};

#define credit_pool(pi) POLICY_DATA(struct credit_pool, pi)
#define credit_domain(d) POLICY_DATA(struct credit_domain, d)
#define credit_pcpu(pc) POLICY_DATA(struct credit_pcpu, pc)
#define credit_vcpu(v) POLICY_DATA(struct credit_vcpu, v)

enum { TSLICE_MS, RATELIMIT_US, MIGR_DELAY_US, ACCOUNTING, BOOSTING, TICK_JITTER };
enum { SAMPLED, BY_TIME, BY_TIME_AND_STOP };
enum { WEIGHT, CAP };
enum { COUNT_BOOSTS, COUNT_STEALS, COUNT_CAPPED };

static const struct policy_tunable credit_tunables[] = {
	[TSLICE_MS] = { "tslice_ms", 1, 1000, 30, "length of a slice; accounting is as often" },
	[RATELIMIT_US] = { "ratelimit_us", 0, 500000, 1000,
			   "shortest run before preemption; 0 for none, else at least 100" },
	[MIGR_DELAY_US] = { "vcpu_migr_delay_us", 0, 100000, 0,
			    "for so long after it ran only an idle pCPU takes a vCPU away" },
	[ACCOUNTING] = { "accounting", 0, 2, BY_TIME,
			 "0 whole ticks to who runs at one, 1 by time, 2 judged at each stop too" },
	[BOOSTING] = { "boost", 0, 1, 1, "a vCPU that wakes out of debt goes before all others" },
	[TICK_JITTER] = { "tick_jitter_pct", 0, 50, 0, "by how much ticks come early or late" },
};

static const struct policy_tunable credit_domain_params[] = {
	[WEIGHT] = { "weight", 1, 65535, 256, "share of each vCPU, relative to others" },
	[CAP] = { "cap", 0, 65534, 0, "most for the domain, in percent of a pCPU; 0 no limit" },
};

static const char *const credit_counters[] = { "boosts", "steals", "capped" };

static s_time_t slice_of(const struct policy_instance *pi)
{
	return policy_tunable(pi, TSLICE_MS) * POLICY_NS_PER_MS;
}

/* --- run queues -------------------------------------------------------------- */

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	list_add_tail(&credit_pcpu(v->pcpu)->queue[cv->priority], &cv->link);
	credit_pool(pi)->queued[cv->priority]++;
	cv->queued = true;
}

static void queue_remove(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	list_del(&cv->link);
	credit_pool(pi)->queued[cv->priority]--;
	cv->queued = false;
}

static void set_priority(struct policy_instance *pi, struct policy_vcpu *v, enum priority priority)
{
	struct credit_vcpu *cv = credit_vcpu(v);
	bool queued = cv->queued;

	if (cv->priority == priority)
		return;
	if (queued)
		queue_remove(pi, v);
	cv->priority = priority;
	if (queued)
		queue_add(pi, v);
}

/* @v has just been queued at v->pcpu: who shall look at it? */
static void tickle(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct policy_vcpu *running = v->pcpu->running;

	if (!running || credit_vcpu(v)->priority < credit_vcpu(running)->priority)
		policy_kick(v->pcpu);
	if (running)
		policy_offer(pi, v);
}

/* --- credit ------------------------------------------------------------------ */

static void activate(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct credit_domain *cd = credit_domain(v->domain);

	if (credit_vcpu(v)->active)
		return;
	credit_vcpu(v)->active = true;
	list_add_tail(&cd->vcpus, &credit_vcpu(v)->active_link);
	if (cd->nr_active++)
		return;
	if (list_empty(&credit_pool(pi)->active))
		policy_instance_timer(pi, now - now % slice_of(pi) + slice_of(pi));
	list_add_tail(&credit_pool(pi)->active, &cd->link);
}

static void deactivate(struct policy_vcpu *v)
{
	struct credit_domain *cd = credit_domain(v->domain);

	if (!credit_vcpu(v)->active)
		return;
	credit_vcpu(v)->active = false;
	list_del(&credit_vcpu(v)->active_link);
	if (!--cd->nr_active)
		list_del(&cd->link);
}

/* The vCPU that runs on @pc pays for the time since it last did. */
static void charge(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		   s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);
	s_time_t from = MAX(cv->charged, pc->since);

	if (policy_tunable(pi, ACCOUNTING) != SAMPLED && now > from)
		cv->credit -= now - from;
	cv->charged = now;
}

static void judge(struct policy_instance *pi, struct policy_vcpu *v)
{
	if (credit_vcpu(v)->credit < 0)
		set_priority(pi, v, OVER);
	else if (credit_vcpu(v)->priority == OVER)
		set_priority(pi, v, UNDER);
}

/* A cap is used up: wait, running or not, until accounting lifts it. */
static void set_capped(struct policy_instance *pi, struct policy_vcpu *v, bool capped, s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	if (cv->capped == capped)
		return;
	cv->capped = capped;
	if (capped)
		policy_count(pi, COUNT_CAPPED);
	if (v->state == VCPU_RUNNING) {
		policy_kick(v->pcpu);
	} else if (v->state == VCPU_READY && capped) {
		queue_remove(pi, v);
		policy_park(v);
	} else if (v->state == VCPU_READY) {
		policy_unpark(v, now);
		queue_add(pi, v);
		tickle(pi, v);
	}
}

static void settle_vcpu(struct policy_instance *pi, struct policy_vcpu *v, s64 grant, s64 cap,
			s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	if (v->state == VCPU_RUNNING)
		charge(pi, v->pcpu, v, now);
	cv->credit = MAX(cv->credit + grant, -slice_of(pi));
	judge(pi, v);
	if (cap && cv->credit < -cap)
		set_capped(pi, v, true, now);
	else if (!cap || cv->credit >= 0)
		set_capped(pi, v, false, now);
	if (cv->credit > slice_of(pi)) {
		cv->credit /= 2;
		deactivate(v);
	}
}

/* @pot by weight among the undecided; who gets more than it can use (or all, if @last) is
 * decided.  What is left of the pot. */
static s64 share_out(struct policy_instance *pi, s64 pot, bool last)
{
	struct list *active = &credit_pool(pi)->active;
	s64 weights = 0, left = pot, slice = slice_of(pi);
	struct credit_domain *cd;
	u32 shift = 0;

	while (pot >> shift > INT32_MAX) /* so that the product below fits */
		shift++;
	list_for_each_entry(cd, active, link)
		if (cd->grant < 0)
			weights += POLICY_OWNER(cd, domain)->param[WEIGHT] * cd->nr_active;
	list_for_each_entry(cd, active, link) {
		const s64 *param = POLICY_OWNER(cd, domain)->param;
		s64 share, most = slice * cd->nr_active;

		if (cd->grant >= 0)
			continue;
		if (param[CAP])
			most = MIN(most, slice * param[CAP] / 100);
		share = (pot >> shift) * param[WEIGHT] * cd->nr_active / weights << shift;
		if (share >= most || last) {
			cd->grant = MIN(share, most);
			left -= cd->grant;
		}
	}
	return left;
}

static void credit_instance_timer(struct policy_instance *pi, s_time_t now)
{
	struct list *active = &credit_pool(pi)->active;
	s64 slice = slice_of(pi), pot = slice * pi->nr_pcpus;
	struct credit_domain *cd, *next_cd;
	struct credit_vcpu *cv, *next_cv;

	list_for_each_entry(cd, active, link)
		cd->grant = -1;
	for (int round = 0; round < 4; round++)
		pot = share_out(pi, pot, round == 3);
	list_for_each_entry_safe(cd, next_cd, active, link) {
		s64 cap = POLICY_OWNER(cd, domain)->param[CAP] * slice / 100, nr = cd->nr_active;

		list_for_each_entry_safe(cv, next_cv, &cd->vcpus, active_link)
			settle_vcpu(pi, POLICY_OWNER(cv, vcpu), cd->grant / nr, cap / nr, now);
	}
	if (!list_empty(active))
		policy_instance_timer(pi, now - now % slice + slice);
}

/* Ticks are at multiples of a third of a slice, give or take the jitter, while the pCPU is busy. */
static void set_tick(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	s_time_t tick = slice_of(pi) / 3, when = now - now % tick + tick;
	s_time_t jitter = tick * policy_tunable(pi, TICK_JITTER) / 100;

	if (jitter)
		when += (s_time_t)(policy_random(pi) % (2 * jitter + 1)) - jitter;
	credit_pcpu(pc)->ticking = true;
	policy_pcpu_timer(pc, MAX(when, now + 1));
}

static void credit_pcpu_timer(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_vcpu *v = pc->running;

	credit_pcpu(pc)->ticking = false;
	if (!v)
		return;
	set_tick(pi, pc, now);
	charge(pi, pc, v, now);
	if (policy_tunable(pi, ACCOUNTING) == SAMPLED)
		credit_vcpu(v)->credit -= slice_of(pi) / 3;
	if (credit_vcpu(v)->priority == BOOST) /* it computes: no boost any more */
		credit_vcpu(v)->priority = UNDER;
	activate(pi, v, now);
}

/* --- decisions --------------------------------------------------------------- */

static void credit_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			   enum policy_enqueue why, s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	if (cv->capped) {
		policy_park(v);
		return;
	}
	if (why == ENQUEUE_WAKE && cv->priority == UNDER && policy_tunable(pi, BOOSTING)) {
		cv->priority = BOOST;
		policy_count(pi, COUNT_BOOSTS);
	}
	queue_add(pi, v);
	tickle(pi, v);
}

static void credit_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (credit_vcpu(v)->queued)
		queue_remove(pi, v);
}

/* First vCPU of @from's queues, down to priority @worst, that may run on @pc and has not run
 * after @cold. */
static inline struct policy_vcpu *best_of(struct policy_pcpu *from, struct policy_pcpu *pc,
					  int worst, s_time_t cold)
{
	struct credit_vcpu *cv;

	for (int priority = BOOST; priority <= worst; priority++)
		list_for_each_entry(cv, &credit_pcpu(from)->queue[priority], link)
			if (policy_may_run(POLICY_OWNER(cv, vcpu), pc) && cv->charged <= cold &&
			    POLICY_OWNER(cv, vcpu) != credit_pcpu(pc)->yielded)
				return POLICY_OWNER(cv, vcpu);
	return NULL;
}

/* The other pCPUs in turn, starting behind @pc.  With work of its own (@busy) it leaves alone what
 * is in debt or cache-hot there. */
static struct policy_vcpu *best_elsewhere(struct policy_instance *pi, struct policy_pcpu *pc,
					  bool busy, s_time_t now)
{
	s_time_t hot = policy_tunable(pi, MIGR_DELAY_US) * POLICY_NS_PER_US;
	struct policy_vcpu *v = NULL;

	for (struct list *at = pc->node.next; !v && at != &pc->node; at = at->next)
		if (at != &pi->pcpus)
			v = best_of(list_entry(at, struct policy_pcpu, node), pc,
				    busy ? UNDER : OVER, busy ? now - hot : TIME_MAX);
	return v;
}

static struct policy_decision credit_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					  s_time_t now)
{
	struct credit_pool *pool = credit_pool(pi);
	struct credit_pcpu *cp = credit_pcpu(pc);
	struct policy_vcpu *v = best_of(pc, pc, OVER, TIME_MAX), *other = NULL;
	struct policy_vcpu *put = cp->put;

	cp->put = NULL;
	if (pi->nr_pcpus > 1 &&
	    (!v || (credit_vcpu(v)->priority == OVER && pool->queued[BOOST] + pool->queued[UNDER])))
		other = best_elsewhere(pi, pc, v, now);
	if (other) {
		policy_count(pi, COUNT_STEALS);
		v = other;
	}
	if (!v)
		v = cp->yielded;
	cp->yielded = NULL;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	queue_remove(pi, v);
	if (put && put != v && !put->parked)
		policy_offer(pi, put);
	if (!cp->ticking)
		set_tick(pi, pc, now);
	return (struct policy_decision){ v, slice_of(pi) };
}

static void credit_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		       enum policy_put why, s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	charge(pi, pc, v, now);
	if (policy_tunable(pi, ACCOUNTING) == BY_TIME_AND_STOP) {
		activate(pi, v, now);
		judge(pi, v);
	}
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	if (cv->capped) {
		policy_park(v);
		return;
	}
	queue_add(pi, v);
	credit_pcpu(pc)->put = v;
	if (why == PUT_YIELDED)
		credit_pcpu(pc)->yielded = v;
}

/* --- coming and going ---------------------------------------------------------- */

static int credit_init(struct policy_instance *pi)
{
	list_init(&credit_pool(pi)->active);
	return 0;
}

static void credit_pcpu_add(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	for (int i = 0; i < PRIORITIES; i++)
		list_init(&credit_pcpu(pc)->queue[i]);
}

static void credit_domain_add(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	list_init(&credit_domain(d)->vcpus);
}

static void credit_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	credit_vcpu(v)->priority = UNDER;
}

static void credit_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	deactivate(v);
}

static void credit_tuned(struct policy_instance *pi, s_time_t now)
{
	if (!list_empty(&credit_pool(pi)->active))
		policy_instance_timer(pi, now - now % slice_of(pi) + slice_of(pi));
}

static int credit_check_tunables(const s64 *value)
{
	s64 limit = value[RATELIMIT_US];

	return (limit && limit < 100) || limit > value[TSLICE_MS] * 1000 ? -EINVAL : 0;
}

static void credit_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	static const char *const names[] = { "boost", "under", "over" };
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: %s, credit %ld us%s%s", v->domain->id, v->id,
			  names[credit_vcpu(v)->priority], (long)(credit_vcpu(v)->credit / 1000),
			  credit_vcpu(v)->active ? ", active" : "",
			  credit_vcpu(v)->capped ? ", capped" : "");
}

SCHED_POLICY(credit) {
	.version = SCHED_POLICY_VERSION,
	.name = "credit",
	.title = "proportional shares with caps and boost",
	.xen_id = POLICY_XEN_CREDIT,
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct credit_pool),
	.pcpu_bytes = sizeof(struct credit_pcpu),
	.domain_bytes = sizeof(struct credit_domain),
	.vcpu_bytes = sizeof(struct credit_vcpu),
	.tunables = credit_tunables,
	.nr_tunables = ARRAY_SIZE(credit_tunables),
	.domain_params = credit_domain_params,
	.nr_domain_params = ARRAY_SIZE(credit_domain_params),
	.counters = credit_counters,
	.nr_counters = ARRAY_SIZE(credit_counters),
	.init = credit_init,
	.pcpu_add = credit_pcpu_add,
	.domain_add = credit_domain_add,
	.vcpu_add = credit_vcpu_add,
	.vcpu_remove = credit_vcpu_remove,
	.enqueue = credit_enqueue,
	.dequeue = credit_dequeue,
	.pick = credit_pick,
	.put = credit_put,
	.pcpu_timer = credit_pcpu_timer,
	.instance_timer = credit_instance_timer,
	.check_tunables = credit_check_tunables,
	.tuned = credit_tuned,
	.dump = credit_dump,
};
