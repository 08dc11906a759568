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
#include "sched-policies/api/policy_classes.h"
#include "sched-policies/api/policy_share.h"

enum { BOOST, UNDER, OVER }; /* classes */

struct credit_pool {
	struct policy_classes_pool classes; /* first */
	struct list active;            /* credit_domain.share of those with active vCPUs */
	s64 balance;                   /* sum of the active vCPUs' credit after accounting */
};

struct credit_domain {
	struct policy_share share;     /* first; what all its active vCPUs get */
	struct list vcpus;             /* credit_vcpu.active_link */
	u32 nr_active;
};

struct credit_pcpu {
	struct policy_classes_pcpu classes; /* first */
	struct policy_vcpu *put;       /* queued by the put before this pick */
	struct policy_vcpu *yielded;   /* the same, if it wants others to go first */
	bool ticking;
};

struct credit_vcpu {
	struct policy_classes_vcpu in; /* first; ran_until: it has paid until then */
	struct list active_link;
	s64 credit;                    /* ns, negative is debt */
	bool active, capped;
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
	list_add_tail(&credit_pool(pi)->active, &cd->share.link);
}

static void deactivate(struct policy_vcpu *v)
{
	struct credit_domain *cd = credit_domain(v->domain);

	if (!credit_vcpu(v)->active)
		return;
	credit_vcpu(v)->active = false;
	list_del(&credit_vcpu(v)->active_link);
	if (!--cd->nr_active)
		list_del(&cd->share.link);
}

/* @v, running, pays for the time since it last did. */
static void charge(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);
	s_time_t from = MAX(cv->in.ran_until, v->pcpu->since);

	if (policy_tunable(pi, ACCOUNTING) != SAMPLED && now > from)
		cv->credit -= now - from;
	cv->in.ran_until = now;
}

static void judge(struct policy_instance *pi, struct policy_vcpu *v)
{
	u8 class = credit_vcpu(v)->in.class;

	policy_class_set(pi, v, credit_vcpu(v)->credit < 0 ? OVER : MIN(class, UNDER));
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
		policy_class_remove(pi, v);
		policy_park(v);
	} else if (v->state == VCPU_READY) {
		policy_unpark(v, now);
		policy_class_add(pi, v);
		policy_class_tickle(pi, v);
	}
}

static void settle_vcpu(struct policy_instance *pi, struct policy_vcpu *v, s64 grant, s64 cap,
			s_time_t now)
{
	struct credit_vcpu *cv = credit_vcpu(v);

	if (v->state == VCPU_RUNNING)
		charge(pi, v, now);
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
	credit_pool(pi)->balance += cv->credit;
}

/* Nobody uses more than a slice for each vCPU, or the cap, in the time of one; what makes good the
 * debts of before, @extra for each unit of weight in 2^16ths, comes on top. */
static void claim(struct credit_domain *cd, s64 slice, s64 extra)
{
	const s64 *param = POLICY_OWNER(cd, domain)->param;

	cd->share.weight = param[WEIGHT] * cd->nr_active;
	cd->share.most = slice * cd->nr_active + (extra * cd->share.weight >> 16);
	if (param[CAP])
		cd->share.most = MIN(cd->share.most, slice * param[CAP] / 100);
}

/* Handed out are the pool's time and what all are in debt together, lest they all stay in it. */
static void credit_instance_timer(struct policy_instance *pi, s_time_t now)
{
	struct credit_pool *pool = credit_pool(pi);
	s64 slice = slice_of(pi), debt = -MIN(pool->balance, 0), weights = 0;
	struct credit_domain *cd, *next_cd;
	struct credit_vcpu *cv, *next_cv;

	list_for_each_entry(cd, &pool->active, share.link)
		weights += POLICY_OWNER(cd, domain)->param[WEIGHT] * cd->nr_active;
	list_for_each_entry(cd, &pool->active, share.link)
		claim(cd, slice, (debt << 16) / weights);
	policy_share_out(&pool->active, slice * pi->nr_pcpus + debt);
	pool->balance = 0;
	list_for_each_entry_safe(cd, next_cd, &pool->active, share.link) {
		s64 cap = POLICY_OWNER(cd, domain)->param[CAP] * slice / 100, nr = cd->nr_active;

		list_for_each_entry_safe(cv, next_cv, &cd->vcpus, active_link)
			settle_vcpu(pi, POLICY_OWNER(cv, vcpu), cd->share.grant / nr, cap / nr, now);
	}
	if (!list_empty(&pool->active))
		policy_instance_timer(pi, now - now % slice + slice);
}

/* While the pCPU is busy: at multiples of a third of a slice, or so much apart give or take. */
static void set_tick(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	s_time_t tick = slice_of(pi) / 3, when = now - now % tick + tick;
	s_time_t jitter = tick * policy_tunable(pi, TICK_JITTER) / 100;

	if (jitter)
		when = now + tick - jitter + (s_time_t)(policy_random(pi) % (2 * jitter + 1));
	credit_pcpu(pc)->ticking = true;
	policy_pcpu_timer(pc, when);
}

static void credit_pcpu_timer(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_vcpu *v = pc->running;

	credit_pcpu(pc)->ticking = false;
	if (!v)
		return;
	set_tick(pi, pc, now);
	charge(pi, v, now);
	if (policy_tunable(pi, ACCOUNTING) == SAMPLED)
		credit_vcpu(v)->credit -= slice_of(pi) / 3;
	if (credit_vcpu(v)->in.class == BOOST) /* it computes: no boost any more */
		credit_vcpu(v)->in.class = UNDER;
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
	if (why == ENQUEUE_WAKE && cv->in.class == UNDER && policy_tunable(pi, BOOSTING)) {
		cv->in.class = BOOST;
		policy_count(pi, COUNT_BOOSTS);
	}
	policy_class_add(pi, v);
	policy_class_tickle(pi, v);
}

static void credit_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (credit_vcpu(v)->in.queued)
		policy_class_remove(pi, v);
}

/* Somebody else's, if @own (NULL: none) is in debt.  With work of its own a pCPU leaves alone what
 * is in debt or cache-hot elsewhere. */
static struct policy_vcpu *take_from_others(struct policy_instance *pi, struct policy_pcpu *pc,
					    struct policy_vcpu *own, s_time_t now)
{
	const u32 *queued = credit_pool(pi)->classes.queued;
	struct policy_vcpu *v = NULL;

	if (pi->nr_pcpus == 1)
		return NULL;
	if (!own)
		v = policy_class_elsewhere(pi, pc, OVER, TIME_MAX);
	else if (credit_vcpu(own)->in.class == OVER && queued[BOOST] + queued[UNDER])
		v = policy_class_elsewhere(pi, pc, UNDER, now - POLICY_NS_PER_US *
					   policy_tunable(pi, MIGR_DELAY_US));
	if (v)
		policy_count(pi, COUNT_STEALS);
	return v;
}

static struct policy_decision credit_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					  s_time_t now)
{
	struct credit_pcpu *cp = credit_pcpu(pc);
	struct policy_vcpu *v = policy_class_first(pc, pc, OVER, TIME_MAX, cp->yielded);
	struct policy_vcpu *put = cp->put, *other = take_from_others(pi, pc, v, now);

	v = other ? other : v ? v : cp->yielded;
	cp->put = cp->yielded = NULL;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	policy_class_remove(pi, v);
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

	charge(pi, v, now);
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
	policy_class_add(pi, v);
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
	policy_classes_init(pc);
}

static void credit_domain_add(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	list_init(&credit_domain(d)->vcpus);
}

static void credit_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	credit_vcpu(v)->in.class = UNDER;
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
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: class %u, credit %ld us%s%s", v->domain->id, v->id,
			  credit_vcpu(v)->in.class, (long)(credit_vcpu(v)->credit / 1000),
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
