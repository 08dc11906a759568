/* SPDX-License-Identifier: MIT */
/*
 * Tunables of a policy, parameters of domains and vCPUs: all are rows of data
 * {name, min, max, initial, help} and an array of values.  Setting checks each
 * value against its row, then all together against the policy's own check, and
 * changes nothing unless everything is good.  Config lock inside.
 */
#include "lib/errno.h"
#include "lib/printf.h"
#include "sched/engine/engine.h"

const struct policy_tunable *sched_tunable_find(const struct policy_tunable *t, u32 nr,
						const char *name, u32 *index)
{
	for (u32 i = 0; i < nr; i++)
		if (!strcmp(t[i].name, name)) {
			if (index)
				*index = i;
			return &t[i];
		}
	return NULL;
}

/* Each within its own bounds, and good together? */
static int check_values(const struct policy_tunable *t, u32 nr, const s64 *values,
			int (*together)(const s64 *))
{
	for (u32 i = 0; i < nr; i++)
		if (values[i] < t[i].min || values[i] > t[i].max)
			return -ERANGE;
	return together(values);
}

/* In ns; 0 if the policy has no such tunable. */
static s_time_t microseconds_of(const struct sched_pool *pool, const char *tunable)
{
	const struct sched_policy *policy = pool->p.policy;
	u32 i;

	if (!sched_tunable_find(policy->tunables, policy->nr_tunables, tunable, &i))
		return 0;
	return pool->p.tunable[i] * 1000;
}

void sched_adopt_tunables(struct sched_pool *pool)
{
	pool->rate_limit = microseconds_of(pool, "ratelimit_us");
	pool->lock_grace = microseconds_of(pool, "lock_grace_us");
}

int sched_check_tunables(const struct sched_policy *policy, const s64 *values)
{
	return check_values(policy->tunables, policy->nr_tunables, values,
			    policy->check_tunables);
}

static int set_tunables_locked(struct sched_pool *pool, const s64 *values, s_time_t now)
{
	const struct sched_policy *policy = pool->p.policy;
	int rc = sched_check_tunables(policy, values);

	if (rc)
		return rc;
	sched_lock_pool(pool);
	memcpy(pool->p.tunable, values, policy->nr_tunables * sizeof(*values));
	sched_adopt_tunables(pool);
	policy->tuned(&pool->p, now);
	sched_unlock_pool(pool);
	return 0;
}

int sched_tunables_set(struct sched_pool *pool, const s64 *values, s_time_t now)
{
	int rc;

	spin_lock(&pool->sys->config);
	rc = set_tunables_locked(pool, values, now);
	spin_unlock(&pool->sys->config);
	return rc;
}

int sched_tunable_set(struct sched_pool *pool, const char *name, s64 value, s_time_t now)
{
	const struct sched_policy *policy;
	s64 values[POLICY_MAX_TUNABLES];
	int rc = -ENOENT;
	u32 i;

	spin_lock(&pool->sys->config);
	policy = pool->p.policy;
	if (sched_tunable_find(policy->tunables, policy->nr_tunables, name, &i)) {
		memcpy(values, pool->p.tunable, sizeof(values));
		values[i] = value;
		rc = set_tunables_locked(pool, values, now);
	}
	spin_unlock(&pool->sys->config);
	return rc;
}

int sched_domain_params_set(struct sched_domain *d, const s64 *values, s_time_t now)
{
	struct sched_system *sys = d->sys;
	const struct sched_policy *policy;
	int rc;

	spin_lock(&sys->config);
	policy = d->pool->p.policy;
	rc = check_values(policy->domain_params, policy->nr_domain_params, values,
			  policy->check_domain_params);
	if (!rc) {
		sched_lock_pool(d->pool);
		memcpy(d->p.param, values, policy->nr_domain_params * sizeof(*values));
		policy->domain_tuned(&d->pool->p, &d->p, now);
		sched_unlock_pool(d->pool);
	}
	spin_unlock(&sys->config);
	return rc;
}

int sched_domain_param_set(struct sched_domain *d, const char *name, s64 value, s_time_t now)
{
	const struct sched_policy *policy = d->pool->p.policy;
	s64 values[POLICY_MAX_PARAMS];
	u32 i;

	if (!sched_tunable_find(policy->domain_params, policy->nr_domain_params, name, &i))
		return -ENOENT;
	memcpy(values, d->p.param, sizeof(values));
	values[i] = value;
	return sched_domain_params_set(d, values, now);
}

int sched_vcpu_params_set(struct sched_vcpu *sv, const s64 *values, s_time_t now)
{
	struct sched_system *sys = sv->domain->sys;
	const struct sched_policy *policy;
	struct sched_pool *pool;
	int rc;

	spin_lock(&sys->config);
	pool = sv->domain->pool;
	policy = pool->p.policy;
	rc = check_values(policy->vcpu_params, policy->nr_vcpu_params, values,
			  policy->check_vcpu_params);
	if (!rc) {
		sched_lock_pool(pool);
		memcpy(sv->p.param, values, policy->nr_vcpu_params * sizeof(*values));
		policy->vcpu_tuned(&pool->p, &sv->p, now);
		sched_unlock_pool(pool);
	}
	spin_unlock(&sys->config);
	return rc;
}

int sched_vcpu_param_set(struct sched_vcpu *sv, const char *name, s64 value, s_time_t now)
{
	const struct sched_policy *policy = sv->domain->pool->p.policy;
	s64 values[POLICY_MAX_PARAMS];
	u32 i;

	if (!sched_tunable_find(policy->vcpu_params, policy->nr_vcpu_params, name, &i))
		return -ENOENT;
	memcpy(values, sv->p.param, sizeof(values));
	values[i] = value;
	return sched_vcpu_params_set(sv, values, now);
}

size_t sched_tunables_text(const struct sched_pool *pool, char *buf, size_t size)
{
	const struct sched_policy *policy = pool->p.policy;
	size_t n = 0;

	if (size)
		buf[0] = '\0';
	for (u32 i = 0; i < policy->nr_tunables; i++)
		n += fmt_scnprintf(buf + n, size - n, "%s%s=%ld", i ? " " : "",
				   policy->tunables[i].name, (long)pool->p.tunable[i]);
	return n;
}
