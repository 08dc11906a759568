/* SPDX-License-Identifier: MIT */
/*
 * Pools: which pCPUs and domains a policy instance rules.  pCPUs and domains
 * come and go while everything runs; a policy changes only when it is ejected or
 * while there are no domains.
 * All functions take the config lock themselves unless their contract says
 * otherwise; state locks are taken as engine.h describes.
 */
#include "lib/errno.h"
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"
#include "trace/trace.h"

void sched_system_init(struct sched_system *sys, u64 seed)
{
	spin_lock_init(&sys->config);
	list_init(&sys->pools);
	sys->seed = seed;
	sys->idle.p.id = DOMID_IDLE;
}

static bool per_pool(const struct sched_pool *pool)
{
	return pool->p.policy->scope == POLICY_STATE_PER_POOL;
}

void sched_lock_pool(struct sched_pool *pool)
{
	struct policy_pcpu *pc;

	if (per_pool(pool)) {
		spin_lock(&pool->lock);
		return;
	}
	policy_for_each_pcpu(pc, &pool->p)
		spin_lock(&to_sched_pcpu(pc)->own_lock);
}

void sched_unlock_pool(struct sched_pool *pool)
{
	struct policy_pcpu *pc;

	if (per_pool(pool)) {
		spin_unlock(&pool->lock);
		return;
	}
	policy_for_each_pcpu(pc, &pool->p)
		spin_unlock(&to_sched_pcpu(pc)->own_lock);
}

/* Never zero, and different for each pool (splitmix64, Steele et al. 2014). */
static u64 mix_seed(u64 seed, u32 id)
{
	u64 z = seed + (id + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) | 1;
}

static void install_policy(struct sched_pool *pool, const struct sched_policy *policy,
			   const s64 *tunables)
{
	struct policy_instance *pi = &pool->p;

	pi->policy = policy;
	pi->random = mix_seed(pool->sys->seed, pool->id);
	memset(pi->data, 0, sizeof(pi->data));
	memset(pi->counter, 0, sizeof(pi->counter));
	for (u32 i = 0; i < policy->nr_tunables; i++)
		pi->tunable[i] = tunables ? tunables[i] : policy->tunables[i].initial;
	sched_adopt_tunables(pool);
}

/* A pool without watchdog has it armed for good. */
static void watch_for_stalls(struct sched_pool *pool)
{
	pool->watchdog_armed = !pool->sys->stall_limit ||
			       (pool->p.policy->promises & POLICY_MAY_STARVE);
}

struct sched_pool *sched_pool_next(struct sched_system *sys, u32 id)
{
	struct sched_pool *pool;

	list_for_each_entry(pool, &sys->pools, node)
		if (pool->id >= id)
			return pool;
	return NULL;
}

struct sched_pool *sched_pool_by_id(struct sched_system *sys, u32 id)
{
	struct sched_pool *pool = sched_pool_next(sys, id);

	return pool && pool->id == id ? pool : NULL;
}

int sched_pool_init(struct sched_system *sys, struct sched_pool *pool, u32 id,
		    const struct sched_policy *policy, const s64 *tunables)
{
	struct policy_instance *pi = &pool->p;
	struct sched_pool *after;
	int rc = -EEXIST;

	pool->sys = sys;
	pool->id = id;
	spin_lock_init(&pool->lock);
	list_init(&pi->pcpus);
	list_init(&pi->domains);
	list_init(&pi->vcpus);
	install_policy(pool, policy, tunables);
	watch_for_stalls(pool);

	spin_lock(&sys->config);
	after = sched_pool_next(sys, id);
	if (!after || after->id != id)
		rc = policy->init(pi);
	if (!rc)
		list_add_before(after ? &after->node : &sys->pools, &pool->node);
	spin_unlock(&sys->config);
	if (!rc)
		trace_policy_info(id, policy->xen_id, policy->name);
	return rc;
}

int sched_pool_destroy(struct sched_pool *pool)
{
	int rc = -EBUSY;

	spin_lock(&pool->sys->config);
	if (!pool->p.nr_pcpus && !pool->nr_domains) {
		seam_pool_timer(pool, TIME_MAX);
		seam_watchdog_timer(pool, TIME_MAX);
		pool->p.policy->exit(&pool->p);
		list_del(&pool->node);
		rc = 0;
	}
	spin_unlock(&pool->sys->config);
	return rc;
}

/* --- another policy for a living pool -------------------------------------- */

/* Give every pCPU the lock its scope asks for; all are held before and after. */
static void switch_locks(struct sched_pool *pool, enum policy_scope from, enum policy_scope to)
{
	struct policy_pcpu *pc;

	if (from == to)
		return;
	if (to == POLICY_STATE_PER_POOL)
		spin_lock(&pool->lock);
	policy_for_each_pcpu(pc, &pool->p) {
		struct sched_pcpu *spc = to_sched_pcpu(pc);

		if (to == POLICY_STATE_PER_POOL) {
			WRITE_ONCE(spc->lock, &pool->lock);
			spin_unlock(&spc->own_lock);
		} else {
			spin_lock(&spc->own_lock);
			WRITE_ONCE(spc->lock, &spc->own_lock);
		}
	}
	if (to == POLICY_STATE_PER_PCPU)
		spin_unlock(&pool->lock);
}

void sched_pool_replace_policy(struct sched_pool *pool, const struct sched_policy *policy,
			       s_time_t now)
{
	struct policy_instance *pi = &pool->p;
	struct policy_domain *d;
	struct policy_pcpu *pc;
	struct policy_vcpu *v;

	seam_pool_timer(pool, TIME_MAX);
	switch_locks(pool, pi->policy->scope, policy->scope);
	install_policy(pool, policy, NULL);
	policy_for_each_pcpu(pc, pi) {
		memset(pc->data, 0, sizeof(pc->data));
		seam_pcpu_timer(to_sched_pcpu(pc), TIME_MAX);
		policy->pcpu_add(pi, pc, now);
	}
	policy_for_each_domain(d, pi) {
		memset(d->data, 0, sizeof(d->data));
		sched_initial_params(d->param, policy->domain_params, policy->nr_domain_params);
		policy->domain_add(pi, d, now);
	}
	policy_for_each_vcpu(v, pi) {
		memset(v->data, 0, sizeof(v->data));
		sched_initial_params(v->param, policy->vcpu_params, policy->nr_vcpu_params);
		policy->vcpu_add(pi, v, now);
		if (v->state == VCPU_READY)
			policy->enqueue(pi, v, ENQUEUE_MOVE, now);
	}
	policy_for_each_pcpu(pc, pi)
		seam_kick(to_sched_pcpu(pc));
}

/* --- pCPUs ------------------------------------------------------------------- */

void sched_pcpu_init(struct sched_system *sys, struct sched_pcpu *pc, u32 id, u32 socket,
		     struct sched_vcpu *idle, s_time_t now)
{
	pc->p.id = id;
	pc->p.socket = socket;
	pc->p.since = now;
	list_init(&pc->p.node);
	spin_lock_init(&pc->own_lock);
	pc->lock = &pc->own_lock;
	pc->idle = pc->curr = idle;
	pc->slice_end = pc->slice_armed = TIME_MAX;
	idle->p.pcpu = &pc->p;
	sched_runstate_init(idle, RUNSTATE_running, now);
	sys->pcpu[id] = pc;
	sys->nr_pcpus = MAX(sys->nr_pcpus, id + 1);
}

static void link_pcpu(struct policy_instance *pi, struct policy_pcpu *pc)
{
	struct list *at;

	for (at = pi->pcpus.next; at != &pi->pcpus; at = at->next)
		if (list_entry(at, struct policy_pcpu, node)->id > pc->id)
			break;
	list_add_before(at, &pc->node);
	pi->nr_pcpus++;
	pi->pcpu_limit = MAX(pi->pcpu_limit, pc->id + 1);
	bitmap_set(pi->members.bits, pc->id);
}

static void refresh_affinities(struct sched_pool *pool)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, &pool->p)
		sched_affinity_refresh(to_sched_vcpu(v));
}

int sched_pool_add_pcpu(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now)
{
	struct policy_instance *pi = &pool->p;

	spin_lock(&pool->sys->config);
	if (pc->pool) {
		spin_unlock(&pool->sys->config);
		return -EBUSY;
	}
	spin_lock(&pc->own_lock);
	sched_lock_pool(pool);
	memset(pc->p.data, 0, sizeof(pc->p.data));
	pc->p.instance = pi;
	link_pcpu(pi, &pc->p);
	WRITE_ONCE(pc->pool, pool);
	pc->draining = false;
	bitmap_atomic_set(pi->idle.bits, pc->p.id);
	refresh_affinities(pool);
	pi->policy->pcpu_add(pi, &pc->p, now);
	if (per_pool(pool)) {
		WRITE_ONCE(pc->lock, &pool->lock);
		spin_unlock(&pc->own_lock);
	}
	sched_unlock_pool(pool);
	spin_unlock(&pool->sys->config);
	seam_kick(pc);
	return 0;
}

/* From now on nothing new comes to @pc; what is there and not running leaves. */
static void start_draining(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now)
{
	struct policy_vcpu *v;

	sched_lock_pool(pool);
	pc->draining = true;
	bitmap_clear(pool->p.members.bits, pc->p.id);
	bitmap_atomic_clear(pool->p.idle.bits, pc->p.id);
	refresh_affinities(pool);
	sched_unlock_pool(pool);
	policy_for_each_vcpu(v, &pool->p)
		sched_relocate(to_sched_vcpu(v), now);
}

static void unlink_pcpu(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now)
{
	struct policy_instance *pi = &pool->p;

	sched_lock_pool(pool);
	pi->policy->pcpu_remove(pi, &pc->p, now);
	seam_pcpu_timer(pc, TIME_MAX);
	seam_slice_timer(pc, TIME_MAX);
	pc->slice_armed = TIME_MAX;
	pi->nr_pcpus--;
	if (per_pool(pool)) {
		spin_lock(&pc->own_lock);
		WRITE_ONCE(pc->lock, &pc->own_lock);
	}
	list_del(&pc->p.node);
	pc->p.instance = NULL;
	WRITE_ONCE(pc->pool, NULL);
	pc->draining = false;
	spin_unlock(&pc->own_lock);
	sched_unlock_pool(pool);
}

static bool is_empty(struct sched_pcpu *pc)
{
	bool empty;

	sched_lock_pcpu(pc);
	empty = pc->curr->is_idle && !pc->moving;
	spin_unlock(pc->lock);
	return empty;
}

bool sched_pool_can_run(const struct sched_pool *pool)
{
	return !bitmap_empty(pool->p.members.bits, POLICY_MAX_PCPUS);
}

/* Does another pCPU stay, if @pc goes as well as those on their way out? */
static bool others_stay(const struct sched_pool *pool, const struct sched_pcpu *pc)
{
	struct pcpu_mask others = pool->p.members;

	bitmap_clear(others.bits, pc->p.id);
	return !bitmap_empty(others.bits, POLICY_MAX_PCPUS);
}

int sched_pool_remove_pcpu(struct sched_pool *pool, struct sched_pcpu *pc, s_time_t now)
{
	int rc = -EBUSY;

	spin_lock(&pool->sys->config);
	if (pc->pool != pool) {
		rc = -EINVAL;
	} else if (others_stay(pool, pc) || !pool->nr_domains) {
		if (!pc->draining)
			start_draining(pool, pc, now);
		if (is_empty(pc)) {
			unlink_pcpu(pool, pc, now);
			rc = 0;
		}
	}
	spin_unlock(&pool->sys->config);
	if (rc == -EBUSY)
		seam_kick(pc);
	return rc;
}

/* --- another policy for an empty pool ---------------------------------------- */

/* All pCPUs off the list of their pool, onto @to. */
static void take_pcpus(struct policy_instance *pi, struct list *to)
{
	list_init(to);
	while (!list_empty(&pi->pcpus)) {
		struct list *first = pi->pcpus.next;

		list_del(first);
		list_add_tail(to, first);
	}
	pi->nr_pcpus = 0;
}

/* The pool is empty but for pCPUs, which idle: they join the new policy one by one. */
static int start_policy(struct sched_pool *pool, const struct sched_policy *policy,
			const s64 *tunables, s_time_t now)
{
	struct policy_instance *pi = &pool->p;
	struct list waiting;
	int rc;

	switch_locks(pool, pi->policy->scope, policy->scope);
	take_pcpus(pi, &waiting);
	install_policy(pool, policy, tunables);
	rc = policy->init(pi);
	while (!list_empty(&waiting)) {
		struct policy_pcpu *pc = list_entry(waiting.next, struct policy_pcpu, node);

		list_del(&pc->node);
		link_pcpu(pi, pc);
		memset(pc->data, 0, sizeof(pc->data));
		if (!rc)
			policy->pcpu_add(pi, pc, now);
	}
	return rc;
}

static void stop_policy(struct sched_pool *pool, s_time_t now)
{
	struct policy_instance *pi = &pool->p;
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi) {
		seam_pcpu_timer(to_sched_pcpu(pc), TIME_MAX);
		pi->policy->pcpu_remove(pi, pc, now);
	}
	seam_pool_timer(pool, TIME_MAX);
	seam_watchdog_timer(pool, TIME_MAX);
	pi->policy->exit(pi);
}

int sched_pool_choose_policy(struct sched_pool *pool, const struct sched_policy *policy,
			     const s64 *tunables, s_time_t now)
{
	const struct sched_policy *old;
	s64 old_tunables[POLICY_MAX_TUNABLES];
	int rc = -EBUSY;

	spin_lock(&pool->sys->config);
	if (!pool->nr_domains) {
		sched_lock_pool(pool);
		old = pool->p.policy;
		memcpy(old_tunables, pool->p.tunable, sizeof(old_tunables));
		stop_policy(pool, now);
		rc = start_policy(pool, policy, tunables, now);
		if (rc && start_policy(pool, old, old_tunables, now))
			start_policy(pool, &sched_fallback, NULL, now);
		watch_for_stalls(pool);
		pool->ejection = (struct sched_ejection){ 0 };
		sched_unlock_pool(pool);
		trace_policy_info(pool->id, pool->p.policy->xen_id, pool->p.policy->name);
	}
	spin_unlock(&pool->sys->config);
	return rc;
}
