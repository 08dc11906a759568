/* SPDX-License-Identifier: MIT */
/*
 * Does the conformance suite notice?  A small fair policy (least weighted run
 * time first, a quantum each) that passes all of it, and the same with one
 * fault planted at a time: the property named for the fault must refute it.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "sched-policies/simulator/properties.h"

enum fault {
	NO_FAULT, FORGETS_ONE, RUNS_TWICE, IGNORES_AFFINITY, IDLES_BESIDE_WORK, KEEPS_SLEEPERS,
	IGNORES_WEIGHT, FAVOURS_ONE, LATEST_FIRST, PARKS_FOR_GOOD, STAYS_ON_LOST_PCPU,
	SHARES_ITS_QUEUE, OVERFLOWS, DROPS_WHEN_TUNED, LEAVES_A_PCPU_OUT, REMEMBERS_THE_LAST_RUN,
	KEEPS_COUNT_OF_THE_GONE,
};

static enum fault fault;
static u32 remembered; /* from one simulation to the next */

struct fair_pool {
	struct list own_queue;
	u32 members; /* vCPUs, by its own count */
};

struct fair_vcpu {
	struct list link;
	s64 used; /* ns at weight 256 */
	struct policy_pcpu *home;
};

enum { QUANTUM_US };

static const struct policy_tunable fair_tunables[] = {
	[QUANTUM_US] = { "quantum_us", 100, 3000000, 5000, "longest turn" },
};

static const struct policy_tunable fair_params[] = {
	{ "weight", 1, 65535, 256, "share" },
};

#define fair_pool(pi) POLICY_DATA(struct fair_pool, pi)
#define fair_vcpu(v) POLICY_DATA(struct fair_vcpu, v)

static struct list common_queue = LIST_INIT(common_queue);

static struct list *queue_of(struct policy_instance *pi)
{
	return fault == SHARES_ITS_QUEUE ? &common_queue : &fair_pool(pi)->own_queue;
}

static int fair_init(struct policy_instance *pi)
{
	list_init(&fair_pool(pi)->own_queue);
	list_init(&common_queue);
	return 0;
}

/* Nobody saves up while asleep. */
static s64 least_used(struct policy_instance *pi, s64 none)
{
	struct fair_vcpu *fv;
	struct policy_pcpu *pc;
	s64 least = INT64_MAX;

	list_for_each_entry(fv, queue_of(pi), link)
		least = MIN(least, fv->used);
	policy_for_each_pcpu(pc, pi)
		if (pc->running)
			least = MIN(least, fair_vcpu(pc->running)->used);
	return least == INT64_MAX ? none : least;
}

static struct policy_pcpu *fair_place(struct policy_instance *pi, struct policy_vcpu *v,
				      enum policy_enqueue why, s_time_t now)
{
	if (fault != STAYS_ON_LOST_PCPU)
		return policy_default_place(pi, v, why, now);
	if (!fair_vcpu(v)->home)
		fair_vcpu(v)->home = policy_default_place(pi, v, why, now);
	return fair_vcpu(v)->home;
}

/* Faults may have left it in a queue: never corrupt the list itself. */
static void queue_add(struct policy_instance *pi, struct policy_vcpu *v)
{
	list_del(&fair_vcpu(v)->link);
	if (fault == LATEST_FIRST)
		list_add(queue_of(pi), &fair_vcpu(v)->link);
	else
		list_add_tail(queue_of(pi), &fair_vcpu(v)->link);
}

static bool somebody_runs(const struct policy_instance *pi)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		if (pc->running)
			return true;
	return false;
}

static void fair_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			 enum policy_enqueue why, s_time_t now)
{
	fair_vcpu(v)->used = MAX(fair_vcpu(v)->used, least_used(pi, fair_vcpu(v)->used));
	queue_add(pi, v);
	if (fault != IDLES_BESIDE_WORK || !somebody_runs(pi))
		policy_offer(pi, v);
	if (fault == PARKS_FOR_GOOD && v->domain->id == 2)
		policy_park(v);
}

static void fair_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (fault != KEEPS_SLEEPERS)
		list_del(&fair_vcpu(v)->link);
}

static bool eligible(const struct policy_vcpu *v, const struct policy_pcpu *pc)
{
	if (fault == PARKS_FOR_GOOD && v->parked)
		return false;
	return fault == IGNORES_AFFINITY || policy_may_run(v, pc);
}

static struct policy_vcpu *best(struct policy_instance *pi, struct policy_pcpu *pc)
{
	struct fair_vcpu *fv, *best = NULL;

	list_for_each_entry(fv, queue_of(pi), link) {
		if (!eligible(POLICY_OWNER(fv, vcpu), pc))
			continue;
		if (fault == LATEST_FIRST)
			return POLICY_OWNER(fv, vcpu);
		if (!best || fv->used < best->used)
			best = fv;
	}
	return best ? POLICY_OWNER(best, vcpu) : NULL;
}

static s_time_t quantum(const struct policy_instance *pi)
{
	if (fault == OVERFLOWS)
		return (s32)((u32)policy_tunable(pi, QUANTUM_US) * 1000);
	return policy_tunable(pi, QUANTUM_US) * 1000;
}

static struct policy_decision fair_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct policy_vcpu *v = best(pi, pc);

	if (!v || (fault == LEAVES_A_PCPU_OUT && pc->id == 3) ||
	    fair_pool(pi)->members > pi->nr_vcpus + 20) /* too crowded, it thinks */
		return (struct policy_decision){ NULL, 0 };
	if (fault != RUNS_TWICE || ++remembered % 50)
		list_del(&fair_vcpu(v)->link);
	return (struct policy_decision){ v, quantum(pi) };
}

static void charge(struct policy_vcpu *v, s64 used)
{
	s64 weight = fault == IGNORES_WEIGHT ? 256 : v->domain->param[0];

	if (fault == FAVOURS_ONE && v->domain->id == 1)
		used /= 2;
	if (fault == REMEMBERS_THE_LAST_RUN)
		used += ++remembered % 7 * 100000;
	fair_vcpu(v)->used += used * 256 / weight;
}

static void fair_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	charge(v, now - pc->since);
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	if (fault == FORGETS_ONE && ++remembered % 50 == 0)
		return;
	queue_add(pi, v);
	policy_offer(pi, v);
}

static void fair_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_init(&fair_vcpu(v)->link);
	fair_pool(pi)->members++;
}

static void fair_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	fair_pool(pi)->members -= fault != KEEPS_COUNT_OF_THE_GONE;
}

static void fair_tuned(struct policy_instance *pi, s_time_t now)
{
	while (fault == DROPS_WHEN_TUNED && !list_empty(queue_of(pi)))
		list_del(queue_of(pi)->next);
}

static const struct sched_policy mutant = {
	.version = SCHED_POLICY_VERSION,
	.name = "mutant",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct fair_pool),
	.vcpu_bytes = sizeof(struct fair_vcpu),
	.tunables = fair_tunables,
	.nr_tunables = ARRAY_SIZE(fair_tunables),
	.domain_params = fair_params,
	.nr_domain_params = ARRAY_SIZE(fair_params),
	.init = fair_init,
	.vcpu_add = fair_vcpu_add,
	.vcpu_remove = fair_vcpu_remove,
	.place = fair_place,
	.enqueue = fair_enqueue,
	.dequeue = fair_dequeue,
	.pick = fair_pick,
	.put = fair_put,
	.tuned = fair_tuned,
};

static const struct sched_policy *with(enum fault planted)
{
	sched_register_policies();
	if (!sched_policy_by_name("mutant"))
		cr_assert_eq(sched_register_policy(&mutant), 0);
	fault = planted;
	remembered = 0;
	return sched_policy_by_name("mutant");
}

static bool holds(const struct sched_policy *p, const struct property *property, char *why)
{
	for (u64 seed = 1; seed <= property->seeds; seed++)
		if (!property->holds(p, seed, why))
			return false;
	return true;
}

static void expect_refuted(enum fault planted, const char *by)
{
	const struct sched_policy *p = with(planted);
	char why[WHY_MAX] = "";

	for (u32 i = 0; i < nr_properties; i++)
		if (!strcmp(properties[i].name, by)) {
			cr_assert(!holds(p, &properties[i], why), "%s did not notice", by);
			cr_assert(why[0], "%s does not say why", by);
			return;
		}
	cr_assert(false, "no property '%s'", by);
}

Test(sched_mutants, without_a_fault_all_hold)
{
	const struct sched_policy *p = with(NO_FAULT);
	char why[WHY_MAX] = "";

	for (u32 i = 0; i < nr_properties; i++)
		cr_assert(holds(p, &properties[i], why), "%s: %s", properties[i].name, why);
}

#define MUTANT(name, planted, by)                                               \
	Test(sched_mutants, name)                                               \
	{                                                                       \
		expect_refuted(planted, #by);                                   \
	}

MUTANT(forgetting, FORGETS_ONE, nothing_lost)
MUTANT(forgetting_starves, FORGETS_ONE, nobody_starves)
MUTANT(running_twice, RUNS_TWICE, nothing_lost)
MUTANT(ignoring_affinity, IGNORES_AFFINITY, nothing_lost)
MUTANT(idling_beside_work, IDLES_BESIDE_WORK, nothing_lost)
MUTANT(keeping_sleepers, KEEPS_SLEEPERS, nothing_lost)
MUTANT(ignoring_weight, IGNORES_WEIGHT, shares_within_bounds)
MUTANT(favouring_one, FAVOURS_ONE, equal_hogs)
MUTANT(favouring_one_in_shares, FAVOURS_ONE, shares_within_bounds)
MUTANT(latest_first, LATEST_FIRST, nobody_starves)
MUTANT(parking_for_good, PARKS_FOR_GOOD, nobody_starves)
MUTANT(staying_on_a_lost_pcpu, STAYS_ON_LOST_PCPU, pcpus_leave_and_come_back)
MUTANT(sharing_a_queue_between_pools, SHARES_ITS_QUEUE, domains_move)
MUTANT(overflowing_at_the_maximum, OVERFLOWS, tunables_at_both_ends)
MUTANT(dropping_all_when_tuned, DROPS_WHEN_TUNED, tuned_while_running)
MUTANT(leaving_a_pcpu_out, LEAVES_A_PCPU_OUT, enough_pcpus)
MUTANT(remembering_the_last_run, REMEMBERS_THE_LAST_RUN, runs_repeat)
MUTANT(counting_the_gone, KEEPS_COUNT_OF_THE_GONE, vcpus_come_and_go)
