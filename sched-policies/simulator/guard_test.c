/* SPDX-License-Identifier: MIT */
/*
 * Policies that lie on purpose.  Each is a working FIFO with one fault; the
 * guard must name the fault, replace the policy, and lose no vCPU doing so.
 * Also: tables that registration must refuse.
 */
#include <criterion/criterion.h>

#include "sched-policies/simulator/sim.h"
#include "trace/trace.h"

#define MS 1000000LL
#define SEC (1000 * MS)
#define HONEST_UNTIL (50 * MS) /* lies begin then, in the midst of work */

enum lie {
	LIE_NONE, LIE_GARBAGE, LIE_ASLEEP, LIE_TWICE, LIE_AFFINITY, LIE_SLICE_SHORT, LIE_SLICE_LONG,
	LIE_SLICE_NEGATIVE, LIE_PLACE_FORBIDDEN, LIE_PLACE_GARBAGE, LIE_WRONG_POOL, LIE_STALL,
	LIE_FORGET, LIE_DETACHED,
};

static enum lie lie;
static struct policy_vcpu *bait;
static struct list queue;
struct liar_vcpu {
	struct list link;
};

#define liar_vcpu(v) POLICY_DATA(struct liar_vcpu, v)

static bool lying(enum lie which, s_time_t now)
{
	return lie == which && now >= HONEST_UNTIL;
}

static int liar_init(struct policy_instance *pi)
{
	list_init(&queue);
	return 0;
}

static void liar_enqueue(struct policy_instance *pi, struct policy_vcpu *v, enum policy_enqueue why,
			 s_time_t now)
{
	struct policy_pcpu *pc;

	list_add_tail(&queue, &liar_vcpu(v)->link);
	policy_for_each_pcpu(pc, pi)
		policy_kick(pc);
}

static void liar_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&liar_vcpu(v)->link);
}

static struct policy_vcpu *lie_about(struct policy_pcpu *pc, s_time_t now)
{
	static u64 garbage[64];
	struct policy_vcpu *v;

	if (lying(LIE_GARBAGE, now))
		return (void *)garbage;
	if ((lying(LIE_WRONG_POOL, now) || lying(LIE_DETACHED, now)) && bait)
		return bait;
	policy_for_each_vcpu(v, pc->instance) {
		if (lying(LIE_ASLEEP, now) && v->state == VCPU_ASLEEP)
			return v;
		if (lying(LIE_TWICE, now) && v->state == VCPU_RUNNING)
			return v;
		if (lying(LIE_AFFINITY, now) && v->state == VCPU_READY && !policy_may_run(v, pc)) {
			list_del(&liar_vcpu(v)->link);
			return v;
		}
	}
	return NULL;
}

static struct policy_decision liar_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct policy_vcpu *v = lie_about(pc, now);
	s_time_t slice = 5 * MS;
	struct liar_vcpu *lv;

	if (v)
		return (struct policy_decision){ v, slice };
	if (lying(LIE_SLICE_SHORT, now))
		slice = SLICE_MIN - 1;
	if (lying(LIE_SLICE_LONG, now))
		slice = SLICE_MAX + 1;
	if (lying(LIE_SLICE_NEGATIVE, now))
		slice = -1;
	list_for_each_entry(lv, &queue, link) {
		v = POLICY_OWNER(lv, vcpu);
		if (!policy_may_run(v, pc) || (lying(LIE_STALL, now) && v->domain->id == 1))
			continue;
		list_del(&lv->link);
		return (struct policy_decision){ v, slice };
	}
	return (struct policy_decision){ NULL, 0 };
}

static void liar_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	if (!lying(LIE_FORGET, now) || v->domain->id != 2)
		list_add_tail(&queue, &liar_vcpu(v)->link);
}

static struct policy_pcpu *liar_place(struct policy_instance *pi, struct policy_vcpu *v,
				      enum policy_enqueue why, s_time_t now)
{
	static u64 garbage[sizeof(struct sched_pcpu) / 8];
	struct policy_pcpu *pc;

	if (lying(LIE_PLACE_GARBAGE, now))
		return (void *)garbage;
	policy_for_each_pcpu(pc, pi)
		if (lying(LIE_PLACE_FORBIDDEN, now) && !policy_may_run(v, pc))
			return pc;
	return policy_default_place(pi, v, why, now);
}

static const struct sched_policy liar = {
	.version = SCHED_POLICY_VERSION,
	.name = "liar",
	.scope = POLICY_STATE_PER_POOL,
	.vcpu_bytes = sizeof(struct liar_vcpu),
	.init = liar_init,
	.place = liar_place,
	.enqueue = liar_enqueue,
	.dequeue = liar_dequeue,
	.pick = liar_pick,
	.put = liar_put,
};

static u32 eject_records;

static void count_ejections(struct sim *sim, u32 header, const void *payload, u32 bytes)
{
	eject_records += TRC_HD_TO_EVENT(header) == TRACE_ID_policy_eject;
}

/* Three domains on two pCPUs; d3 is bound to pCPU 1, d4 sleeps a lot. */
static struct sim *start_liar(enum lie which)
{
	struct sim_config config = { .pcpus = 2, .policy = "liar", .seed = 1, .check = true,
				     .stall_limit = SEC, .log_bytes = 4096 };
	s64 args[] = { 1 * MS, 5 * MS, 20 * MS };
	struct sim *sim;

	sched_register_policies();
	cr_assert_eq(sched_register_policy(&liar), 0);
	lie = which;
	sim = sim_new(&config);
	sim->record = count_ejections;
	eject_records = 0;
	trace_active = ~0U;
	for (int i = 0; i < 3; i++)
		sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_hog, NULL, 0);
	sim_add_vcpu(sim_add_domain(sim, sim->pool0), program_ponger, args, 3);
	sim_set_affinity(sim->domains->next->next->vcpu[0], 2, ~0ULL);
	return sim;
}

/* The invariants must hold throughout; afterwards all four run fairly under the fallback. */
static void expect_ejected(struct sim *sim, enum sched_breach breach, s_time_t within)
{
	const struct sched_ejection *e = &sim->pool0->s.ejection;
	struct sim_domain *d;
	struct sim_vcpu *v;
	s_time_t before[8] = { 0 };
	u32 i;

	sim_run(sim, HONEST_UNTIL - 1);
	cr_assert(!e->policy, "ejected while honest: %s", e->report);
	sim_run(sim, HONEST_UNTIL + within);
	cr_assert(e->policy, "lie %d was believed", lie);
	cr_assert_eq(e->breach, breach, "%s", e->report);
	cr_assert_str_eq(e->policy, "liar");
	cr_assert(strstr(sim->log, sched_breach_name(breach)), "%s", sim->log);
	cr_assert(strstr(e->report, "pCPU 1:"), "%s", e->report);
	cr_assert_eq(eject_records, 1);
	cr_assert_str_eq(sim->pool0->s.p.policy->name, "fallback");
	sim_for_each_vcpu(sim, d, i, v)
		before[d->s.p.id] = sim_runtime(v);
	sim_run(sim, sim->now + 2 * SEC);
	sim_for_each_vcpu(sim, d, i, v)
		cr_assert_gt(sim_runtime(v) - before[d->s.p.id], 30 * MS,
			     "d%u starves under the fallback", d->s.p.id);
	cr_assert(!sim->fault[0], "%s", sim->fault);
	cr_assert_eq(eject_records, 1);
	trace_active = 0;
	sim_free(sim);
}

#define LIAR_TEST(name, which, breach)                                          \
	Test(sched_guard, name)                                                 \
	{                                                                       \
		expect_ejected(start_liar(which), breach, 200 * MS);            \
	}

LIAR_TEST(picks_garbage, LIE_GARBAGE, BREACH_NOT_A_VCPU)
LIAR_TEST(picks_a_sleeper, LIE_ASLEEP, BREACH_NOT_READY)
LIAR_TEST(runs_one_twice, LIE_TWICE, BREACH_NOT_READY)
LIAR_TEST(ignores_affinity, LIE_AFFINITY, BREACH_AFFINITY)
LIAR_TEST(slice_too_short, LIE_SLICE_SHORT, BREACH_SLICE)
LIAR_TEST(slice_too_long, LIE_SLICE_LONG, BREACH_SLICE)
LIAR_TEST(slice_negative, LIE_SLICE_NEGATIVE, BREACH_SLICE)
LIAR_TEST(places_garbage, LIE_PLACE_GARBAGE, BREACH_PLACE)

Test(sched_guard, places_where_forbidden)
{
	struct sim *sim = start_liar(LIE_PLACE_FORBIDDEN);

	sim_set_affinity(sim->domains->next->next->next->vcpu[0], 1, ~0ULL);
	expect_ejected(sim, BREACH_PLACE, 200 * MS);
}

Test(sched_guard, lets_one_starve)
{
	expect_ejected(start_liar(LIE_STALL), BREACH_STALL, 2 * SEC);
}

Test(sched_guard, forgets_one)
{
	expect_ejected(start_liar(LIE_FORGET), BREACH_STALL, 2 * SEC);
}

Test(sched_guard, picks_from_another_pool)
{
	struct sim *sim = start_liar(LIE_WRONG_POOL);
	struct sim_pool *other = sim_add_pool(sim, 1, "rr");
	struct sim_vcpu *v;

	cr_assert_eq(sim_remove_pcpu(sim, 0), 0);
	cr_assert_eq(sim_add_pcpu(sim, other, 0), 0);
	v = sim_add_vcpu(sim_add_domain(sim, other), program_hog, NULL, 0);
	bait = &v->s.p;
	expect_ejected(sim, BREACH_WRONG_POOL, 200 * MS);
}

Test(sched_guard, picks_what_was_detached)
{
	struct sim *sim = start_liar(LIE_DETACHED);
	struct sim_vcpu gone = { 0 };

	gone.s.p.domain = &sim->domains->s.p;
	bait = &gone.s.p;
	expect_ejected(sim, BREACH_NOT_A_VCPU, 200 * MS);
}

Test(sched_guard, an_honest_liar_stays)
{
	struct sim *sim = start_liar(LIE_NONE);

	sim_run(sim, 5 * SEC);
	cr_assert(!sim->pool0->s.ejection.policy, "%s", sim->pool0->s.ejection.report);
	cr_assert(!sim->fault[0], "%s", sim->fault);
	trace_active = 0;
	sim_free(sim);
}

Test(sched_guard, malformed_tables_are_refused)
{
	static const struct policy_tunable backwards[] = { { "x", 2, 1, 1, "never" } };
	struct sched_policy p;

	sched_register_policies();
#define REFUSE(change)                                                          \
	do {                                                                    \
		p = liar;                                                       \
		change;                                                         \
		cr_assert_eq(sched_register_policy(&p), -EINVAL, #change);      \
	} while (0)
	REFUSE(p.version++);
	REFUSE(p.name = "rr");
	REFUSE(p.name = "Liar");
	REFUSE(p.name = NULL);
	REFUSE(p.pick = NULL);
	REFUSE(p.put = NULL);
	REFUSE(p.vcpu_bytes = POLICY_VCPU_BYTES + 1);
	REFUSE((p.tunables = backwards, p.nr_tunables = 1));
	REFUSE(p.nr_tunables = 1);
	REFUSE((p.scope = POLICY_STATE_PER_PCPU, p.instance_timer = sched_fallback.instance_timer));
	cr_assert_eq(sched_register_policy(&liar), 0);
	cr_assert_eq(sched_register_policy(&liar), -EINVAL, "a name twice");
}
