/* SPDX-License-Identifier: MIT */
/*
 * rtds: real-time servers under global earliest deadline first, with Xen's
 * parameters.  Each vCPU is a server: a budget in every period, and the period's
 * end as deadline.  Four kinds of server by tunable: they differ in what becomes
 * of the budget while the vCPU sleeps and when it comes back.  A vCPU without
 * budget waits, or with extra time goes on a level lower, behind all higher
 * ones.  State per pool.  Page: rtds.md.
 */
#include "sched-policies/api/policy_queue.h"

struct rtds_pool {
	struct tree queue;   /* with budget, by level and deadline */
	struct tree renewal; /* rtds_vcpu.renew of those awake, by the next replenishment */
};

struct rtds_vcpu {
	struct tree_node node;  /* first */
	struct tree_node renew;
	s_time_t deadline;      /* 0: never been ready */
	s_time_t slept_at;
	s64 budget;
	u32 level;              /* budgets used up in this period: above 0 is extra time */
	u8 had;                 /* in the period before: among equal deadlines the least first */
	bool serving;           /* sporadic: an activation is open */
	s_time_t active_since;  /* of it */
	s64 used;               /* in it, extra time apart */
	s64 owed;               /* sporadic: comes back at `due` */
	s_time_t due;
};

struct rtds_pcpu {
	struct policy_vcpu *yielded;
};

enum { SERVER };
enum { DEFERRABLE, POLLING, PERIODIC, SPORADIC };
enum { PERIOD_US, BUDGET_US, EXTRATIME };

static const struct policy_tunable rtds_tunables[] = {
	[SERVER] = { "server", 0, 3, DEFERRABLE,
		     "0 deferrable, 1 polling, 2 periodic, 3 sporadic" },
};

static const struct policy_tunable rtds_vcpu_params[] = {
	[PERIOD_US] = { "period_us", 100, 1000000000, 10000, "the budget is renewed so often" },
	[BUDGET_US] = { "budget_us", 20, 1000000000, 4000, "promised running time in each period" },
	[EXTRATIME] = { "extratime", 0, 1, 1, "may use what is left over" },
};

#define LOWEST_LEVEL 63
#define LEVEL_SHIFT 56 /* a deadline stays below */

#define rtds_pool(pi) POLICY_DATA(struct rtds_pool, pi)
#define rtds_vcpu(v) POLICY_DATA(struct rtds_vcpu, v)
#define rtds_pcpu(pc) POLICY_DATA(struct rtds_pcpu, pc)

static s_time_t period(const struct policy_vcpu *v)
{
	return v->param[PERIOD_US] * POLICY_NS_PER_US;
}

static s_time_t full(const struct policy_vcpu *v)
{
	return v->param[BUDGET_US] * POLICY_NS_PER_US;
}

/* Less is not worth a switch. */
static bool has_budget(const struct policy_vcpu *v)
{
	return rtds_vcpu(v)->budget >= SLICE_MIN;
}

static bool has_own_budget(const struct policy_vcpu *v)
{
	return !rtds_vcpu(v)->level && has_budget(v);
}

/* --- replenishment -------------------------------------------------------------- */

static void set_timer(struct policy_instance *pi)
{
	const struct tree_node *first = tree_first(&rtds_pool(pi)->renewal);

	policy_instance_timer(pi, first ? first->key : TIME_MAX);
}

static void note_renewal(struct policy_instance *pi, struct policy_vcpu *v, bool awake)
{
	bool sporadic = policy_tunable(pi, SERVER) == SPORADIC;
	struct tree *renewal = &rtds_pool(pi)->renewal;
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (rv->renew.inside)
		tree_remove(renewal, &rv->renew);
	if (awake && (!sporadic || rv->owed))
		tree_insert(renewal, &rv->renew, sporadic ? rv->due : rv->deadline);
	set_timer(pi);
}

/* Periods are back to back from the first one on.  True: @now is in another than before. */
static bool advance(struct policy_vcpu *v, s_time_t now)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (!rv->deadline)
		rv->deadline = now;
	if (now < rv->deadline)
		return false;
	rv->deadline += ((now - rv->deadline) / period(v) + 1) * period(v);
	rv->level = 0;
	rv->had = 0;
	return true;
}

/* Sporadic: what it used comes back a period after it began; debts are joined at the later time. */
static void end_activation(struct policy_vcpu *v)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (rv->serving && rv->used) {
		rv->owed += rv->used;
		rv->due = MAX(rv->due, rv->active_since + period(v));
	}
	rv->serving = false;
	rv->used = 0;
}

static void replenish_sporadic(struct policy_vcpu *v, s_time_t now)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (!rv->deadline) {
		rv->budget = full(v);
	} else if (rv->owed && now >= rv->due) {
		rv->budget = MIN((rv->level ? 0 : rv->budget) + rv->owed, full(v));
		rv->owed = 0;
		rv->level = 0;
	}
	if (rv->serving && has_own_budget(v))
		return;
	rv->deadline = now + period(v);
	rv->serving = has_own_budget(v);
	rv->active_since = now;
	rv->used = 0;
}

/* A periodic server runs down in its sleep, as if an idle task used it. */
static void replenish_periodic(struct policy_vcpu *v, s_time_t now)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (advance(v, now))
		rv->budget = MAX(full(v) - (now - (rv->deadline - period(v))), 0);
	else
		rv->budget = MAX(rv->budget - (now - rv->slept_at), 0);
}

static void wake_up(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);
	bool first = !rv->deadline;

	switch (policy_tunable(pi, SERVER)) {
	case SPORADIC:
		replenish_sporadic(v, now);
		return;
	case PERIODIC:
		replenish_periodic(v, now);
		return;
	case POLLING: /* nobody was there when the period began: its budget is gone */
		if (advance(v, now))
			rv->budget = first || now == rv->deadline - period(v) ? full(v) : 0;
		return;
	default:
		if (advance(v, now))
			rv->budget = full(v);
	}
}

/* Awake at the end of its period, or when a debt is due. */
static void replenish(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	u8 had = 2 * rtds_vcpu(v)->level + !has_budget(v);

	if (policy_tunable(pi, SERVER) == SPORADIC) {
		replenish_sporadic(v, now);
	} else if (advance(v, now)) {
		rtds_vcpu(v)->budget = full(v);
		rtds_vcpu(v)->had = had;
	}
}

/* --- queues ------------------------------------------------------------------------ */

static s64 key_of(const struct policy_vcpu *v)
{
	const struct rtds_vcpu *rv = rtds_vcpu(v);

	return ((s64)rv->level << LEVEL_SHIFT) + rv->deadline + rv->had;
}

static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	if (!has_budget(v) && v->param[EXTRATIME]) {
		rv->level = MIN(rv->level + 1, LOWEST_LEVEL);
		rv->budget = full(v);
	}
	if (has_budget(v))
		policy_queue_add(&rtds_pool(pi)->queue, v, key_of(v));
	else
		policy_park(v);
}

static void queue_remove(struct policy_instance *pi, struct policy_vcpu *v)
{
	if (policy_queued(v))
		policy_queue_remove(&rtds_pool(pi)->queue, v);
}

static s64 running_key(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	return rtds_vcpu(pc->running)->budget <= now - pc->since ? TIME_MAX : key_of(pc->running);
}

static void tickle(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (policy_queued(v))
		policy_queue_preempt(pi, v, key_of(v), running_key, now);
}

static void rtds_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			 enum policy_enqueue why, s_time_t now)
{
	if (why == ENQUEUE_WAKE || !rtds_vcpu(v)->deadline)
		wake_up(pi, v, now);
	else
		replenish(pi, v, now);
	queue_add(pi, v);
	note_renewal(pi, v, true);
	tickle(pi, v, now);
}

static void fall_asleep(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	rtds_vcpu(v)->slept_at = now;
	if (policy_tunable(pi, SERVER) == SPORADIC)
		end_activation(v);
	else if (policy_tunable(pi, SERVER) == POLLING)
		rtds_vcpu(v)->budget = 0;
	note_renewal(pi, v, false);
}

static void rtds_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	queue_remove(pi, v);
	fall_asleep(pi, v, now);
}

static void renew(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (v->state == VCPU_RUNNING) { /* put() charges it to the old period */
		tree_remove(&rtds_pool(pi)->renewal, &rtds_vcpu(v)->renew);
		policy_kick(v->pcpu);
		return;
	}
	queue_remove(pi, v);
	replenish(pi, v, now);
	policy_unpark(v, now);
	queue_add(pi, v);
	note_renewal(pi, v, true);
	tickle(pi, v, now);
}

static void rtds_instance_timer(struct policy_instance *pi, s_time_t now)
{
	struct tree_node *first;

	while ((first = tree_first(&rtds_pool(pi)->renewal)) && first->key <= now)
		renew(pi, POLICY_OWNER(container_of(first, struct rtds_vcpu, renew), vcpu), now);
	set_timer(pi);
}

static struct policy_decision rtds_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct tree *queue = &rtds_pool(pi)->queue;
	struct policy_vcpu *v = policy_queue_first(queue, pc, rtds_pcpu(pc)->yielded);

	rtds_pcpu(pc)->yielded = NULL;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	policy_queue_remove(queue, v);
	return (struct policy_decision){ v, MIN(rtds_vcpu(v)->budget, SLICE_MAX) };
}

static void charge(struct policy_instance *pi, struct policy_vcpu *v, s_time_t used)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);

	rv->budget = MAX(rv->budget - used, 0);
	if (rv->level)
		return;
	rv->used += used;
	if (policy_tunable(pi, SERVER) == SPORADIC && !has_budget(v))
		end_activation(v);
}

static void rtds_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	charge(pi, v, MAX(now - pc->since, 0));
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		fall_asleep(pi, v, now);
		return;
	}
	replenish(pi, v, now);
	queue_add(pi, v);
	note_renewal(pi, v, true);
	if (policy_queued(v))
		policy_offer(pi, v);
	if (why == PUT_YIELDED)
		rtds_pcpu(pc)->yielded = v;
}

/* Settings: a new period from now on; who has never been ready begins its first one when it is. */
static void rtds_vcpu_tuned(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct rtds_vcpu *rv = rtds_vcpu(v);
	bool ready = v->state == VCPU_READY;

	if (ready) {
		queue_remove(pi, v);
		policy_unpark(v, now);
	}
	rv->deadline = rv->deadline ? now + period(v) : 0;
	rv->budget = full(v);
	rv->level = 0;
	rv->serving = v->state != VCPU_ASLEEP;
	rv->active_since = rv->slept_at = now;
	rv->used = rv->owed = 0;
	if (ready)
		queue_add(pi, v);
	note_renewal(pi, v, ready);
	if (ready)
		tickle(pi, v, now);
	else if (v->state == VCPU_RUNNING)
		policy_kick(v->pcpu);
}

static void rtds_tuned(struct policy_instance *pi, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		rtds_vcpu_tuned(pi, v, now);
}

static int rtds_check_vcpu_params(const s64 *value)
{
	return value[BUDGET_US] > value[PERIOD_US] ? -EINVAL : 0;
}

static void rtds_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: budget %ld us until %ld us, level %u%s", v->domain->id,
			  v->id, (long)(rtds_vcpu(v)->budget / 1000),
			  (long)(rtds_vcpu(v)->deadline / 1000), rtds_vcpu(v)->level,
			  v->parked ? ", waits for it" : "");
}

SCHED_POLICY(rtds) {
	.version = SCHED_POLICY_VERSION,
	.name = "rtds",
	.title = "real-time servers, earliest deadline first",
	.xen_id = POLICY_XEN_RTDS,
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct rtds_pool),
	.pcpu_bytes = sizeof(struct rtds_pcpu),
	.vcpu_bytes = sizeof(struct rtds_vcpu),
	.tunables = rtds_tunables,
	.nr_tunables = ARRAY_SIZE(rtds_tunables),
	.vcpu_params = rtds_vcpu_params,
	.nr_vcpu_params = ARRAY_SIZE(rtds_vcpu_params),
	.enqueue = rtds_enqueue,
	.dequeue = rtds_dequeue,
	.pick = rtds_pick,
	.put = rtds_put,
	.instance_timer = rtds_instance_timer,
	.check_vcpu_params = rtds_check_vcpu_params,
	.tuned = rtds_tuned,
	.vcpu_tuned = rtds_vcpu_tuned,
	.dump = rtds_dump,
};
