/* SPDX-License-Identifier: MIT */
/*
 * Domains and vCPUs come to a pool, leave it, and move between pools.  A vCPU
 * attaches asleep and detaches asleep, so that policies only ever meet it at
 * rest at both ends.  Config lock inside; state locks as engine.h describes.
 */
#include "lib/errno.h"
#include "sched/engine/engine.h"
#include "trace/trace.h"

void sched_initial_params(s64 *param, const struct policy_tunable *t, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		param[i] = t[i].initial;
}

/* @pre config and pool locks.  The domain's place in the list is by id. */
static void join_domain(struct sched_pool *pool, struct sched_domain *d, s_time_t now)
{
	struct policy_instance *pi = &pool->p;
	const struct sched_policy *policy = pi->policy;
	struct list *at;

	for (at = pi->domains.next; at != &pi->domains; at = at->next)
		if (list_entry(at, struct policy_domain, node)->id > d->p.id)
			break;
	list_add_before(at, &d->p.node);
	memset(d->p.data, 0, sizeof(d->p.data));
	sched_initial_params(d->p.param, policy->domain_params, policy->nr_domain_params);
	d->p.instance = pi;
	d->p.nr_vcpus = 0;
	WRITE_ONCE(d->pool, pool);
	pool->nr_domains++;
	policy->domain_add(pi, &d->p, now);
}

static void leave_domain(struct sched_domain *d, s_time_t now)
{
	struct sched_pool *pool = d->pool;

	pool->p.policy->domain_remove(&pool->p, &d->p, now);
	list_del(&d->p.node);
	pool->nr_domains--;
}

/* vCPUs are dealt out in turn, wherever they may be. */
static struct policy_pcpu *next_pcpu(const struct policy_instance *pi)
{
	u32 skip = pi->nr_vcpus % pi->nr_pcpus;
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		if (!skip--)
			break;
	return pc;
}

static void join_vcpu(struct sched_pool *pool, struct sched_vcpu *sv, s_time_t now)
{
	struct policy_instance *pi = &pool->p;
	const struct sched_policy *policy = pi->policy;

	memset(sv->p.data, 0, sizeof(sv->p.data));
	sched_initial_params(sv->p.param, policy->vcpu_params, policy->nr_vcpu_params);
	sched_mask_all(&sv->wanted_hard);
	sched_mask_all(&sv->wanted_soft);
	sched_affinity_refresh(sv);
	if (!policy_may_run(&sv->p, sv->p.pcpu))
		sv->p.pcpu = &sched_check_place(sv, NULL, now)->p;
	list_add_tail(&pi->vcpus, &sv->p.node);
	pi->nr_vcpus++;
	sv->p.domain->nr_vcpus++;
	policy->vcpu_add(pi, &sv->p, now);
}

static void leave_vcpu(struct sched_vcpu *sv, s_time_t now)
{
	struct policy_instance *pi = &sv->domain->pool->p;

	pi->policy->vcpu_remove(pi, &sv->p, now);
	list_del(&sv->p.node);
	pi->nr_vcpus--;
	sv->p.domain->nr_vcpus--;
}

void sched_domain_attach(struct sched_pool *pool, struct sched_domain *d, u32 id, s_time_t now)
{
	d->p.id = id;
	d->sys = pool->sys;
	spin_lock(&d->sys->config);
	sched_lock_pool(pool);
	join_domain(pool, d, now);
	sched_unlock_pool(pool);
	spin_unlock(&d->sys->config);
	trace_sched_dom_add(id);
}

void sched_domain_detach(struct sched_domain *d, s_time_t now)
{
	struct sched_system *sys = d->sys;

	trace_sched_dom_rem(d->p.id);
	spin_lock(&sys->config);
	sched_lock_pool(d->pool);
	leave_domain(d, now);
	sched_unlock_pool(d->pool);
	spin_unlock(&sys->config);
}

void sched_idle_init(struct sched_system *sys, struct sched_vcpu *sv, u32 id, s_time_t now)
{
	sv->p.id = id;
	sv->p.domain = &sys->idle.p;
	sv->domain = &sys->idle;
	sv->p.any_pcpu = false;
	sv->is_idle = true;
	list_init(&sv->p.node);
	sched_runstate_init(sv, RUNSTATE_running, now);
}

int sched_vcpu_attach(struct sched_domain *d, struct sched_vcpu *sv, u32 id, s_time_t now)
{
	struct sched_system *sys = d->sys;
	struct sched_pool *pool;
	int rc = -EINVAL;

	sv->p.id = id;
	sv->p.domain = &d->p;
	sv->domain = d;
	sv->p.state = VCPU_ASLEEP;
	sv->blocked_by = BLOCKED_DOWN;
	sched_runstate_init(sv, RUNSTATE_offline, now);
	spin_lock(&sys->config);
	pool = d->pool;
	if (sched_pool_can_run(pool)) {
		sched_lock_pool(pool);
		sv->p.pcpu = next_pcpu(&pool->p);
		sv->p.magic = SCHED_VCPU_MAGIC;
		join_vcpu(pool, sv, now);
		sched_unlock_pool(pool);
		rc = 0;
	}
	spin_unlock(&sys->config);
	return rc;
}

void sched_vcpu_detach(struct sched_vcpu *sv, s_time_t now)
{
	struct sched_system *sys = sv->domain->sys;

	spin_lock(&sys->config);
	sched_lock_pool(sv->domain->pool);
	leave_vcpu(sv, now);
	sv->p.magic = 0;
	sched_unlock_pool(sv->domain->pool);
	spin_unlock(&sys->config);
}

/* --- to another pool ----------------------------------------------------------- */

static bool all_off(struct sched_vcpu **vcpus, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		if (!sched_is_off(vcpus[i]))
			return false;
	return true;
}

/*
 * The vCPUs are asleep and stay so.  Their pCPU, and with it the lock that
 * covers them, changes while the old locks are held; from then on whoever
 * looks for one waits at the new pool's locks or finds it asleep.
 */
static void move_asleep(struct sched_domain *d, struct sched_pool *to, struct sched_vcpu **vcpus,
			u32 nr, s_time_t now)
{
	struct policy_pcpu *first = list_entry(to->p.pcpus.next, struct policy_pcpu, node);
	struct sched_pool *from = d->pool;

	sched_lock_pool(from);
	for (u32 i = 0; i < nr; i++)
		leave_vcpu(vcpus[i], now);
	leave_domain(d, now);
	for (u32 i = 0; i < nr; i++)
		WRITE_ONCE(vcpus[i]->p.pcpu, first);
	sched_unlock_pool(from);

	sched_lock_pool(to);
	join_domain(to, d, now);
	for (u32 i = 0; i < nr; i++) {
		WRITE_ONCE(vcpus[i]->p.pcpu, next_pcpu(&to->p));
		join_vcpu(to, vcpus[i], now);
	}
	sched_unlock_pool(to);
}

static void end_moving(struct sched_domain *d)
{
	if (!d->moving)
		return;
	d->moving = false;
	__atomic_fetch_sub(&d->pause_count, 1, __ATOMIC_SEQ_CST);
}

/* @pre config lock */
static int move_locked(struct sched_domain *d, struct sched_pool *to, struct sched_vcpu **vcpus,
		       u32 nr, s_time_t now)
{
	if (!to || !sched_pool_can_run(to)) {
		end_moving(d); /* the target may have changed since it began */
		return -EINVAL;
	}
	if (!d->moving) {
		d->moving = true;
		__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	}
	for (u32 i = 0; i < nr; i++)
		sched_sleep(vcpus[i], now);
	if (!all_off(vcpus, nr))
		return -EBUSY;
	if (d->pool != to)
		move_asleep(d, to, vcpus, nr, now);
	end_moving(d);
	return 0;
}

int sched_domain_move(struct sched_domain *d, struct sched_pool *to, struct sched_vcpu **vcpus,
		      u32 nr, s_time_t now)
{
	int rc;

	spin_lock(&d->sys->config);
	rc = move_locked(d, to, vcpus, nr, now);
	spin_unlock(&d->sys->config);
	for (u32 i = 0; rc != -EBUSY && i < nr; i++)
		sched_wake(vcpus[i], now);
	return rc;
}
