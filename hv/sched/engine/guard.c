/* SPDX-License-Identifier: MIT */
/*
 * The guard: no answer of a policy is used before it has been checked here.
 * A wrong one is noted once per pool, the pCPU goes on with something safe, and
 * the next schedule on it (no locks held) replaces the policy by the built-in
 * round robin, fed from the engine's own states and not from the policy's data.
 * A watchdog finds vCPUs that are ready and never run.  Pointers may point
 * anywhere (peek.h).  It does not defend against a policy that writes over the
 * hypervisor's memory or never returns.
 */
#include "lib/printf.h"
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

static const char *const breach_names[BREACH_COUNT] = {
	[BREACH_NONE] = "none",
	[BREACH_NOT_A_VCPU] = "picked something that is not a vCPU",
	[BREACH_WRONG_POOL] = "picked a vCPU of another pool",
	[BREACH_NOT_READY] = "picked a vCPU that is not ready",
	[BREACH_AFFINITY] = "picked a vCPU that may not run on this pCPU",
	[BREACH_SLICE] = "gave a slice out of bounds",
	[BREACH_PLACE] = "placed a vCPU on a pCPU where it may not run",
	[BREACH_STALL] = "left a ready vCPU waiting",
};

const char *sched_breach_name(enum sched_breach breach)
{
	return breach < BREACH_COUNT ? breach_names[breach] : "unknown";
}

static void note_breach(struct sched_pool *pool, enum sched_breach breach, struct sched_pcpu *pc,
			const struct sched_vcpu *sv, s64 value, s_time_t now)
{
	struct sched_ejection *e = &pool->ejection;

	if (__atomic_exchange_n(&pool->breached, true, __ATOMIC_SEQ_CST))
		return;
	e->breach = breach;
	e->policy = pool->p.policy->name;
	e->when = now;
	e->pcpu = pc->p.id;
	e->domain = sv ? sv->p.domain->id : DOMID_INVALID;
	e->vcpu = sv ? sv->p.id : 0;
	e->value = value;
	seam_kick(pc);
}

static bool looks_like_vcpu(const struct policy_vcpu *v)
{
	return (uintptr_t)v % __alignof__(struct policy_vcpu) == 0 &&
	       sched_word_is(&v->magic, SCHED_VCPU_MAGIC);
}

static enum sched_breach judge_vcpu(const struct sched_pcpu *pc, const struct policy_vcpu *v,
				    const struct policy_pcpu *held_at)
{
	const struct policy_instance *pi = &pc->pool->p;

	if (unlikely(!looks_like_vcpu(v)))
		return BREACH_NOT_A_VCPU;
	if (unlikely(v->domain->instance != pi))
		return BREACH_WRONG_POOL;
	if (unlikely(v->state != VCPU_READY))
		return BREACH_NOT_READY;
	if (unlikely(pi->policy->scope == POLICY_STATE_PER_PCPU && v->pcpu != held_at))
		return BREACH_NOT_READY;
	if (unlikely(!policy_may_run(v, &pc->p)))
		return BREACH_AFFINITY;
	return BREACH_NONE;
}

struct policy_decision sched_check_decision(struct sched_pcpu *pc, struct policy_decision d,
					    s_time_t now)
{
	enum sched_breach breach;
	s64 value = d.slice;

	if (!d.vcpu)
		return d;
	if (likely(sched_decision_good(pc, d)))
		return d;
	breach = judge_vcpu(pc, d.vcpu, &pc->p);
	if (breach == BREACH_NONE)
		breach = BREACH_SLICE;
	else if (breach == BREACH_NOT_READY)
		value = d.vcpu->state;
	note_breach(pc->pool, breach, pc,
		    breach == BREACH_NOT_A_VCPU ? NULL : to_sched_vcpu(d.vcpu), value, now);
	return (struct policy_decision){ NULL, 0 };
}

struct policy_vcpu *sched_check_stolen(struct sched_pcpu *to, struct policy_vcpu *v,
				       struct policy_pcpu *from, s_time_t now)
{
	enum sched_breach breach;

	if (!v)
		return NULL;
	breach = judge_vcpu(to, v, from);
	if (likely(!breach))
		return v;
	note_breach(to->pool, breach, to, breach == BREACH_NOT_A_VCPU ? NULL : to_sched_vcpu(v),
		    0, now);
	return NULL;
}

/* The lowest pCPU of the pool where @sv may run.  Affinity always leaves one. */
static struct sched_pcpu *any_allowed(const struct sched_vcpu *sv)
{
	const struct sched_pool *pool = sv->domain->pool;
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, &pool->p)
		if (policy_may_run(&sv->p, pc) && !to_sched_pcpu(pc)->draining)
			return to_sched_pcpu(pc);
	return to_sched_pcpu(sv->p.pcpu);
}

/* A pCPU of the pool?  Trusts nothing of it that the table does not confirm. */
static bool is_member(const struct sched_pool *pool, const struct policy_pcpu *target)
{
	u32 id;

	return (uintptr_t)target % __alignof__(struct sched_pcpu) == 0 &&
	       sched_peek(&target->id, &id) && id < POLICY_MAX_PCPUS && pool->sys->pcpu[id] &&
	       &pool->sys->pcpu[id]->p == target && target->instance == &pool->p;
}

struct sched_pcpu *sched_check_place(struct sched_vcpu *sv, struct policy_pcpu *target,
				     s_time_t now)
{
	struct sched_pool *pool = sv->domain->pool;
	struct sched_pcpu *safe;

	if (likely(target && is_member(pool, target) && policy_may_run(&sv->p, target) &&
		   !to_sched_pcpu(target)->draining))
		return to_sched_pcpu(target);
	safe = any_allowed(sv);
	if (target)
		note_breach(pool, BREACH_PLACE, safe, sv, 0, now);
	return safe;
}

/* --- ejection ---------------------------------------------------------------- */

struct report {
	char *at;
	size_t left;
};

static void report_line(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void report_line(struct report *r, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = fmt_vsnprintf(r->at, r->left, fmt, ap);
	va_end(ap);
	if (n + 2 > r->left) {
		r->left = 0;
		return;
	}
	seam_log("  %s", r->at);
	r->at[n] = '\n';
	r->at[n + 1] = '\0';
	r->at += n + 1;
	r->left -= n + 1;
}

static void report_record(void *r, const char *text)
{
	report_line(r, "%s", text);
}

/* Built from what the engine knows: the policy's own lists may be the ones that are broken. */
static void write_report(struct sched_pool *pool, s_time_t now)
{
	static const char *const states[] = { "asleep", "ready", "running", "moving" };
	struct sched_ejection *e = &pool->ejection;
	struct report r = { e->report, sizeof(e->report) };
	struct policy_pcpu *pc;
	struct policy_vcpu *v;

	seam_log("pool %u: policy %s ejected, %s", pool->id, e->policy,
		 sched_breach_name(e->breach));
	if (e->domain == DOMID_INVALID)
		report_line(&r, "%s: %s (pCPU %u, at %ld ns)", e->policy,
			    sched_breach_name(e->breach), e->pcpu, (long)e->when);
	else
		report_line(&r, "%s: %s (pCPU %u, d%uv%u, value %ld, at %ld ns)", e->policy,
			    sched_breach_name(e->breach), e->pcpu, e->domain, e->vcpu,
			    (long)e->value, (long)e->when);
	policy_for_each_pcpu(pc, &pool->p)
		if (pc->running)
			report_line(&r, "pCPU %u: d%uv%u for %ld ns", pc->id,
				    pc->running->domain->id, pc->running->id,
				    (long)(now - pc->since));
		else
			report_line(&r, "pCPU %u: idle", pc->id);
	policy_for_each_vcpu(v, &pool->p)
		if (v->state == VCPU_READY)
			report_line(&r, "d%uv%u: ready for %ld ns at pCPU %u", v->domain->id, v->id,
				    (long)(now - v->ready_since), v->pcpu->id);
		else
			report_line(&r, "d%uv%u: %s", v->domain->id, v->id,
				    v->state < ARRAY_SIZE(states) ? states[v->state] : "?");
	seam_last_records(report_record, &r);
}

static void eject_locked(struct sched_pool *pool, s_time_t now)
{
	struct sched_ejection *e = &pool->ejection;

	write_report(pool, now);
	trace_policy_eject(pool->id, e->breach, e->vcpu, e->domain, e->policy);
	sched_pool_replace_policy(pool, &sched_fallback, now);
	trace_policy_info(pool->id, sched_fallback.xen_id, sched_fallback.name);
	WRITE_ONCE(pool->watchdog_armed, true); /* for good: nobody is left to take over */
	seam_watchdog_timer(pool, TIME_MAX);
	WRITE_ONCE(pool->breached, false);
}

void sched_eject_breached(struct sched_pool *pool, s_time_t now)
{
	spin_lock(&pool->sys->config);
	if (pool->breached) {
		sched_lock_pool(pool);
		eject_locked(pool, now);
		sched_unlock_pool(pool);
	}
	spin_unlock(&pool->sys->config);
}

/* --- watchdog ----------------------------------------------------------------- */

/* Armed while something is ready; a pool without watchdog has the flag set for ever. */
void sched_watchdog_start(struct sched_pool *pool, s_time_t now)
{
	WRITE_ONCE(pool->watchdog_armed, true);
	seam_watchdog_timer(pool, now + pool->sys->stall_limit / 2);
}

static const struct policy_vcpu *longest_waiting(const struct sched_pool *pool)
{
	const struct policy_vcpu *v, *longest = NULL;

	policy_for_each_vcpu(v, &pool->p)
		if (v->state == VCPU_READY && !v->parked &&
		    (!longest || v->ready_since < longest->ready_since))
			longest = v;
	return longest;
}

void sched_watchdog_fired(struct sched_pool *pool, s_time_t now)
{
	const struct policy_vcpu *v;

	spin_lock(&pool->sys->config);
	sched_lock_pool(pool);
	v = pool->ejection.policy ? NULL : longest_waiting(pool);
	if (v && now - v->ready_since >= pool->sys->stall_limit) {
		note_breach(pool, BREACH_STALL, to_sched_pcpu(v->pcpu), to_sched_vcpu(v),
			    now - v->ready_since, now);
		eject_locked(pool, now);
	} else if (v) {
		sched_watchdog_start(pool, now);
	} else if (!pool->ejection.policy) {
		WRITE_ONCE(pool->watchdog_armed, false);
	}
	sched_unlock_pool(pool);
	spin_unlock(&pool->sys->config);
}
