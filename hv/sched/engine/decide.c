/* SPDX-License-Identifier: MIT */
/*
 * What a pCPU runs next: puts what runs, asks the policy, lets the guard judge
 * the answer, and keeps states, runstates, counts and the slice timer.  The
 * hot path of every block, wake-up and slice end; tracing and the rare cases
 * are kept out of line.
 *
 * The slice timer is lazy: it is never stopped or put later when a vCPU leaves
 * early, only re-armed when it fires before the end of the slice that counts.
 */
#include "sched/engine/internal.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

#define NOINLINE __attribute__((noinline))

static inline void arm_slice(struct sched_pcpu *pc)
{
	if (unlikely(pc->slice_end < pc->slice_armed)) {
		pc->slice_armed = pc->slice_end;
		seam_slice_timer(pc, pc->slice_end);
	}
}

/* Too early to take the pCPU away again?  Then look again when the limit is over. */
static NOINLINE bool keep_for_rate_limit(struct sched_pcpu *pc, struct sched_vcpu *prev,
					 s_time_t until, s_time_t now)
{
	if (prev->yielding || now >= pc->slice_end || !sched_may_run_now(prev) ||
	    !policy_may_run(&prev->p, &pc->p))
		return false;
	pc->slice_end = MIN(pc->slice_end, until);
	arm_slice(pc);
	return true;
}

static inline bool rate_limited(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	s_time_t until = pc->p.since + pc->pool->rate_limit;

	return now < until && keep_for_rate_limit(pc, prev, until, now);
}

/* It holds a lock that others of its domain may want: let it finish, for a while. */
static NOINLINE bool keep_for_lock(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	if (!seam_holds_lock(prev) || prev->yielding || !sched_may_run_now(prev) ||
	    !policy_may_run(&prev->p, &pc->p))
		return false;
	if (!pc->grace_until)
		pc->grace_until = now + pc->pool->lock_grace;
	if (now >= pc->grace_until)
		return false;
	pc->slice_end = pc->grace_until;
	arm_slice(pc);
	seam_wants_pcpu_back(prev);
	return true;
}

static NOINLINE struct sched_vcpu *take_named(struct sched_vcpu *sv)
{
	struct sched_vcpu *named = sv->yield_to;

	sv->yield_to = NULL;
	return named;
}

/* Hand the running vCPU back to the policy, or note that it sleeps or must leave.  True: it is
 * READY now. */
static inline bool put_running(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
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
		sched_become_ready(prev, now);
		why = prev->yielding ? PUT_YIELDED : PUT_PREEMPTED;
	}
	prev->yielding = false;
	pi->policy->put(pi, &pc->p, &prev->p, why, now);
	pc->p.running = NULL;
	return why <= PUT_YIELDED;
}

/* @pc would idle: look for work held at the other pCPUs, the next ones first. */
static NOINLINE struct policy_decision steal(struct sched_pcpu *pc, s_time_t now)
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
			WRITE_ONCE(v->pcpu, &pc->p);
		spin_unlock(to_sched_pcpu(from)->lock);
	}
	if (!v)
		return (struct policy_decision){ NULL, 0 };
	to_sched_vcpu(v)->migrations++;
	return sched_check_decision(pc, (struct policy_decision){
		v, pi->policy->stolen_slice(pi, v) }, now);
}

/* Who gave way named @to. */
static NOINLINE struct policy_decision pick_named(struct sched_pcpu *pc, struct sched_vcpu *to, s_time_t now)
{
	struct policy_instance *pi = &pc->pool->p;

	if (to->domain->pool != pc->pool ||
	    (pi->policy->scope == POLICY_STATE_PER_PCPU && to->p.pcpu != &pc->p) ||
	    to->p.state != VCPU_READY || to->p.parked || !policy_may_run(&to->p, &pc->p))
		return (struct policy_decision){ NULL, 0 };
	return pi->policy->pick_named(pi, &pc->p, &to->p, now);
}

static inline struct policy_decision choose(struct sched_pcpu *pc, struct sched_vcpu *named,
					    s_time_t now)
{
	struct policy_instance *pi = &pc->pool->p;
	struct policy_decision d = { NULL, 0 };

	if (unlikely(pc->draining))
		return d;
	if (unlikely(named))
		d = pick_named(pc, named, now);
	if (likely(!d.vcpu))
		d = pi->policy->pick(pi, &pc->p, now);
	if (d.vcpu && unlikely(!sched_decision_good(pc, d)))
		d = sched_check_decision(pc, d, now);
	if (!d.vcpu && pi->policy->scope == POLICY_STATE_PER_PCPU && READ_ONCE(pi->nr_ready))
		d = steal(pc, now);
	return d;
}

/* Bookkeeping of the vCPU that runs from now on, or of idling. */
static inline struct sched_vcpu *start(struct sched_pcpu *pc, struct policy_decision d,
				       s_time_t now)
{
	struct sched_vcpu *next;

	pc->slice_end = TIME_MAX;
	pc->grace_until = 0;
	pc->p.since = now;
	if (!d.vcpu)
		return pc->idle;
	next = to_sched_vcpu(d.vcpu);
	if (unlikely(d.vcpu->pcpu != &pc->p)) {
		next->migrations++;
		WRITE_ONCE(d.vcpu->pcpu, &pc->p);
	}
	d.vcpu->state = VCPU_RUNNING;
	next->dispatches++;
	pc->p.running = d.vcpu;
	if (d.slice) {
		pc->slice_end = now + d.slice;
		arm_slice(pc);
	}
	return next;
}

/* Set anew by each decision to idle: a kick clears it to claim the pCPU. */
static inline void note_idle(struct sched_pcpu *pc, bool idle)
{
	u64 *map = pc->pool->p.idle.bits;

	if (bitmap_test(map, pc->p.id) == (idle && !pc->draining))
		return;
	if (idle)
		bitmap_atomic_set(map, pc->p.id);
	else
		bitmap_atomic_clear(map, pc->p.id);
}

/* --- tracing ------------------------------------------------------------------ */

static u32 clip(s_time_t ns)
{
	return ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : ns;
}

static s32 traced_slice(s_time_t slice)
{
	return !slice || slice > INT32_MAX ? -1 : slice;
}

static NOINLINE void trace_hand_over(const struct sched_vcpu *prev, const struct sched_vcpu *next,
				     s_time_t slice, s_time_t now)
{
	trace_switch_infprev(SCHED_IDENT(prev),
			     clip(now - (s_time_t)prev->runstate.state_entry_time));
	trace_switch_infnext(SCHED_IDENT(next),
			     next->is_idle ? 0 : clip(now - next->p.ready_since),
			     traced_slice(slice));
	trace_sched_switch(SCHED_IDENT(prev), SCHED_IDENT(next));
}

static NOINLINE void trace_go_on(const struct sched_vcpu *prev, s_time_t slice, s_time_t now)
{
	if (prev->is_idle)
		return;
	trace_switch_infcont(SCHED_IDENT(prev),
			     clip(now - (s_time_t)prev->runstate.state_entry_time),
			     traced_slice(slice));
	trace_continue_running(prev->p.id, prev->p.domain->id);
}

/* --- the decision ---------------------------------------------------------------- */

/* Everything that follows from @next taking @prev's place. */
static inline void hand_over(struct sched_pcpu *pc, struct sched_vcpu *prev,
			     struct sched_vcpu *next, bool prev_ready, s_time_t slice, s_time_t now)
{
	if (unlikely(trace_active))
		trace_hand_over(prev, next, slice, now);
	sched_runstate_change(prev, prev_ready || prev->is_idle || pc->moving ?
			      RUNSTATE_runnable : sched_asleep_runstate(prev), now);
	sched_runstate_change(next, RUNSTATE_running, now);
	pc->curr = next;
	pc->switches++;
}

static inline struct sched_vcpu *go_on(struct sched_pcpu *pc, struct sched_vcpu *prev, s_time_t now)
{
	if (unlikely(trace_active))
		trace_go_on(prev, pc->slice_end == TIME_MAX ? 0 : pc->slice_end - now, now);
	return prev;
}

struct sched_vcpu *sched_decide(struct sched_pcpu *pc, s_time_t now)
{
	struct sched_vcpu *prev, *next, *named = NULL;
	struct policy_decision d;
	bool prev_ready = false;

	sched_lock_pcpu(pc);
	prev = pc->curr;
	pc->decisions++;
	pc->decided_at = now;
	if (unlikely(!pc->pool))
		return prev;
	if (!prev->is_idle) {
		if (rate_limited(pc, prev, now))
			return go_on(pc, prev, now);
		if (unlikely(pc->pool->lock_grace) && keep_for_lock(pc, prev, now))
			return go_on(pc, prev, now);
		if (prev->yielding)
			named = take_named(prev);
		prev_ready = put_running(pc, prev, now);
	}
	d = choose(pc, named, now);
	sched_count_ready(pc->pool, prev_ready - !!d.vcpu);
	next = start(pc, d, now);
	if (prev->is_idle || next->is_idle)
		note_idle(pc, next->is_idle);
	if (next == prev)
		return go_on(pc, prev, now);
	hand_over(pc, prev, next, prev_ready, d.slice, now);
	return next;
}

void sched_saved(struct sched_pcpu *pc)
{
	struct sched_vcpu *moving = pc->moving;

	if (unlikely(moving)) {
		pc->moving = NULL;
		pc = sched_make_ready(moving, pc, ENQUEUE_MOVE, pc->decided_at);
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

/* Of policy_env.h, as it belongs to the slice. */
void policy_end_slice(struct policy_pcpu *p, s_time_t when)
{
	struct sched_pcpu *pc = to_sched_pcpu(p);

	if (!p->running)
		return;
	pc->slice_end = when;
	arm_slice(pc);
}
