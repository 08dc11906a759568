/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's life: asleep, ready, running, moving.  Wakes and sleeps come from
 * the hooks of sched.h, decisions from the schedule softirq (or the simulator's
 * loop).  This file calls the policy and keeps states, runstates, locks and
 * the slice timer; guard.c judges the answers.  Lock order: engine.h.
 *
 * The slice timer is lazy: it is never stopped or put later when a vCPU leaves
 * early, only re-armed when it fires before the end of the slice that counts.
 */
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

#define IDENT(sv) (sv)->p.domain->id, (sv)->p.id

void sched_lock_pcpu(struct sched_pcpu *pc)
{
	for (;;) {
		spinlock_t *lock = READ_ONCE(pc->lock);

		spin_lock(lock);
		if (likely(lock == READ_ONCE(pc->lock)))
			return;
		spin_unlock(lock);
	}
}

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

/* What a vCPU that may not run is: blocked dominates, as in Xen. */
static int asleep_runstate(const struct sched_vcpu *sv)
{
	return READ_ONCE(sv->blocked_by) & BLOCKED_EVENT ? RUNSTATE_blocked : RUNSTATE_offline;
}

static void fall_asleep(struct sched_vcpu *sv, s_time_t now)
{
	sv->p.state = VCPU_ASLEEP;
	sched_runstate_change(sv, asleep_runstate(sv), now);
}

static void count_ready(struct sched_pool *pool, int by)
{
	__atomic_fetch_add(&pool->p.nr_ready, by, __ATOMIC_RELAXED);
}

static void become_ready(struct sched_vcpu *sv, s_time_t now)
{
	sv->p.state = VCPU_READY;
	sv->p.parked = false;
	sv->p.ready_since = now;
	count_ready(sv->domain->pool, 1);
	sched_watchdog_note(sv->domain->pool, now);
}

/*
 * Enqueue @sv, asleep or moving, where the policy wants it.  Called and left
 * with a state lock, of the pCPU returned.  Where each pCPU has its own, the
 * lock changes hands: the new place is written first, so that whoever looks
 * for the vCPU waits for the lock we go for, and what was true is looked at again.
 */
static struct sched_pcpu *make_ready(struct sched_vcpu *sv, struct sched_pcpu *pc,
				     enum policy_enqueue why, s_time_t now)
{
	u8 state = sv->p.state;

	for (;;) {
		struct sched_pool *pool = sv->domain->pool;
		struct policy_instance *pi = &pool->p;
		struct sched_pcpu *to =
			sched_check_place(sv, pi->policy->place(pi, &sv->p, why, now), now);

		sv->migrations += to != pc;
		sv->p.pcpu = &to->p;
		if (likely(to->lock == pc->lock)) {
			become_ready(sv, now);
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
			trace_sched_wake(IDENT(sv));
			pc = make_ready(sv, pc, ENQUEUE_WAKE, now);
		} else {
			sched_runstate_change(sv, asleep_runstate(sv), now);
		}
	}
	spin_unlock(pc->lock);
}

static void take_off_queue(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pool *pool = sv->domain->pool;

	pool->p.policy->dequeue(&pool->p, &sv->p, now);
	count_ready(pool, -1);
}

void sched_sleep(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_pcpu *pc = sched_lock_vcpu(sv);

	if (sched_may_run_now(sv))
		goto out;
	trace_sched_sleep(IDENT(sv));
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

	if (!policy_may_run(&sv->p, &pc->p)) {
		switch (sv->p.state) {
		case VCPU_READY:
			take_off_queue(sv, now);
			sv->p.state = VCPU_MOVING;
			pc = make_ready(sv, pc, ENQUEUE_MOVE, now);
			break;
		case VCPU_ASLEEP: {
			struct sched_pcpu *old = pc;

			sv->p.pcpu = &sched_check_place(sv, NULL, now)->p;
			pc = old;
			break;
		}
		case VCPU_RUNNING:
			seam_kick(pc);
			break;
		}
	}
	spin_unlock(pc->lock);
}

/* --- the decision ---------------------------------------------------------- */

static void arm_slice(struct sched_pcpu *pc)
{
	if (pc->slice_end < pc->slice_armed) {
		pc->slice_armed = pc->slice_end;
		seam_slice_timer(pc, pc->slice_end);
	}
}

/* Too early to take the pCPU away again?  Then look again when the limit is over. */
static bool rate_limited(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	s_time_t until = pc->p.since + pc->pool->rate_limit;

	if (likely(now >= until) || prev->yielding || now >= pc->slice_end ||
	    !sched_may_run_now(prev) || !policy_may_run(&prev->p, &pc->p))
		return false;
	pc->slice_end = MIN(pc->slice_end, until);
	arm_slice(pc);
	return true;
}

/* Hand the running vCPU back to the policy, or note that it sleeps or must leave. */
static void put_running(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	struct policy_instance *pi = &pc->pool->p;
	enum policy_put why;

	if (!sched_may_run_now(prev)) {
		prev->p.state = VCPU_ASLEEP;
		why = PUT_ASLEEP;
	} else if (unlikely(!policy_may_run(&prev->p, &pc->p))) {
		prev->p.state = VCPU_MOVING;
		pc->moving = prev;
		why = PUT_MOVING;
	} else {
		become_ready(prev, now);
		why = prev->yielding ? PUT_YIELDED : PUT_PREEMPTED;
	}
	prev->yielding = false;
	pi->policy->put(pi, &pc->p, &prev->p, why, now);
	pc->p.running = NULL;
}

/* @pc would idle: look for work held at the other pCPUs, the next ones first. */
static struct policy_decision steal(struct sched_pcpu *pc, s_time_t now)
{
	struct policy_instance *pi = &pc->pool->p;
	struct list *at = pc->p.node.next;
	struct policy_vcpu *v = NULL;

	for (; at != &pc->p.node && !v; at = at->next) {
		struct policy_pcpu *from;

		if (at == &pi->pcpus)
			continue;
		from = list_entry(at, struct policy_pcpu, node);
		if (!spin_trylock(to_sched_pcpu(from)->lock))
			continue;
		v = sched_check_stolen(pc, pi->policy->steal(pi, from, &pc->p, now), from, now);
		if (v)
			v->pcpu = &pc->p;
		spin_unlock(to_sched_pcpu(from)->lock);
	}
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	to_sched_vcpu(v)->migrations++;
	return sched_check_decision(pc, (struct policy_decision){
		v, pi->policy->stolen_slice(pi, v) }, now);
}

static struct policy_decision choose(struct sched_pcpu *pc, s_time_t now)
{
	struct policy_instance *pi = &pc->pool->p;
	struct policy_decision d = { NULL, 0 };

	if (unlikely(pc->draining))
		return d;
	d = sched_check_decision(pc, pi->policy->pick(pi, &pc->p, now), now);
	if (!d.vcpu && pi->policy->scope == POLICY_STATE_PER_PCPU && READ_ONCE(pi->nr_ready))
		d = steal(pc, now);
	return d;
}

/* Bookkeeping of the vCPU that runs from now on, or of idling. */
static struct sched_vcpu *start(struct sched_pcpu *pc, struct policy_decision d, s_time_t now)
{
	struct sched_vcpu *next = pc->idle;

	pc->slice_end = TIME_MAX;
	pc->p.since = now;
	if (d.vcpu) {
		next = to_sched_vcpu(d.vcpu);
		next->migrations += d.vcpu->pcpu != &pc->p;
		d.vcpu->pcpu = &pc->p;
		d.vcpu->state = VCPU_RUNNING;
		count_ready(pc->pool, -1);
		next->dispatches++;
		pc->p.running = d.vcpu;
		if (d.slice) {
			pc->slice_end = now + d.slice;
			arm_slice(pc);
		}
	}
	return next;
}

/* Set anew by each decision to idle: a kick clears it to claim the pCPU. */
static void note_idle(struct sched_pcpu *pc, bool idle)
{
	u64 *map = pc->pool->p.idle.bits;

	if (bitmap_test(map, pc->p.id) == (idle && !pc->draining))
		return;
	if (idle)
		bitmap_atomic_set(map, pc->p.id);
	else
		bitmap_atomic_clear(map, pc->p.id);
}

static u32 clip(s_time_t ns)
{
	return ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : ns;
}

static s32 traced_slice(s_time_t slice)
{
	return !slice || slice > INT32_MAX ? -1 : slice;
}

/* Everything that follows from @next taking @prev's place. */
static void hand_over(struct sched_pcpu *pc, struct sched_vcpu *prev, struct sched_vcpu *next,
		      s_time_t slice, s_time_t now)
{
	trace_switch_infprev(IDENT(prev), clip(now - (s_time_t)prev->runstate.state_entry_time));
	trace_switch_infnext(IDENT(next), next->is_idle ? 0 : clip(now - next->p.ready_since),
			     traced_slice(slice));
	trace_sched_switch(IDENT(prev), IDENT(next));
	sched_runstate_change(prev, prev->is_idle || prev->p.state == VCPU_READY ||
			      prev->p.state == VCPU_MOVING ? RUNSTATE_runnable :
			      asleep_runstate(prev), now);
	sched_runstate_change(next, RUNSTATE_running, now);
	if (prev->is_idle || next->is_idle)
		note_idle(pc, next->is_idle);
	pc->curr = next;
	pc->switches++;
}

static struct sched_vcpu *go_on(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	if (!prev->is_idle) {
		trace_switch_infcont(IDENT(prev),
				     clip(now - (s_time_t)prev->runstate.state_entry_time),
				     traced_slice(pc->slice_end == TIME_MAX ? 0 :
						  pc->slice_end - now));
		trace_continue_running(prev->p.id, prev->p.domain->id);
	}
	return prev;
}

struct sched_vcpu *sched_decide(struct sched_pcpu *pc, s_time_t now)
{
	struct sched_vcpu *prev, *next;
	struct policy_decision d;

	sched_lock_pcpu(pc);
	prev = pc->curr;
	pc->decisions++;
	pc->decided_at = now;
	if (unlikely(!pc->pool))
		return prev;
	if (!prev->is_idle) {
		if (pc->pool->rate_limit && rate_limited(pc, prev, now))
			return go_on(pc, prev, now);
		put_running(pc, prev, now);
	}
	d = choose(pc, now);
	next = start(pc, d, now);
	note_idle(pc, next->is_idle);
	if (next == prev)
		return go_on(pc, prev, now);
	hand_over(pc, prev, next, d.slice, now);
	return next;
}

void sched_saved(struct sched_pcpu *pc)
{
	struct sched_vcpu *moving = pc->moving;

	if (unlikely(moving)) {
		pc->moving = NULL;
		pc = make_ready(moving, pc, ENQUEUE_MOVE, pc->decided_at);
	}
	spin_unlock(pc->lock);
}

/* --- timers ------------------------------------------------------------------ */

void sched_slice_fired(struct sched_pcpu *pc, s_time_t now)
{
	sched_lock_pcpu(pc);
	pc->slice_armed = TIME_MAX;
	if (now >= pc->slice_end) {
		trace_s_timer();
		seam_kick(pc);
	} else {
		arm_slice(pc);
	}
	spin_unlock(pc->lock);
}

void sched_pcpu_timer_fired(struct sched_pcpu *pc, s_time_t now)
{
	sched_lock_pcpu(pc);
	if (pc->pool)
		pc->pool->p.policy->pcpu_timer(&pc->pool->p, &pc->p, now);
	spin_unlock(pc->lock);
}

void sched_pool_timer_fired(struct sched_pool *pool, s_time_t now)
{
	spin_lock(&pool->lock);
	pool->p.policy->instance_timer(&pool->p, now);
	spin_unlock(&pool->lock);
}

/* --- of policy_env.h, what belongs here ------------------------------------- */

void policy_end_slice(struct policy_pcpu *p, s_time_t when)
{
	struct sched_pcpu *pc = to_sched_pcpu(p);

	if (!p->running)
		return;
	pc->slice_end = when;
	arm_slice(pc);
}
