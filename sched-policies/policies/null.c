/* SPDX-License-Identifier: MIT */
/*
 * null: every vCPU has a pCPU of its own and keeps it; there is nothing to
 * decide.  The baseline for the cost of a decision, and the template for a new
 * policy.  State per pCPU: each pCPU knows its one vCPU and those that wait to
 * get it; a pCPU whose owner leaves goes to the first that waits there.
 * Page: null.md.
 */
#include "sched-policies/api/policy_env.h"

struct null_pcpu {
	struct policy_vcpu *owner; /* the only one ever picked here; may be asleep */
	struct list ready;         /* null_vcpu.link of ready vCPUs placed here, owner included */
};

struct null_vcpu {
	struct list link;
};

static struct null_pcpu *null_pcpu(const struct policy_pcpu *pc)
{
	return POLICY_DATA(struct null_pcpu, pc);
}

static struct null_vcpu *null_vcpu(const struct policy_vcpu *v)
{
	return POLICY_DATA(struct null_vcpu, v);
}

static void null_pcpu_add(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	list_init(&null_pcpu(pc)->ready);
}

/* A pCPU nobody owns, the one it is on first.  A hint: other pCPUs' data is not ours to trust. */
static struct policy_pcpu *find_free(struct policy_instance *pi, const struct policy_vcpu *v)
{
	struct policy_pcpu *pc;

	if (!null_pcpu(v->pcpu)->owner && policy_may_run(v, v->pcpu))
		return v->pcpu;
	policy_for_each_pcpu(pc, pi)
		if (policy_may_run(v, pc) && policy_prefers(v, pc) &&
		    !READ_ONCE(null_pcpu(pc)->owner))
			return pc;
	policy_for_each_pcpu(pc, pi)
		if (policy_may_run(v, pc) && !READ_ONCE(null_pcpu(pc)->owner))
			return pc;
	return NULL;
}

static struct policy_pcpu *null_place(struct policy_instance *pi, struct policy_vcpu *v,
				      enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc;

	if (likely(null_pcpu(v->pcpu)->owner == v && policy_may_run(v, v->pcpu)))
		return v->pcpu;
	pc = find_free(pi, v);
	return pc ? pc : policy_default_place(pi, v, why, now);
}

static void null_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			 enum policy_enqueue why, s_time_t now)
{
	struct null_pcpu *np = null_pcpu(v->pcpu);

	list_add_tail(&np->ready, &null_vcpu(v)->link);
	if (!np->owner)
		np->owner = v;
	if (np->owner == v)
		policy_kick(v->pcpu);
}

static void null_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&null_vcpu(v)->link);
}

/* @v does not own @pc any more: whoever waits there longest does, or who is stolen. */
static void disown(struct policy_pcpu *pc, const struct policy_vcpu *v)
{
	struct null_pcpu *np = null_pcpu(pc);
	struct null_vcpu *nv;

	if (np->owner != v)
		return;
	np->owner = NULL;
	list_for_each_entry(nv, &np->ready, link)
		if (POLICY_OWNER(nv, vcpu) != v) {
			np->owner = POLICY_OWNER(nv, vcpu);
			break;
		}
	policy_kick(pc);
}

static struct policy_decision null_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					s_time_t now)
{
	struct policy_vcpu *v = null_pcpu(pc)->owner;

	if (!v || v->state != VCPU_READY)
		return (struct policy_decision){ NULL, 0 };
	list_del(&null_vcpu(v)->link);
	return (struct policy_decision){ v, SLICE_NONE };
}

static void null_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		     enum policy_put why, s_time_t now)
{
	if (why == PUT_MOVING)
		disown(pc, v);
	else if (why != PUT_ASLEEP)
		list_add_tail(&null_pcpu(pc)->ready, &null_vcpu(v)->link);
}

static void null_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		disown(pc, v);
}

/* A running one is put first; the others are told of here only. */
static void null_affinity_changed(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	if (v->state != VCPU_RUNNING && !policy_may_run(v, v->pcpu))
		disown(v->pcpu, v);
}

/* A pCPU without owner takes one that waits in vain elsewhere. */
static struct policy_vcpu *null_steal(struct policy_instance *pi, struct policy_pcpu *from,
				      struct policy_pcpu *to, s_time_t now)
{
	struct null_vcpu *nv;

	if (null_pcpu(to)->owner)
		return NULL;
	list_for_each_entry(nv, &null_pcpu(from)->ready, link) {
		struct policy_vcpu *v = POLICY_OWNER(nv, vcpu);

		if (v != null_pcpu(from)->owner && policy_may_run(v, to)) {
			list_del(&nv->link);
			null_pcpu(to)->owner = v;
			return v;
		}
	}
	return NULL;
}

static void null_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi) {
		const struct policy_vcpu *v = null_pcpu(pc)->owner;

		if (v)
			out->line(out, "pCPU %u belongs to d%uv%u", pc->id, v->domain->id, v->id);
	}
}

SCHED_POLICY(null) {
	.version = SCHED_POLICY_VERSION,
	.name = "null",
	.title = "one vCPU per pCPU",
	.xen_id = POLICY_XEN_NULL,
	.scope = POLICY_STATE_PER_PCPU,
	.promises = POLICY_MAY_STARVE | POLICY_PARTITIONS,
	.pcpu_bytes = sizeof(struct null_pcpu),
	.vcpu_bytes = sizeof(struct null_vcpu),
	.pcpu_add = null_pcpu_add,
	.vcpu_remove = null_vcpu_remove,
	.place = null_place,
	.enqueue = null_enqueue,
	.dequeue = null_dequeue,
	.pick = null_pick,
	.put = null_put,
	.steal = null_steal,
	.affinity_changed = null_affinity_changed,
	.dump = null_dump,
};
