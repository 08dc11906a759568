/* SPDX-License-Identifier: MIT */
/*
 * The list of policies.  Tables are gathered by the linker, checked once at
 * boot and copied with their gaps filled by defaults, so that no caller ever
 * tests an operation for NULL.  A malformed table is refused with a line that
 * says why; the others work.  Sorted by name: nothing depends on link order.
 * Written at boot only, hence no lock.
 */
#include "lib/errno.h"
#include "lib/printf.h"
#include "sched/engine/engine.h"
#include "sched/engine/seam.h"

static struct sched_policy policies[SCHED_MAX_POLICIES];
static unsigned nr_policies;

/* --- defaults ------------------------------------------------------------- */

static int default_init(struct policy_instance *pi) { return 0; }
static void default_exit(struct policy_instance *pi) { }
static void default_pcpu(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now) { }
static void default_domain(struct policy_instance *pi, struct policy_domain *d, s_time_t now) { }
static void default_vcpu(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now) { }
static void default_instance(struct policy_instance *pi, s_time_t now) { }
/* A ready vCPU may find an idle pCPU among those it may use now. */
static void default_affinity(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct policy_pcpu *pc = v->state == VCPU_READY ? policy_idle_pcpu(pi, v) : NULL;

	if (pc)
		policy_kick(pc);
}

static int default_check(const s64 *value) { return 0; }
static void default_dump(const struct policy_instance *pi, struct policy_printer *out) { }

static struct policy_vcpu *default_steal(struct policy_instance *pi, struct policy_pcpu *from,
					 struct policy_pcpu *to, s_time_t now)
{
	return NULL;
}

static struct policy_decision default_pick_named(struct policy_instance *pi, struct policy_pcpu *pc,
						 struct policy_vcpu *v, s_time_t now)
{
	return (struct policy_decision){ NULL, 0 };
}

static s_time_t default_stolen_slice(struct policy_instance *pi, struct policy_vcpu *v)
{
	return SLICE_NONE;
}

static int default_set_table(struct policy_instance *pi, const struct policy_table_entry *entries,
			     u32 nr, s_time_t cycle, s_time_t now)
{
	return -EOPNOTSUPP;
}

static u32 default_get_table(const struct policy_instance *pi, struct policy_table_entry *entries,
			     u32 most, s_time_t *cycle)
{
	*cycle = 0;
	return 0;
}

#define FILL(p, op, fn)                                                         \
	do {                                                                    \
		if (!(p)->op)                                                   \
			(p)->op = (fn);                                         \
	} while (0)

static void complete(struct sched_policy *p)
{
	FILL(p, title, "");
	FILL(p, xen_id, POLICY_XEN_NONE);
	FILL(p, init, default_init);
	FILL(p, exit, default_exit);
	FILL(p, pcpu_add, default_pcpu);
	FILL(p, pcpu_remove, default_pcpu);
	FILL(p, domain_add, default_domain);
	FILL(p, domain_remove, default_domain);
	FILL(p, vcpu_add, default_vcpu);
	FILL(p, vcpu_remove, default_vcpu);
	FILL(p, place, policy_default_place);
	FILL(p, pick_named, default_pick_named);
	FILL(p, steal, default_steal);
	FILL(p, stolen_slice, default_stolen_slice);
	FILL(p, pcpu_timer, default_pcpu);
	FILL(p, instance_timer, default_instance);
	FILL(p, check_tunables, default_check);
	FILL(p, check_domain_params, default_check);
	FILL(p, check_vcpu_params, default_check);
	FILL(p, tuned, default_instance);
	FILL(p, domain_tuned, default_domain);
	FILL(p, vcpu_tuned, default_vcpu);
	FILL(p, domain_renamed, default_domain);
	FILL(p, affinity_changed, default_affinity);
	FILL(p, set_table, default_set_table);
	FILL(p, get_table, default_get_table);
	FILL(p, dump, default_dump);
}

/* --- checks --------------------------------------------------------------- */

static bool good_name(const char *s, size_t max)
{
	size_t n = 0;

	if (!s)
		return false;
	for (; *s; s++, n++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_'))
			return false;
	return n && n <= max;
}

static bool good_tunables(const struct policy_tunable *t, u32 nr, u32 most)
{
	if (nr > most || (nr && !t))
		return false;
	for (u32 i = 0; i < nr; i++)
		if (!good_name(t[i].name, 31) || t[i].min > t[i].max ||
		    t[i].initial < t[i].min || t[i].initial > t[i].max || !t[i].help)
			return false;
	return true;
}

/* What is wrong with a table, or NULL. */
static const char *fault_of(const struct sched_policy *p)
{
	if (p->version != SCHED_POLICY_VERSION)
		return "written for another version of the interface";
	if (!good_name(p->name, 15))
		return "bad name";
	if (!p->pick || !p->put || !p->enqueue || !p->dequeue)
		return "pick, put, enqueue or dequeue is missing";
	if (p->instance_bytes > POLICY_INSTANCE_BYTES || p->pcpu_bytes > POLICY_PCPU_BYTES ||
	    p->domain_bytes > POLICY_DOMAIN_BYTES || p->vcpu_bytes > POLICY_VCPU_BYTES)
		return "private data is larger than the interface has room for";
	if (!good_tunables(p->tunables, p->nr_tunables, POLICY_MAX_TUNABLES) ||
	    !good_tunables(p->domain_params, p->nr_domain_params, POLICY_MAX_PARAMS) ||
	    !good_tunables(p->vcpu_params, p->nr_vcpu_params, POLICY_MAX_PARAMS))
		return "a tunable's or parameter's row is malformed";
	if (p->nr_counters > POLICY_MAX_COUNTERS)
		return "too many counters";
	if (p->scope == POLICY_STATE_PER_PCPU && p->instance_timer)
		return "an instance timer needs state per pool";
	if (nr_policies == SCHED_MAX_POLICIES)
		return "too many policies";
	if (sched_policy_by_name(p->name))
		return "the name is taken";
	return NULL;
}

int sched_register_policy(const struct sched_policy *policy)
{
	const char *fault = fault_of(policy);
	unsigned at = nr_policies;

	if (fault) {
		seam_log("scheduler policy %s refused: %s", policy->name ? policy->name : "?",
			 fault);
		return -EINVAL;
	}
	for (; at > 0 && strcmp(policies[at - 1].name, policy->name) > 0; at--)
		policies[at] = policies[at - 1];
	policies[at] = *policy;
	complete(&policies[at]);
	nr_policies++;
	return 0;
}

void sched_register_policies(void)
{
	const struct sched_policy *const *p;

	if (nr_policies)
		return;
	for (p = __start_sched_policies; p < __stop_sched_policies; p++)
		sched_register_policy(*p);
}

/* --- look-up --------------------------------------------------------------- */

const struct sched_policy *sched_policy_at(unsigned index)
{
	return index < nr_policies ? &policies[index] : NULL;
}

const struct sched_policy *sched_policy_by_name(const char *name)
{
	for (unsigned i = 0; i < nr_policies; i++)
		if (!strcmp(policies[i].name, name))
			return &policies[i];
	return NULL;
}

const struct sched_policy *sched_policy_by_xen_id(u32 xen_id)
{
	if (xen_id == POLICY_XEN_NULL)
		return sched_policy_by_name("null");
	for (unsigned i = 0; i < nr_policies; i++)
		if (policies[i].xen_id == xen_id)
			return &policies[i];
	return NULL;
}

size_t sched_policy_names(char *buf, size_t size)
{
	size_t n = 0;

	if (size)
		buf[0] = '\0';
	for (unsigned i = 0; i < nr_policies; i++)
		n += fmt_scnprintf(buf + n, size - n, "%s%s", i ? ", " : "", policies[i].name);
	return n;
}
