/* SPDX-License-Identifier: MIT */
/*
 * Cyclic tables of policies that have one, and the handles by which tables name
 * domains.  Config lock inside.
 */
#include "lib/errno.h"
#include "sched/engine/engine.h"

/* @pre config lock */
static int set_locked(struct sched_pool *pool, struct policy_table_entry *entries, u32 nr,
		      s_time_t cycle, s_time_t now)
{
	int rc;

	if (list_empty(&pool->p.pcpus))
		return -EINVAL;
	for (u32 i = 0; i < nr; i++)
		if (entries[i].pcpu == SCHED_TABLE_FIRST_PCPU)
			entries[i].pcpu = list_first_entry(&pool->p.pcpus, struct policy_pcpu, node)->id;
	sched_lock_pool(pool);
	rc = pool->p.policy->set_table(&pool->p, entries, nr, cycle, now);
	sched_unlock_pool(pool);
	return rc;
}

int sched_table_set(struct sched_pool *pool, struct policy_table_entry *entries, u32 nr,
		    s_time_t cycle, s_time_t now)
{
	int rc;

	spin_lock(&pool->sys->config);
	rc = set_locked(pool, entries, nr, cycle, now);
	spin_unlock(&pool->sys->config);
	return rc;
}

u32 sched_table_get(struct sched_pool *pool, struct policy_table_entry *entries, u32 most,
		    s_time_t *cycle)
{
	u32 nr;

	spin_lock(&pool->sys->config);
	sched_lock_pool(pool);
	nr = pool->p.policy->get_table(&pool->p, entries, most, cycle);
	sched_unlock_pool(pool);
	spin_unlock(&pool->sys->config);
	return nr;
}

void sched_domain_rename(struct sched_domain *d, const u8 *handle, s_time_t now)
{
	struct sched_system *sys = d->sys;

	spin_lock(&sys->config);
	sched_lock_pool(d->pool);
	memcpy(d->p.handle, handle, sizeof(d->p.handle));
	d->pool->p.policy->domain_renamed(&d->pool->p, &d->p, now);
	sched_unlock_pool(d->pool);
	spin_unlock(&sys->config);
}
