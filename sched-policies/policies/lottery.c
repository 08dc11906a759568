/* SPDX-License-Identifier: MIT */
/*
 * lottery: randomised proportional shares.  For each quantum a ticket is drawn
 * among those of the ready vCPUs; its holder runs.  Who used only a part of a
 * quantum has its tickets inflated by the inverse until it wins again
 * (compensation tickets).  The draws come from the pool's seeded generator:
 * same seed, same winners.  One list per pool.  Page: lottery.md.
 */
#include "sched-policies/api/policy_env.h"

struct lottery_pool {
	struct list ready; /* lottery_vcpu.link */
};

struct lottery_vcpu {
	struct list link;
	s64 inflation;     /* of its tickets, in 256ths; 0 for none */
};

struct lottery_pcpu {
	struct policy_vcpu *yielded;
};

enum { QUANTUM_US, COMPENSATE };
enum { TICKETS };
#define ONE 256
#define MOST_INFLATION (100 * ONE)

static const struct policy_tunable lottery_tunables[] = {
	[QUANTUM_US] = { "quantum_us", 100, 1000000, 1000, "one prize, in microseconds" },
	[COMPENSATE] = { "compensate", 0, 1, 1, "inflate the tickets of who uses partial quanta" },
};

static const struct policy_tunable lottery_domain_params[] = {
	[TICKETS] = { "weight", 1, 65535, 256, "tickets of each vCPU" },
};

#define lottery_pool(pi) POLICY_DATA(struct lottery_pool, pi)
#define lottery_vcpu(v) POLICY_DATA(struct lottery_vcpu, v)
#define lottery_pcpu(pc) POLICY_DATA(struct lottery_pcpu, pc)

static s_time_t quantum(const struct policy_instance *pi)
{
	return policy_tunable(pi, QUANTUM_US) * POLICY_NS_PER_US;
}

static int lottery_init(struct policy_instance *pi)
{
	list_init(&lottery_pool(pi)->ready);
	return 0;
}

static void lottery_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			    enum policy_enqueue why, s_time_t now)
{
	list_add_tail(&lottery_pool(pi)->ready, &lottery_vcpu(v)->link);
	policy_offer(pi, v);
}

static void lottery_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&lottery_vcpu(v)->link);
}

/* Its tickets on @pc, inflation included; none where it may not run, or gave way. */
static u64 tickets(const struct policy_pcpu *pc, const struct lottery_vcpu *lv)
{
	const struct policy_vcpu *v = POLICY_OWNER(lv, vcpu);
	s64 inflation = lv->inflation ? lv->inflation : ONE;

	if (!policy_may_run(v, pc) || v == lottery_pcpu(pc)->yielded)
		return 0;
	return v->domain->param[TICKETS] * inflation;
}

/* The holder of a ticket drawn from all of @pc's. */
static struct policy_vcpu *draw(struct policy_instance *pi, struct policy_pcpu *pc)
{
	struct list *ready = &lottery_pool(pi)->ready;
	struct lottery_vcpu *lv;
	u64 all = 0, winner;

	list_for_each_entry(lv, ready, link)
		all += tickets(pc, lv);
	if (!all)
		return NULL;
	winner = (unsigned __int128)policy_random(pi) * all >> 64; /* a ticket more changes few draws */
	list_for_each_entry(lv, ready, link) {
		u64 own = tickets(pc, lv);

		if (winner < own)
			return POLICY_OWNER(lv, vcpu);
		winner -= own;
	}
	return NULL;
}

static struct policy_decision lottery_pick_named(struct policy_instance *pi, struct policy_pcpu *pc,
						 struct policy_vcpu *v, s_time_t now)
{
	lottery_pcpu(pc)->yielded = NULL;
	list_del(&lottery_vcpu(v)->link);
	lottery_vcpu(v)->inflation = 0;
	return (struct policy_decision){ v, quantum(pi) };
}

static struct policy_decision lottery_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					   s_time_t now)
{
	struct policy_vcpu *yielded = lottery_pcpu(pc)->yielded, *v = draw(pi, pc);

	lottery_pcpu(pc)->yielded = NULL;
	if (!v)
		v = yielded;
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	list_del(&lottery_vcpu(v)->link);
	lottery_vcpu(v)->inflation = 0;
	return (struct policy_decision){ v, quantum(pi) };
}

static void lottery_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
			enum policy_put why, s_time_t now)
{
	struct lottery_vcpu *lv = lottery_vcpu(v);
	s64 used = MAX(now - pc->since, 1);

	if (used < quantum(pi) && policy_tunable(pi, COMPENSATE))
		lv->inflation = MIN(quantum(pi) * ONE / used, MOST_INFLATION);
	if (why != PUT_PREEMPTED && why != PUT_YIELDED)
		return;
	list_add_tail(&lottery_pool(pi)->ready, &lv->link);
	policy_offer(pi, v);
	if (why == PUT_YIELDED)
		lottery_pcpu(pc)->yielded = v;
}

static void lottery_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		out->line(out, "d%uv%u: %ld tickets, inflation %ld/%d", v->domain->id, v->id,
			  (long)v->domain->param[TICKETS],
			  (long)(lottery_vcpu(v)->inflation ? lottery_vcpu(v)->inflation : ONE),
			  ONE);
}

SCHED_POLICY(lottery) {
	.version = SCHED_POLICY_VERSION,
	.name = "lottery",
	.title = "randomised proportional shares",
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct lottery_pool),
	.pcpu_bytes = sizeof(struct lottery_pcpu),
	.vcpu_bytes = sizeof(struct lottery_vcpu),
	.tunables = lottery_tunables,
	.nr_tunables = ARRAY_SIZE(lottery_tunables),
	.domain_params = lottery_domain_params,
	.nr_domain_params = ARRAY_SIZE(lottery_domain_params),
	.init = lottery_init,
	.enqueue = lottery_enqueue,
	.dequeue = lottery_dequeue,
	.pick = lottery_pick,
	.pick_named = lottery_pick_named,
	.put = lottery_put,
	.dump = lottery_dump,
};
