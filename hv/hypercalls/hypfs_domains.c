/* SPDX-License-Identifier: MIT */
/*
 * hypfs: /domain/ID with the parameters that the domain's scheduler policy
 * gives it, and /domain/ID/vcpu/N with those of a vCPU; /policy/NAME with the
 * rows of all of a policy's settings.  Found anew at each access; values are
 * read under the scheduler's configuration lock.
 */
#include "lib/types.h"

#include "hypercalls/hypfs.h"

#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

/* An entry's id: domain, and vCPU plus one (0: the domain itself). */
#define ID_OF(domid, vcpu) ((u64)(domid) | (u64)((vcpu) + 1) << 16)
#define DOMAIN_OF(id) ((domid_t)(id))
#define VCPU_OF(id) ((u32)((id) >> 16) - 1)
#define WHOLE_DOMAIN (~0U)

/* --- parameters --------------------------------------------------------------------- */

struct params {
	const struct policy_tunable *rows;
	u32 nr;
	const s64 *values;
};

/* @pre the configuration lock, which keeps the policy in place. */
static bool find_params(struct domain *d, u32 vcpu, struct params *p)
{
	const struct sched_policy *policy = d->sched.pool->p.policy;
	struct vcpu *v;

	if (vcpu == WHOLE_DOMAIN) {
		*p = (struct params){ policy->domain_params, policy->nr_domain_params,
				      d->sched.p.param };
		return true;
	}
	v = domain_vcpu(d, vcpu);
	if (v)
		*p = (struct params){ policy->vcpu_params, policy->nr_vcpu_params,
				      v->sched.p.param };
	return v;
}

static int read_param(const struct hypfs_entry *leaf, void *value, size_t size)
{
	struct domain *d = domain_get(DOMAIN_OF(leaf->id));
	struct params p;
	unsigned long flags;
	int rc = -ENOENT;

	if (!d)
		return rc;
	flags = spin_lock_irqsave(&sched_system.config);
	if (find_params(d, VCPU_OF(leaf->id), &p) && leaf->index < p.nr) {
		memcpy(value, &p.values[leaf->index], sizeof(s64));
		rc = sizeof(s64);
	}
	spin_unlock_irqrestore(&sched_system.config, flags);
	domain_put(d);
	return rc;
}

static int write_param(const struct hypfs_entry *leaf, const void *value, size_t len)
{
	struct domain *d = domain_get(DOMAIN_OF(leaf->id));
	u32 vcpu = VCPU_OF(leaf->id);
	unsigned long flags;
	struct vcpu *v;
	s64 number;
	int rc = -ENOENT;

	if (!d)
		return rc;
	memcpy(&number, value, sizeof(number));
	sched_pools_hold();
	flags = irq_save();
	v = vcpu == WHOLE_DOMAIN ? NULL : domain_vcpu(d, vcpu);
	if (v)
		rc = sched_vcpu_param_set(&v->sched, leaf->name, number, now_ns());
	else if (vcpu == WHOLE_DOMAIN)
		rc = sched_domain_param_set(&d->sched, leaf->name, number, now_ns());
	irq_restore(flags);
	sched_pools_release();
	domain_put(d);
	return rc;
}

/* The @index-th parameter of what @dir stands for. */
static bool list_params(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	struct domain *d = domain_get(DOMAIN_OF(dir->id));
	unsigned long flags;
	struct params p;
	bool there;

	if (!d)
		return false;
	flags = spin_lock_irqsave(&sched_system.config);
	there = find_params(d, VCPU_OF(dir->id), &p) && index < p.nr;
	if (there)
		strlcpy(out->name, p.rows[index].name, sizeof(out->name));
	spin_unlock_irqrestore(&sched_system.config, flags);
	domain_put(d);
	out->type = XEN_HYPFS_TYPE_INT;
	out->id = dir->id;
	out->index = index;
	out->max_write = sizeof(s64);
	out->read = read_param;
	out->write = write_param;
	return there;
}

/* --- domains -------------------------------------------------------------------------- */

static bool list_vcpus(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	struct domain *d = domain_get(DOMAIN_OF(dir->id));
	bool there = d && index < d->max_vcpus;

	if (d)
		domain_put(d);
	fmt_snprintf(out->name, sizeof(out->name), "%u", index);
	out->id = ID_OF(DOMAIN_OF(dir->id), index);
	out->index = index;
	out->list = list_params;
	return there;
}

static int read_policy(const struct hypfs_entry *leaf, void *value, size_t size)
{
	struct domain *d = domain_get(DOMAIN_OF(leaf->id));
	unsigned long flags;
	int len;

	if (!d)
		return -ENOENT;
	flags = spin_lock_irqsave(&sched_system.config);
	len = hypfs_put_text(value, size, d->sched.pool->p.policy->name);
	spin_unlock_irqrestore(&sched_system.config, flags);
	domain_put(d);
	return len;
}

/* Its policy, the folder of its vCPUs, its own parameters. */
static bool list_domain(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	static const struct hypfs_entry first[] = {
		{ .name = "policy", .type = XEN_HYPFS_TYPE_STRING, .read = read_policy },
		{ .name = "vcpu", .numbered = true, .list = list_vcpus },
	};

	if (index >= ARRAY_SIZE(first))
		return list_params(dir, index - ARRAY_SIZE(first), out);
	*out = first[index];
	out->id = dir->id;
	return true;
}

bool hypfs_list_domains(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	struct domain *d = domain_get_from(index);

	if (!d)
		return false;
	out->id = ID_OF(d->id, WHOLE_DOMAIN);
	out->index = d->id;
	out->list = list_domain;
	fmt_snprintf(out->name, sizeof(out->name), "%u", d->id);
	domain_put(d);
	return true;
}

/* --- policies --------------------------------------------------------------------------- */

static size_t put_rows(char *buf, size_t size, const char *kind, const struct policy_tunable *t,
		       u32 nr)
{
	size_t n = 0;

	for (u32 i = 0; i < nr; i++)
		n += fmt_scnprintf(buf + n, size - n, "%s %s %ld %ld %ld %s\n", kind, t[i].name,
				   (long)t[i].min, (long)t[i].max, (long)t[i].initial, t[i].help);
	return n;
}

/* The title, then a line for each setting: kind, name, least, greatest, initial value, help. */
static int read_rows(const struct hypfs_entry *leaf, void *value, size_t size)
{
	const struct sched_policy *p = sched_policy_at(leaf->index);
	size_t n = fmt_scnprintf(value, size, "%s\n", p->title);

	n += put_rows((char *)value + n, size - n, "tunable", p->tunables, p->nr_tunables);
	n += put_rows((char *)value + n, size - n, "domain", p->domain_params,
		      p->nr_domain_params);
	n += put_rows((char *)value + n, size - n, "vcpu", p->vcpu_params, p->nr_vcpu_params);
	return n + 1;
}

bool hypfs_list_policies(const struct hypfs_entry *dir, u32 index, struct hypfs_entry *out)
{
	const struct sched_policy *p = sched_policy_at(index);

	if (!p)
		return false;
	strlcpy(out->name, p->name, sizeof(out->name));
	out->type = XEN_HYPFS_TYPE_STRING;
	out->index = index;
	out->read = read_rows;
	return true;
}
