/* SPDX-License-Identifier: MIT */
/*
 * The scheduling engine: the mechanism without the machine.  It owns vCPU
 * states, runstates, affinity, pools, tunables and the guard that checks the
 * policies' answers.  It is pure: the hypervisor (hv/sched) and the simulator
 * (sched-policies/simulator) link the same objects and supply seam.h.
 *
 * Locks, outermost first:
 *   sys->config      pools, membership, attaching and detaching, parameters;
 *   pCPU state lock  *pc->lock: the pCPU's own, or its pool's if the policy
 *                    keeps its state per pool.  Covers the pCPU, the vCPUs whose
 *                    p.pcpu it is, their runstates, and the policy's data there.
 *                    A second one is only ever try-locked (steal), except by
 *                    sched_lock_pool(): all of a pool in ascending pCPU id, under config.
 * Callers have interrupts off.  The lock taken by sched_decide() stays held
 * until sched_saved(): no other pCPU sees a vCPU whose registers are not saved.
 */
#ifndef ORRERY_SCHED_ENGINE_H
#define ORRERY_SCHED_ENGINE_H

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/vcpu.h>

#include "lib/spinlock.h"
#include "sched/engine/peek.h"
#include "sched-policies/api/policy_env.h"

#define SCHED_MAX_POLICIES 32
#define SCHED_REPORT_BYTES 4000
#define SCHED_VCPU_MAGIC 0x76637075 /* "vcpu" */
#define SCHED_POOL_NONE (~0U)

/* Why a vCPU may not run: bits of sched_vcpu.blocked_by, changed atomically. */
#define BLOCKED_EVENT 0x1 /* SCHEDOP_block, SCHEDOP_poll: until an event arrives */
#define BLOCKED_DOWN 0x2  /* not started, or VCPUOP_down */

struct sched_pool;

struct sched_domain {
	struct policy_domain p;      /* first */
	struct sched_pool *pool;     /* config lock to change */
	s32 pause_count;             /* atomic; of all its vCPUs */
	bool moving;                 /* sched_domain_move() under way; config lock */
	struct sched_system *sys;    /* for ever, whatever becomes of the pool */
};

struct sched_vcpu {
	struct policy_vcpu p;        /* first; lock of p.pcpu */
	u32 blocked_by;              /* atomic, BLOCKED_* */
	s32 pause_count;             /* atomic */
	bool is_idle;
	bool yielding;               /* asked for it; set by itself, cleared under the lock */
	struct sched_vcpu *yield_to; /* and to whom, of its domain; NULL: to anybody */
	struct sched_domain *domain;
	u32 runstate_seq;            /* odd while runstate changes */
	struct vcpu_runstate_info runstate;
	u64 dispatches, migrations;
	struct pcpu_mask wanted_hard, wanted_soft; /* as set, before the pool narrows them */
};

struct sched_pcpu {
	struct policy_pcpu p;        /* first */
	spinlock_t *lock;            /* changes under config and the old lock */
	spinlock_t own_lock;
	bool draining;               /* about to leave its pool: runs nothing */
	struct sched_pool *pool;     /* NULL: free */
	struct sched_vcpu *curr;     /* runs now; the idle one if none */
	struct sched_vcpu *idle;
	struct sched_vcpu *moving;   /* put, to be enqueued elsewhere by sched_saved() */
	s_time_t slice_end;          /* of curr; TIME_MAX if none */
	s_time_t slice_armed;        /* when the slice timer will fire; TIME_MAX off */
	s_time_t decided_at;         /* of the last sched_decide() */
	s_time_t grace_until;        /* curr should have stopped, but holds a lock; 0: no such thing */
	u64 switches, decisions;
};

enum sched_breach {
	BREACH_NONE,
	BREACH_NOT_A_VCPU,    /* pointer to something else, or detached */
	BREACH_WRONG_POOL,
	BREACH_NOT_READY,     /* asleep, or running elsewhere */
	BREACH_AFFINITY,
	BREACH_SLICE,
	BREACH_PLACE,         /* place: not a pCPU of the pool, or forbidden */
	BREACH_STALL,         /* ready and not run for the watchdog's time */
	BREACH_COUNT,
};

/* Why and when a pool lost its policy.  Written once under the pool's locks. */
struct sched_ejection {
	enum sched_breach breach;
	const char *policy;          /* the ejected one; NULL: never happened */
	s_time_t when;
	u32 pcpu;
	u32 domain, vcpu;            /* DOMID_INVALID if none is concerned */
	s64 value;                   /* slice given, time waited, state found */
	char report[SCHED_REPORT_BYTES]; /* reason and run queues, lines ended by \n */
};

struct sched_system {
	spinlock_t config;
	struct list pools;           /* ascending id */
	struct sched_pcpu *pcpu[POLICY_MAX_PCPUS];
	u32 nr_pcpus;                /* highest id plus one */
	s_time_t stall_limit;        /* 0: no watchdog */
	u64 seed;                    /* of every instance, mixed with the pool id */
	struct sched_domain idle;    /* of the idle vCPUs; in no pool */
};

struct sched_pool {
	struct policy_instance p;    /* first */
	struct sched_system *sys;
	u32 id;
	u32 nr_domains;
	struct list node;            /* sys->pools */
	spinlock_t lock;             /* the state lock if the policy's scope is the pool */
	bool watchdog_armed;
	bool breached;               /* eject at the next chance */
	s_time_t rate_limit;         /* from the tunable ratelimit_us; 0 none */
	s_time_t lock_grace;         /* from lock_grace_us: who holds a lock stops so much later */
	struct sched_ejection ejection;
};

/* Accessors from the policy's view back to the engine's. */
#define to_sched_vcpu(v) container_of(v, struct sched_vcpu, p)
#define to_sched_pcpu(pc) container_of(pc, struct sched_pcpu, p)
#define to_sched_pool(pi) container_of(pi, struct sched_pool, p)
#define to_sched_domain(d) container_of(d, struct sched_domain, p)

/* --- policies.c: registration and look-up -------------------------------- */

/* Complete and check every table of the linker section, once.  Refused ones are logged. */
void sched_register_policies(void);
/* Add one table; -EINVAL and a log line if it is malformed.  Boot or tests. */
int sched_register_policy(const struct sched_policy *policy);
/* The completed table: every operation callable.  NULL if unknown. */
const struct sched_policy *sched_policy_by_name(const char *name);
/* First in name order with that Xen id. */
const struct sched_policy *sched_policy_by_xen_id(u32 xen_id);
/* By position in name order; NULL past the end. */
const struct sched_policy *sched_policy_at(unsigned index);
/* "credit, null, rr" into @buf; length. */
size_t sched_policy_names(char *buf, size_t size);
extern const struct sched_policy sched_fallback; /* built-in round robin, complete, not listed */

/* --- pool.c, domain.c -------------------------------------------------------- */

void sched_system_init(struct sched_system *sys, u64 seed);
/* @pool is zeroed memory of the caller's. 0, -EEXIST, or what the policy's init says.
 * @tunables: values in the policy's order, NULL for the initial ones (already checked). */
int sched_pool_init(struct sched_system *sys, struct sched_pool *pool, u32 id,
		    const struct sched_policy *policy, const s64 *tunables);
/* Another policy takes over what the engine knows: its initial tunables, empty data, vCPUs as they
 * are.  It must stand a put without a pick.  @pre config and all pool locks held. */
void sched_pool_replace_policy(struct sched_pool *pool, const struct sched_policy *policy,
			       s_time_t now);
/* Another policy for a pool without domains, with @tunables (NULL: the initial ones).  -EBUSY: it has
 * domains; or what the policy's init says: the pool keeps the old one then. */
int sched_pool_choose_policy(struct sched_pool *pool, const struct sched_policy *policy,
			     const s64 *tunables, s_time_t now);
/* -EBUSY while it has pCPUs or domains. */
int sched_pool_destroy(struct sched_pool *pool);
struct sched_pool *sched_pool_by_id(struct sched_system *sys, u32 id);
/* The pool with the lowest id >= @id, or NULL. */
struct sched_pool *sched_pool_next(struct sched_system *sys, u32 id);
/* Has it a pCPU that is not about to leave?  Domains may only come if so. */
bool sched_pool_can_run(const struct sched_pool *pool);

/* @pc is zeroed memory of the caller's; free afterwards and running its @idle vCPU. */
void sched_pcpu_init(struct sched_system *sys, struct sched_pcpu *pc, u32 id, u32 socket,
		     struct sched_vcpu *idle, s_time_t now);
/* -EBUSY if it is in a pool. */
int sched_pool_add_pcpu(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now);
/* Move everything off @pc and free it.  -EBUSY: something still runs there, a reschedule is
 * under way, call again; -EBUSY also if no other stays in a pool with domains; -EINVAL. */
int sched_pool_remove_pcpu(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now);

void sched_domain_attach(struct sched_pool *pool, struct sched_domain *d, u32 id, s_time_t now);
/* @pre no vCPUs left. */
void sched_domain_detach(struct sched_domain *d, s_time_t now);
/* To another pool, its vCPUs with it.  -EBUSY: one still runs, call again (it is kept from
 * running meanwhile); -EINVAL: target without pCPUs, or NULL: a move that has begun is given up.
 * @vcpus: the domain's, @nr of them. */
int sched_domain_move(struct sched_domain *d, struct sched_pool *to, struct sched_vcpu **vcpus,
		      u32 nr, s_time_t now);

/* Idle vCPU of pCPU @id; policies never see it. */
void sched_idle_init(struct sched_system *sys, struct sched_vcpu *sv, u32 id, s_time_t now);
/* The new vCPU is down and asleep, any pCPU allowed; vCPUs are dealt out to the pCPUs in turn.
 * -EINVAL: the pool has no pCPU. */
int sched_vcpu_attach(struct sched_domain *d, struct sched_vcpu *sv, u32 id, s_time_t now);
/* @pre it does not run and cannot (paused or down). */
void sched_vcpu_detach(struct sched_vcpu *sv, s_time_t now);

void sched_initial_params(s64 *param, const struct policy_tunable *t, u32 nr);

/* All state locks of a pool.  @pre config lock. */
void sched_lock_pool(struct sched_pool *pool);
void sched_unlock_pool(struct sched_pool *pool);

/* --- life.c, decide.c --------------------------------------------------------- */

static inline bool sched_may_run_now(const struct sched_vcpu *sv)
{
	return !READ_ONCE(sv->blocked_by) && !READ_ONCE(sv->pause_count) &&
	       !READ_ONCE(sv->domain->pause_count);
}

/* Something that kept @sv from running went away: enqueue it if nothing else does. */
void sched_wake(struct sched_vcpu *sv, s_time_t now);
/* Something keeps @sv from running now: take it off the queue or kick its pCPU. */
void sched_sleep(struct sched_vcpu *sv, s_time_t now);
/* @sv, running, wants others to go first: true if sched_decide() is due. */
bool sched_give_way(struct sched_vcpu *sv);
/* After that said true: @to of its domain shall run in its place, if it can and the policy agrees. */
void sched_give_way_to(struct sched_vcpu *sv, struct sched_vcpu *to);
/* Has @sv left its pCPU for good (registers saved) since a sched_sleep()? */
bool sched_is_off(struct sched_vcpu *sv);

/* What @pc runs next; takes the state lock, which sched_saved() gives back.  Equal to
 * pc->curr's old value: nothing to switch, but sched_saved() is due all the same. */
struct sched_vcpu *sched_decide(struct sched_pcpu *pc, s_time_t now);
void sched_saved(struct sched_pcpu *pc);

void sched_slice_fired(struct sched_pcpu *pc, s_time_t now);
void sched_pcpu_timer_fired(struct sched_pcpu *pc, s_time_t now);
void sched_pool_timer_fired(struct sched_pool *pool, s_time_t now);

/* State lock of @pc; of where @sv is (returned).  Give back with spin_unlock(pc->lock). */
static inline void sched_lock_pcpu(struct sched_pcpu *pc)
{
	for (;;) {
		spinlock_t *lock = READ_ONCE(pc->lock);

		spin_lock(lock);
		if (likely(lock == READ_ONCE(pc->lock)))
			return;
		spin_unlock(lock);
	}
}
struct sched_pcpu *sched_lock_vcpu(struct sched_vcpu *sv);
/* After @sv may no longer be where it is: requeue, kick, or note the new place. No lock held. */
void sched_relocate(struct sched_vcpu *sv, s_time_t now);

/* --- affinity.c ------------------------------------------------------------ */

/* NULL leaves one alone.  What the pool cannot honour is narrowed to it; a hard affinity with
 * no pCPU of the pool is -EINVAL.  Moves the vCPU if it must leave. */
int sched_set_affinity(struct sched_vcpu *sv, const struct pcpu_mask *hard,
		       const struct pcpu_mask *soft, s_time_t now);
void sched_mask_all(struct pcpu_mask *mask);
/* Recompute what the pool leaves of the wishes.  @pre lock of its pCPU, config lock. */
void sched_affinity_refresh(struct sched_vcpu *sv);

/* --- runstate.c ------------------------------------------------------------ */

void sched_runstate_init(struct sched_vcpu *sv, int state, s_time_t now);
/* Lock of its pCPU. */
void sched_runstate_change(struct sched_vcpu *sv, int state, s_time_t now);
/* A copy brought up to @now: time[0..3] add up to @now minus the vCPU's creation. */
/* No lock. */
void sched_runstate_get(const struct sched_vcpu *sv, struct vcpu_runstate_info *out, s_time_t now);

/* --- guard.c --------------------------------------------------------------- */

/* May @pc run what the policy picked, for so long?  @pre d.vcpu not NULL, state lock. */
static inline bool sched_decision_good(const struct sched_pcpu *pc, struct policy_decision d)
{
	const struct policy_instance *pi = &pc->pool->p;
	const struct policy_vcpu *v = d.vcpu;

	return (uintptr_t)v % __alignof__(struct policy_vcpu) == 0 &&
	       sched_word_is(&v->magic, SCHED_VCPU_MAGIC) && v->domain->instance == pi &&
	       v->state == VCPU_READY &&
	       (v->pcpu == &pc->p || pi->policy->scope == POLICY_STATE_PER_POOL) &&
	       policy_may_run(v, &pc->p) &&
	       (d.slice == SLICE_NONE || (u64)(d.slice - SLICE_MIN) <= SLICE_MAX - SLICE_MIN);
}

/* The decision if it is good, or idle after noting what is wrong with it.  State lock of @pc. */
struct policy_decision sched_check_decision(struct sched_pcpu *pc, struct policy_decision d,
					    s_time_t now);
/* What steal() gave, or NULL after noting a breach.  Both state locks. */
struct policy_vcpu *sched_check_stolen(struct sched_pcpu *to, struct policy_vcpu *v,
				       struct policy_pcpu *from, s_time_t now);
/* @target; an allowed pCPU if it is NULL, or after noting a breach. */
struct sched_pcpu *sched_check_place(struct sched_vcpu *sv, struct policy_pcpu *target,
				     s_time_t now);
/* The usual answer, where it was, needs no more than this. */
static inline bool sched_place_good(const struct sched_vcpu *sv, const struct policy_pcpu *target)
{
	return target == sv->p.pcpu && target->instance == sv->p.domain->instance &&
	       policy_may_run(&sv->p, target) && !to_sched_pcpu(target)->draining;
}
/* Throw the policy out if the pool is marked.  No lock held; one load if it is not. */
void sched_eject_breached(struct sched_pool *pool, s_time_t now);
static inline void sched_eject_if_breached(struct sched_pool *pool, s_time_t now)
{
	if (pool && unlikely(READ_ONCE(pool->breached)))
		sched_eject_breached(pool, now);
}
void sched_watchdog_fired(struct sched_pool *pool, s_time_t now);
/* Something became ready.  State lock. */
void sched_watchdog_start(struct sched_pool *pool, s_time_t now);
static inline void sched_watchdog_note(struct sched_pool *pool, s_time_t now)
{
	if (unlikely(!READ_ONCE(pool->watchdog_armed)))
		sched_watchdog_start(pool, now);
}
const char *sched_breach_name(enum sched_breach breach);

/* --- params.c: tunables and parameters by name ------------------------------ */

const struct policy_tunable *sched_tunable_find(const struct policy_tunable *t, u32 nr,
						const char *name, u32 *index);
/* Each: 0, -ENOENT unknown name, -ERANGE, -EINVAL (does not go with the others). */
int sched_tunable_set(struct sched_pool *pool, const char *name, s64 value, s_time_t now);
/* Values for a policy not yet at work. */
int sched_check_tunables(const struct sched_policy *policy, const s64 *values);
int sched_tunables_set(struct sched_pool *pool, const s64 *values, s_time_t now);
int sched_domain_param_set(struct sched_domain *d, const char *name, s64 value, s_time_t now);
int sched_domain_params_set(struct sched_domain *d, const s64 *values, s_time_t now);
int sched_vcpu_params_set(struct sched_vcpu *sv, const s64 *values, s_time_t now);
int sched_vcpu_param_set(struct sched_vcpu *sv, const char *name, s64 value, s_time_t now);
void sched_adopt_tunables(struct sched_pool *pool); /* what the engine itself reads of them */
/* "name=value name=value" of an instance into @buf; length. */
size_t sched_tunables_text(const struct sched_pool *pool, char *buf, size_t size);

/* --- table.c: cyclic tables ---------------------------------------------------- */

#define SCHED_TABLE_FIRST_PCPU (~0U) /* as an entry's pCPU: the lowest of the pool */

/* As the policy's set_table says; entries' pCPUs are filled in.  -EOPNOTSUPP: it has no table. */
int sched_table_set(struct sched_pool *pool, struct policy_table_entry *entries, u32 nr,
		    s_time_t cycle, s_time_t now);
u32 sched_table_get(struct sched_pool *pool, struct policy_table_entry *entries, u32 most,
		    s_time_t *cycle);
/* The domain's handle is now this one of 16 bytes. */
void sched_domain_rename(struct sched_domain *d, const u8 *handle, s_time_t now);

/* --- select.c: the command line ---------------------------------------------- */

/* sched=NAME of @line, else @preferred, else any; faults are logged with the known names. */
const struct sched_policy *sched_policy_from_line(const char *line, const char *preferred);
/* @values: the policy's initial ones with what @line says about them; faults are logged. */
void sched_tunables_from_line(const char *line, const struct sched_policy *policy, s64 *values);
/* "name (min..max), ..." into @buf; length. */
size_t sched_tunable_names(const struct policy_tunable *t, u32 nr, char *buf, size_t size);


#endif
