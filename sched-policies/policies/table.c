/* SPDX-License-Identifier: MIT */
/*
 * table: dispatch by table, with a bound on waiting.  A planner, run only when
 * vCPUs, pCPUs or parameters change, gives each vCPU one slot in every cycle of
 * its home pCPU; the cycle is the least of their latency bounds.  A ready vCPU
 * runs in its slot whatever the others do, so it waits at most a cycle less
 * its slot.  Time whose owner sleeps goes round robin to the ready ones of the
 * pCPU.  State per pool.  Page: table.md.
 */
#include "sched-policies/api/policy_home.h"

#define SLOT_MIN (100 * POLICY_NS_PER_US)

struct table_pcpu {
	struct policy_home_pcpu home; /* first */
	struct list spare;            /* table_vcpu.link of those awake, next for spare time first */
	struct policy_vcpu *cursor;   /* slot looked at last, or NULL */
	s_time_t cycle, planned;      /* slots end at `planned` in each cycle, then there is a gap */
};

struct table_vcpu {
	struct policy_home_vcpu home; /* first */
	struct list link;             /* kept while it runs in its slot: that is not its turn */
	bool linked, ready;
	s_time_t begin, length;       /* of its slot in the cycle */
};

enum { SPARE_US };
enum { SHARE, LATENCY_US };

static const struct policy_tunable table_tunables[] = {
	[SPARE_US] = { "spare_quantum_us", 100, 100000, 1000, "longest turn in others' time" },
};

static const struct policy_tunable table_domain_params[] = {
	[SHARE] = { "share_permille", 0, 1000, 0, "of a pCPU, for each vCPU; 0 an equal part" },
	[LATENCY_US] = { "latency_us", 1000, 1000000, 20000, "a vCPU waits no longer than that" },
};

#define table_pcpu(pc) POLICY_DATA(struct table_pcpu, pc)
#define table_vcpu(v) POLICY_DATA(struct table_vcpu, v)

/* --- planning ------------------------------------------------------------------- */

#define WHOLE 1000000000LL /* a pCPU, for shares */

/* For each vCPU without a share of its own; *@sum: of those that have one. */
static s64 equal_part(struct policy_pcpu *pc, s64 *sum)
{
	struct policy_home_vcpu *hv;
	u32 without = 0;

	*sum = 0;
	policy_for_each_homed(hv, pc) {
		s64 share = POLICY_OWNER(hv, vcpu)->domain->param[SHARE];

		*sum += share * (WHOLE / 1000);
		without += !share;
	}
	if (!without)
		return 0;
	*sum = MIN(*sum, WHOLE - WHOLE * without / (policy_home_pcpu(pc)->count + 1));
	return (WHOLE - *sum) / without;
}

/* Shares that promise more than there is are cut in proportion, never below the least slot. */
static void plan(struct policy_pcpu *pc)
{
	struct table_pcpu *tp = table_pcpu(pc);
	s64 promised = 0, sum, part = equal_part(pc, &sum), at = 0;
	struct policy_home_vcpu *hv;
	s_time_t cycle = TIME_MAX, rest;

	policy_for_each_homed(hv, pc) {
		const s64 *param = POLICY_OWNER(hv, vcpu)->domain->param;

		cycle = MIN(cycle, param[LATENCY_US] * POLICY_NS_PER_US);
		promised += param[SHARE] * (WHOLE / 1000);
	}
	cycle = MAX(cycle, 2 * SLOT_MIN * tp->home.count);
	rest = cycle - SLOT_MIN * tp->home.count;
	policy_for_each_homed(hv, pc) {
		struct table_vcpu *tv = table_vcpu(POLICY_OWNER(hv, vcpu));
		s64 share = POLICY_OWNER(hv, vcpu)->domain->param[SHARE] * (WHOLE / 1000);

		if (!share)
			share = part;
		else if (promised > sum)
			share = share * (sum / 1000) / (promised / 1000);
		tv->begin = at;
		tv->length = MAX(share * (cycle / 1000) / (WHOLE / 1000) - SLOT_MIN, 0);
		tv->length = SLOT_MIN + MIN(tv->length, rest);
		rest -= tv->length - SLOT_MIN;
		at += tv->length;
	}
	tp->cycle = tp->home.count ? cycle : 0;
	tp->planned = at;
	tp->cursor = NULL;
	policy_kick(pc);
}

/* --- dispatching ------------------------------------------------------------------- */

static struct policy_vcpu *slot_after(struct policy_pcpu *pc, const struct policy_vcpu *v)
{
	struct list *vcpus = &table_pcpu(pc)->home.vcpus;
	struct list *at = v ? policy_home_vcpu(v)->link.next : vcpus->next;

	if (at == vcpus)
		at = vcpus->next;
	return POLICY_OWNER(list_entry(at, struct policy_home_vcpu, link), vcpu);
}

/* Whose slot it is, NULL in a gap; *@end: until when.  The cursor goes on from where it was. */
static struct policy_vcpu *owner_at(struct policy_pcpu *pc, s_time_t now, s_time_t *end)
{
	struct table_pcpu *tp = table_pcpu(pc);
	s_time_t in_cycle;

	*end = TIME_MAX;
	if (!tp->cycle)
		return NULL;
	in_cycle = now % tp->cycle;
	*end = now - in_cycle + tp->cycle;
	if (in_cycle >= tp->planned)
		return NULL;
	for (u32 i = 0; i <= tp->home.count; i++) {
		struct table_vcpu *tv;

		if (!tp->cursor || i)
			tp->cursor = slot_after(pc, tp->cursor);
		tv = table_vcpu(tp->cursor);
		if (in_cycle >= tv->begin && in_cycle < tv->begin + tv->length) {
			*end = now - in_cycle + tv->begin + tv->length;
			return tp->cursor;
		}
	}
	return NULL;
}

static void hold(struct policy_vcpu *v)
{
	struct table_vcpu *tv = table_vcpu(v);

	if (!tv->linked)
		list_add_tail(&table_pcpu(policy_home_vcpu(v)->home)->spare, &tv->link);
	tv->linked = tv->ready = true;
}

static void let_go(struct policy_vcpu *v)
{
	struct table_vcpu *tv = table_vcpu(v);

	if (tv->linked)
		list_del(&tv->link);
	tv->linked = tv->ready = false;
}

static struct policy_vcpu *next_for_spare_time(const struct table_pcpu *tp)
{
	struct table_vcpu *tv;

	list_for_each_entry(tv, &tp->spare, link)
		if (tv->ready)
			return POLICY_OWNER(tv, vcpu);
	return NULL;
}

static void table_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			  enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc = policy_home_vcpu(v)->home;
	s_time_t end;

	hold(v);
	if (!pc->running || owner_at(pc, now, &end) == v)
		policy_kick(pc);
}

static void table_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	let_go(v);
}

static struct policy_decision table_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					 s_time_t now)
{
	s_time_t end, spare = policy_tunable(pi, SPARE_US) * POLICY_NS_PER_US;
	struct policy_vcpu *v = owner_at(pc, now, &end);

	if (!v || !table_vcpu(v)->ready) {
		v = next_for_spare_time(table_pcpu(pc));
		if (!v)
			return (struct policy_decision){ NULL, 0 };
		let_go(v);
		end = MIN(end, now + spare);
	}
	table_vcpu(v)->ready = false;
	return (struct policy_decision){ v, MIN(MAX(end - now, SLICE_MIN), SLICE_MAX) };
}

static void table_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		      enum policy_put why, s_time_t now)
{
	if (why != PUT_PREEMPTED && why != PUT_YIELDED) {
		let_go(v);
		return;
	}
	hold(v);
	if (policy_home_vcpu(v)->home != pc)
		policy_kick(policy_home_vcpu(v)->home);
}

/* --- coming and going ---------------------------------------------------------------- */

static void move_home(struct policy_vcpu *v, struct policy_pcpu *to)
{
	struct policy_pcpu *from = policy_home_vcpu(v)->home;
	bool ready = table_vcpu(v)->ready;

	let_go(v);
	policy_home_leave(v);
	policy_home_enter(v, to);
	if (ready)
		hold(v);
	if (from)
		plan(from);
	plan(to);
}

/* A pCPU about to leave is forbidden before anybody is told. */
static struct policy_pcpu *table_place(struct policy_instance *pi, struct policy_vcpu *v,
				       enum policy_enqueue why, s_time_t now)
{
	if (!policy_may_run(v, policy_home_vcpu(v)->home))
		move_home(v, policy_home_best(pi, v, NULL));
	return policy_home_vcpu(v)->home;
}

static void table_pcpu_add(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_vcpu *v;

	list_init(&policy_home_pcpu(pc)->vcpus);
	list_init(&table_pcpu(pc)->spare);
	while ((v = policy_home_surplus(pi, pc)))
		move_home(v, pc);
}

static void table_pcpu_remove(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_home_vcpu *hv, *next;

	list_for_each_entry_safe(hv, next, &policy_home_pcpu(pc)->vcpus, link) {
		struct policy_pcpu *to = policy_home_best(pi, POLICY_OWNER(hv, vcpu), pc);

		if (to)
			move_home(POLICY_OWNER(hv, vcpu), to);
	}
}

static void table_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	move_home(v, policy_home_best(pi, v, NULL));
}

static void table_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct policy_pcpu *home = policy_home_vcpu(v)->home;

	policy_home_leave(v);
	if (home)
		plan(home);
}

static void table_affinity_changed(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	table_place(pi, v, ENQUEUE_MOVE, now);
}

static void table_domain_tuned(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		plan(pc);
}

static void table_tuned(struct policy_instance *pi, s_time_t now)
{
	table_domain_tuned(pi, NULL, now);
}

static void table_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: pCPU %u, %ld to %ld of %ld us", v->domain->id, v->id,
			  policy_home_vcpu(v)->home->id, (long)(table_vcpu(v)->begin / 1000),
			  (long)((table_vcpu(v)->begin + table_vcpu(v)->length) / 1000),
			  (long)(table_pcpu(policy_home_vcpu(v)->home)->cycle / 1000));
}

SCHED_POLICY(table) {
	.version = SCHED_POLICY_VERSION,
	.name = "table",
	.title = "dispatch by table, with a bound on waiting",
	.scope = POLICY_STATE_PER_POOL,
	.pcpu_bytes = sizeof(struct table_pcpu),
	.vcpu_bytes = sizeof(struct table_vcpu),
	.tunables = table_tunables,
	.nr_tunables = ARRAY_SIZE(table_tunables),
	.domain_params = table_domain_params,
	.nr_domain_params = ARRAY_SIZE(table_domain_params),
	.pcpu_add = table_pcpu_add,
	.pcpu_remove = table_pcpu_remove,
	.vcpu_add = table_vcpu_add,
	.vcpu_remove = table_vcpu_remove,
	.place = table_place,
	.enqueue = table_enqueue,
	.dequeue = table_dequeue,
	.pick = table_pick,
	.put = table_put,
	.tuned = table_tuned,
	.domain_tuned = table_domain_tuned,
	.affinity_changed = table_affinity_changed,
	.dump = table_dump,
};
