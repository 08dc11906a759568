/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's life outside the decision: asleep, ready, moving.  Wakes and sleeps
 * come from the hooks of sched.h (or the simulator); a reason to be asleep was
 * set or taken away before, here all of them are looked at under the lock of
 * the vCPU's pCPU.  Lock order: engine.h.  What runs is decide.c's.
 */
#include "sched/engine/internal.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

struct sched_pcpu *sched_lock_vcpu(struct sched_vcpu *sv)
{
	for (;;) {
		struct sched_pcpu *pc = to_sched_pcpu(READ_ONCE(sv->p.pcpu));

		sched_lock_pcpu(pc);
		if (likely(&pc->p == READ_ONCE(sv->p.pcpu)))
			return pc;
		spin_unlock(pc->lock);
	}
}

static void fall_asleep(struct sched_vcpu *sv, s_time_t now)
{
	sv->p.state = VCPU_ASLEEP;
	sched_runstate_change(sv, sched_asleep_runstate(sv), now);
}

/*
 * Where each pCPU has its own lock, the lock changes hands here: the new place
 * is written first, so that whoever looks for the vCPU waits for the lock we go
 * for, and then what was true is looked at again.
 */
struct sched_pcpu *sched_make_ready(struct sched_vcpu *sv, struct sched_pcpu *pc,
				    enum policy_enqueue why, s_time_t now)
{
	u8 state = sv->p.state;

	for (;;) {
		struct sched_pool *pool = sv->domain->pool;
		struct policy_instance *pi = &pool->p;
		struct policy_pcpu *place = pi->policy->place(pi, &sv->p, why, now);
		struct sched_pcpu *to = pc;

		if (unlikely(!sched_place_good(sv, place)))
			to = sched_check_place(sv, place, now);
		if (unlikely(to != pc)) {
			sv->migrations++;
			WRITE_ONCE(sv->p.pcpu, &to->p);
		}
		if (likely(to->lock == pc->lock)) {
			sched_become_ready(sv, now);
			sched_count_ready(pool, 1);
			sched_runstate_change(sv, RUNSTATE_runnable, now);
			pi->policy->enqueue(pi, &sv->p, why, now);
			return to;
		}
		spin_unlock(pc->lock);
		pc = sched_lock_vcpu(sv);
		if (sv->p.state != state)
			return pc;
		if (!sched_may_run_now(sv)) {
			fall_asleep(sv, now);
			return pc;
		}
	}
}

void sched_wake(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);

	if (sv->p.state == VCPU_ASLEEP) {
		if (likely(sched_may_run_now(sv))) {
			trace_sched_wake(SCHED_IDENT(sv));
			pc = sched_make_ready(sv, pc, ENQUEUE_WAKE, now);
		} else {
			sched_runstate_change(sv, sched_asleep_runstate(sv), now);
		}
	}
	spin_unlock(pc->lock);
}

static void take_off_queue(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pool *pool = sv->domain->pool;

	pool->p.policy->dequeue(&pool->p, &sv->p, now);
	sched_count_ready(pool, -1);
}

void sched_sleep(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);

	if (sched_may_run_now(sv))
		goto out;
	trace_sched_sleep(SCHED_IDENT(sv));
	switch (sv->p.state) {
	case VCPU_READY:
		take_off_queue(sv, now);
		fall_asleep(sv, now);
		break;
	case VCPU_MOVING:
		fall_asleep(sv, now);
		break;
	case VCPU_RUNNING:
		seam_kick(pc);
		break;
	}
out:
	spin_unlock(pc->lock);
}

bool sched_is_off(struct sched_vcpu *sv)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);
	bool off = sv->p.state != VCPU_RUNNING;

	spin_unlock(pc->lock);
	return off;
}

void sched_relocate(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);
	spinlock_t *lock = pc->lock;

	if (policy_may_run(&sv->p, &pc->p))
		goto out;
	switch (sv->p.state) {
	case VCPU_READY:
		take_off_queue(sv, now);
		sv->p.state = VCPU_MOVING;
		lock = sched_make_ready(sv, pc, ENQUEUE_MOVE, now)->lock;
		break;
	case VCPU_ASLEEP: /* from here on the new place's lock covers it */
		WRITE_ONCE(sv->p.pcpu, &sched_check_place(sv, NULL, now)->p);
		break;
	case VCPU_RUNNING:
		seam_kick(pc);
		break;
	}
out:
	spin_unlock(lock);
}

/* With nobody else to run, giving way changes nothing, unless the policy makes more of it. */
bool sched_give_way(struct sched_vcpu *sv)
{
	const struct policy_instance *pi = &sv->domain->pool->p;

	trace_sched_yield(SCHED_IDENT(sv));
	if (!READ_ONCE(pi->nr_ready) && !(pi->policy->promises & POLICY_YIELD_COUNTS))
		return false;
	sv->yielding = true;
	return true;
}

void sched_give_way_to(struct sched_vcpu *sv, struct sched_vcpu *to)
{
	sv->yield_to = to != sv ? to : NULL;
}
