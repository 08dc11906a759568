/* SPDX-License-Identifier: MIT */
/*
 * The built-in round robin that takes over from an ejected policy: one queue
 * for the pool, 10 ms a turn, no tunables.  Complete by itself, so that it
 * needs no registration, and too simple to fail.  It may be put vCPUs that it
 * never picked (they ran when it took over).
 */
#include "lib/errno.h"
#include "sched/engine/engine.h"

#define FALLBACK_SLICE (10 * POLICY_NS_PER_MS)

struct fallback_pool {
	struct list queue;
};

struct fallback_vcpu {
	struct list link; /* on the queue while ready */
};

static struct fallback_pool *queue_of(struct policy_instance *pi)
{
	struct fallback_pool *fp = POLICY_DATA(struct fallback_pool, pi);

	if (!fp->queue.next)
		list_init(&fp->queue);
	return fp;
}

static void fallback_append(struct policy_instance *pi, struct policy_vcpu *v)
{
	list_add_tail(&queue_of(pi)->queue, &POLICY_DATA(struct fallback_vcpu, v)->link);
}

static void fallback_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			     enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc = policy_idle_pcpu(pi, v);

	fallback_append(pi, v);
	if (pc)
		policy_kick(pc);
}

static void fallback_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	list_del(&POLICY_DATA(struct fallback_vcpu, v)->link);
}

static struct policy_decision fallback_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					    s_time_t now)
{
	struct fallback_vcpu *fv;

	list_for_each_entry(fv, &queue_of(pi)->queue, link) {
		struct policy_vcpu *v = POLICY_OWNER(fv, vcpu);

		if (policy_may_run(v, pc)) {
			list_del(&fv->link);
			return (struct policy_decision){ v, FALLBACK_SLICE };
		}
	}
	return (struct policy_decision){ NULL, 0 };
}

static void fallback_put(struct policy_instance *pi, struct policy_pcpu *pc,
			 struct policy_vcpu *v, enum policy_put why, s_time_t now)
{
	if (why == PUT_PREEMPTED || why == PUT_YIELDED)
		fallback_append(pi, v);
}

static int no_init(struct policy_instance *pi) { return 0; }
static void no_exit(struct policy_instance *pi) { }
static void no_pcpu(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now) { }
static void no_domain(struct policy_instance *pi, struct policy_domain *d, s_time_t now) { }
static void no_vcpu(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now) { }
static void no_instance(struct policy_instance *pi, s_time_t now) { }
static int no_check(const s64 *value) { return 0; }
static void no_dump(const struct policy_instance *pi, struct policy_printer *out) { }

static int no_table(struct policy_instance *pi, const struct policy_table_entry *entries,
		    u32 nr, s_time_t cycle, s_time_t now)
{
	return -EOPNOTSUPP;
}

static struct policy_decision no_named(struct policy_instance *pi, struct policy_pcpu *pc,
				       struct policy_vcpu *v, s_time_t now)
{
	return (struct policy_decision){ NULL, 0 };
}

static u32 no_table_to_show(const struct policy_instance *pi, struct policy_table_entry *entries, u32 most,
			    s_time_t *cycle)
{
	*cycle = 0;
	return 0;
}

const struct sched_policy sched_fallback = {
	.version = SCHED_POLICY_VERSION,
	.name = "fallback",
	.title = "built-in round robin",
	.xen_id = POLICY_XEN_NONE,
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_WORK_CONSERVING,
	.instance_bytes = sizeof(struct fallback_pool),
	.vcpu_bytes = sizeof(struct fallback_vcpu),
	.init = no_init,
	.exit = no_exit,
	.pcpu_add = no_pcpu,
	.pcpu_remove = no_pcpu,
	.domain_add = no_domain,
	.domain_remove = no_domain,
	.vcpu_add = no_vcpu,
	.vcpu_remove = no_vcpu,
	.place = policy_default_place,
	.enqueue = fallback_enqueue,
	.dequeue = fallback_dequeue,
	.pick = fallback_pick,
	.pick_named = no_named,
	.put = fallback_put,
	.pcpu_timer = no_pcpu,
	.instance_timer = no_instance,
	.check_tunables = no_check,
	.check_domain_params = no_check,
	.check_vcpu_params = no_check,
	.tuned = no_instance,
	.domain_tuned = no_domain,
	.vcpu_tuned = no_vcpu,
	.domain_renamed = no_domain,
	.affinity_changed = no_vcpu,
	.set_table = no_table,
	.get_table = no_table_to_show,
	.dump = no_dump,
};
