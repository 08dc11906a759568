/* SPDX-License-Identifier: MIT */
/*
 * Xen's scheduler parameter structures (<xen/domctl.h>, <xen/sysctl.h>), as
 * `xl sched-credit` and its sisters send them, translated to tunables and
 * parameters by name.  One table row per field; policies never see the
 * structures.  "Keep" is the value that means "leave this one as it is".
 */
#include "lib/errno.h"
#include "lib/types.h"

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "sched/engine/engine.h"
#include "sched/engine/xen-params.h"

struct field {
	u32 xen_id;
	const char *name;
	u16 offset, bytes; /* in the union of the structure */
	bool has_keep;
	s64 keep;
};

#define FIELD_OF(id, type, member, tunable, ...)                                \
	{ id, tunable, offsetof(type, member), sizeof(((type *)0)->member), __VA_ARGS__ }

static const struct field domain_fields[] = {
	FIELD_OF(XEN_SCHEDULER_CREDIT, struct xen_domctl_sched_credit, weight, "weight", true, 0),
	FIELD_OF(XEN_SCHEDULER_CREDIT, struct xen_domctl_sched_credit, cap, "cap", true, 0xffff),
	FIELD_OF(XEN_SCHEDULER_CREDIT2, struct xen_domctl_sched_credit2, weight, "weight", true, 0),
	FIELD_OF(XEN_SCHEDULER_CREDIT2, struct xen_domctl_sched_credit2, cap, "cap", true, 0xffff),
};

/* RTDS has its parameters per vCPU; in microseconds on both sides. */
static const struct field vcpu_fields[] = {
	FIELD_OF(XEN_SCHEDULER_RTDS, struct xen_domctl_sched_rtds, period, "period_us", false, 0),
	FIELD_OF(XEN_SCHEDULER_RTDS, struct xen_domctl_sched_rtds, budget, "budget_us", false, 0),
	FIELD_OF(XEN_SCHEDULER_RTDS, struct xen_domctl_sched_rtds, flags, "extratime", false, 0),
};

static const struct field sysctl_fields[] = {
	FIELD_OF(XEN_SCHEDULER_CREDIT, struct xen_sysctl_credit_schedule, tslice_ms, "tslice_ms",
		 false, 0),
	FIELD_OF(XEN_SCHEDULER_CREDIT, struct xen_sysctl_credit_schedule, ratelimit_us,
		 "ratelimit_us", false, 0),
	FIELD_OF(XEN_SCHEDULER_CREDIT, struct xen_sysctl_credit_schedule, vcpu_migr_delay_us,
		 "vcpu_migr_delay_us", false, 0),
	FIELD_OF(XEN_SCHEDULER_CREDIT2, struct xen_sysctl_credit2_schedule, ratelimit_us,
		 "ratelimit_us", false, 0),
};

static s64 read_field(const struct field *f, const void *from)
{
	u64 v = 0;

	memcpy(&v, (const u8 *)from + f->offset, f->bytes); /* little endian, unsigned */
	return v;
}

static void write_field(const struct field *f, void *to, s64 value)
{
	memcpy((u8 *)to + f->offset, &value, f->bytes);
}

/* From structure to values (@in) or back, for all rows of @xen_id that the policy knows. */
static void translate(const struct field *f, u32 nr, u32 xen_id, const struct policy_tunable *t,
		      u32 nr_t, s64 *values, void *object, bool in)
{
	for (u32 i = 0; i < nr; i++) {
		s64 v;
		u32 at;

		if (f[i].xen_id != xen_id || !sched_tunable_find(t, nr_t, f[i].name, &at))
			continue;
		if (!in) {
			write_field(&f[i], object, values[at]);
			continue;
		}
		v = read_field(&f[i], object);
		if (!f[i].has_keep || v != f[i].keep)
			values[at] = v;
	}
}

/* The tools know no -ERANGE here. */
static int as_xen(int rc)
{
	return rc == -ERANGE ? -EINVAL : rc;
}

static int domain_params(struct sched_domain *d, struct xen_domctl_scheduler_op *op, s_time_t now)
{
	const struct sched_policy *policy = d->pool->p.policy;
	s64 values[POLICY_MAX_PARAMS];
	int rc = 0;

	memcpy(values, d->p.param, sizeof(values));
	if (op->cmd == XEN_DOMCTL_SCHEDOP_putinfo) {
		translate(domain_fields, ARRAY_SIZE(domain_fields), op->sched_id,
			  policy->domain_params, policy->nr_domain_params, values, &op->u, true);
		if (policy->nr_domain_params)
			rc = as_xen(sched_domain_params_set(d, values, now));
	} else {
		translate(domain_fields, ARRAY_SIZE(domain_fields), op->sched_id,
			  policy->domain_params, policy->nr_domain_params, values, &op->u, false);
	}
	return rc;
}

int sched_xen_vcpu_params(struct sched_vcpu *sv, struct xen_domctl_schedparam_vcpu *p, bool set,
			  s_time_t now)
{
	const struct sched_policy *policy = sv->domain->pool->p.policy;
	s64 values[POLICY_MAX_PARAMS];

	if (!policy->nr_vcpu_params)
		return -EINVAL;
	memcpy(values, sv->p.param, sizeof(values));
	translate(vcpu_fields, ARRAY_SIZE(vcpu_fields), policy->xen_id, policy->vcpu_params,
		  policy->nr_vcpu_params, values, &p->u, set);
	return set ? as_xen(sched_vcpu_params_set(sv, values, now)) : 0;
}

/* Domain-wide commands of a policy with parameters per vCPU: set all, or show the initial ones. */
static int all_vcpus(struct sched_domain *d, struct sched_vcpu **vcpus, u32 nr,
		     struct xen_domctl_scheduler_op *op, s_time_t now)
{
	const struct sched_policy *policy = d->pool->p.policy;
	struct xen_domctl_schedparam_vcpu one = { 0 };
	s64 values[POLICY_MAX_PARAMS];
	int rc = 0;

	if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
		sched_initial_params(values, policy->vcpu_params, policy->nr_vcpu_params);
		translate(vcpu_fields, ARRAY_SIZE(vcpu_fields), op->sched_id, policy->vcpu_params,
			  policy->nr_vcpu_params, values, &op->u, false);
		return 0;
	}
	memcpy(&one.u, &op->u, sizeof(one.u));
	for (u32 i = 0; i < nr && !rc; i++)
		rc = sched_xen_vcpu_params(vcpus[i], &one, true, now);
	return rc;
}

int sched_xen_domain_op(struct sched_domain *d, struct sched_vcpu **vcpus, u32 nr,
			struct xen_domctl_scheduler_op *op, s_time_t now)
{
	const struct sched_policy *policy = d->pool->p.policy;

	if (op->sched_id != policy->xen_id)
		return -EINVAL;
	if (op->cmd != XEN_DOMCTL_SCHEDOP_putinfo && op->cmd != XEN_DOMCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (policy->nr_vcpu_params)
		return all_vcpus(d, vcpus, nr, op, now);
	return domain_params(d, op, now);
}

int sched_xen_pool_op(struct sched_pool *pool, struct xen_sysctl_scheduler_op *op, s_time_t now)
{
	const struct sched_policy *policy = pool->p.policy;
	s64 values[POLICY_MAX_TUNABLES];
	int rc = 0;

	if (op->cmd != XEN_SYSCTL_SCHEDOP_putinfo && op->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (op->sched_id != policy->xen_id)
		return -EINVAL;
	memcpy(values, pool->p.tunable, sizeof(values));
	if (op->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
		translate(sysctl_fields, ARRAY_SIZE(sysctl_fields), op->sched_id,
			  policy->tunables, policy->nr_tunables, values, &op->u, true);
		rc = as_xen(sched_tunables_set(pool, values, now));
	}
	if (!rc)
		translate(sysctl_fields, ARRAY_SIZE(sysctl_fields), op->sched_id,
			  policy->tunables, policy->nr_tunables, values, &op->u, false);
	return rc;
}
