/* SPDX-License-Identifier: MIT */
/*
 * The other side of policy_env.h: what policies may call, where it is more than
 * a few instructions.  Called by policies inside their operations, so the
 * state locks they need are held.
 */
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

void policy_kick(struct policy_pcpu *pc)
{
	u64 *idle = pc->instance->idle.bits;

	if (bitmap_test(idle, pc->id)) /* claimed: the next wake-up shall find another */
		bitmap_atomic_clear(idle, pc->id);
	seam_kick(to_sched_pcpu(pc));
}

void policy_pcpu_timer(struct policy_pcpu *pc, s_time_t when)
{
	seam_pcpu_timer(to_sched_pcpu(pc), when);
}

void policy_instance_timer(struct policy_instance *pi, s_time_t when)
{
	seam_pool_timer(to_sched_pool(pi), when);
}

void policy_park(struct policy_vcpu *v)
{
	v->parked = true;
}

void policy_unpark(struct policy_vcpu *v, s_time_t now)
{
	v->parked = false;
	v->ready_since = now; /* the watchdog begins anew */
	sched_watchdog_note(to_sched_pool(v->domain->instance), now);
}

void policy_note(const struct policy_vcpu *v, u32 code, u64 value)
{
	trace_policy_note(v->id, v->domain->id, code, value);
}

struct policy_pcpu *policy_pcpu_by_id(const struct policy_instance *pi, u32 id)
{
	const struct sched_pool *pool = container_of(pi, const struct sched_pool, p);
	struct sched_pcpu *pc = id < POLICY_MAX_PCPUS ? pool->sys->pcpu[id] : NULL;

	return pc && pc->p.instance == pi ? &pc->p : NULL;
}

/* First pCPU in idle & hard & @also at or after @from, by words; pcpu_limit if none. */
static u32 find_idle(const struct policy_instance *pi, const struct policy_vcpu *v,
		     const u64 *also, u32 from, u32 to)
{
	for (u32 w = from / 64; w * 64 < to; w++) {
		u64 bits = READ_ONCE(pi->idle.bits[w]) & pi->members.bits[w];

		if (!v->any_pcpu)
			bits &= v->hard.bits[w];
		if (also)
			bits &= also[w];
		if (w == from / 64)
			bits &= ~0ULL << (from % 64);
		if (bits) {
			u32 id = w * 64 + lowest_bit(bits);

			return id < to ? id : pi->pcpu_limit;
		}
	}
	return pi->pcpu_limit;
}

/* The same, going round from the one after @v's last pCPU. */
static struct policy_pcpu *find_idle_round(const struct policy_instance *pi,
					   const struct policy_vcpu *v, const u64 *also)
{
	u32 after = v->pcpu->id + 1, id = find_idle(pi, v, also, after, pi->pcpu_limit);

	if (id == pi->pcpu_limit)
		id = find_idle(pi, v, also, 0, MIN(after, pi->pcpu_limit));
	return id == pi->pcpu_limit ? NULL : policy_pcpu_by_id(pi, id);
}

struct policy_pcpu *policy_idle_pcpu(const struct policy_instance *pi, const struct policy_vcpu *v)
{
	struct policy_pcpu *last = v->pcpu, *pc;

	if (bitmap_test(pi->idle.bits, last->id) && policy_may_run(v, last) &&
	    policy_prefers(v, last))
		return last;
	if (pi->nr_pcpus == 1)
		return NULL;
	if (v->has_soft && (pc = find_idle_round(pi, v, v->soft.bits)))
		return pc;
	if (bitmap_test(pi->idle.bits, last->id) && policy_may_run(v, last))
		return last;
	return find_idle_round(pi, v, NULL);
}

bool policy_offer(struct policy_instance *pi, const struct policy_vcpu *v)
{
	struct policy_pcpu *pc = policy_idle_pcpu(pi, v);

	if (pc)
		policy_kick(pc);
	return pc;
}

struct policy_pcpu *policy_default_place(struct policy_instance *pi, struct policy_vcpu *v,
					 enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc;

	if (likely(pi->nr_pcpus == 1))
		return list_entry(pi->pcpus.next, struct policy_pcpu, node);
	pc = policy_idle_pcpu(pi, v);
	if (pc)
		return pc;
	if (policy_may_run(v, v->pcpu))
		return v->pcpu;
	policy_for_each_pcpu(pc, pi)
		if (policy_may_run(v, pc))
			return pc;
	return v->pcpu;
}
