/* SPDX-License-Identifier: MIT */
/*
 * arinc653: cyclic frames, isolation before use.  A table says which vCPU a
 * pCPU belongs to at each moment of the major frame; nobody else ever runs
 * then, even if the pCPU idles.  Without an installed table each pCPU is
 * dealt out in frames of one length to the vCPUs whose home it is.  State
 * per pool.  Page: arinc653.md.
 */
#include "sched-policies/api/policy_home.h"

#define MAX_ENTRIES 64 /* as many as Xen's */
#define CYCLE_MAX (INT64_MAX / 2) /* what ends by then is still a time */

struct arinc_pool {
	struct policy_table_entry entry[MAX_ENTRIES]; /* a pCPU's in order of time */
	struct policy_vcpu *vcpu[MAX_ENTRIES];        /* whom they name; NULL: nobody */
	u32 nr;                                       /* 0: no table installed */
	s_time_t cycle, start;
};

struct arinc_pcpu {
	struct policy_home_pcpu home; /* first */
};

struct arinc_vcpu {
	struct policy_home_vcpu home; /* first */
};

enum { FRAME_US };

static const struct policy_tunable arinc_tunables[] = {
	[FRAME_US] = { "frame_us", 100, 1000000, 10000, "frame of each vCPU while there is no table" },
};

#define arinc_pool(pi) POLICY_DATA(struct arinc_pool, pi)

/* What a pCPU is for, and until when. */
struct frame {
	struct policy_vcpu *owner;
	s_time_t end;
};

static struct frame table_frame(const struct arinc_pool *pool, const struct policy_pcpu *pc,
				s_time_t now)
{
	s_time_t begin = now - (now - pool->start) % pool->cycle, end = begin;

	for (u32 i = 0; i < pool->nr; i++) {
		if (pool->entry[i].pcpu != pc->id)
			continue;
		end += pool->entry[i].length;
		if (now < end)
			return (struct frame){ pool->vcpu[i], end };
	}
	return (struct frame){ NULL, begin + pool->cycle };
}

static struct frame dealt_frame(const struct policy_instance *pi, struct policy_pcpu *pc,
				s_time_t now)
{
	s_time_t length = policy_tunable(pi, FRAME_US) * POLICY_NS_PER_US;
	struct policy_home_vcpu *hv;
	u32 at;

	if (!policy_home_pcpu(pc)->count)
		return (struct frame){ NULL, TIME_MAX };
	at = (u64)(now / length) % policy_home_pcpu(pc)->count;
	policy_for_each_homed(hv, pc)
		if (!at--)
			return (struct frame){ POLICY_OWNER(hv, vcpu),
					       now - now % length + length };
	return (struct frame){ NULL, TIME_MAX };
}

static struct frame frame_at(const struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	return arinc_pool(pi)->nr ? table_frame(arinc_pool(pi), pc, now) : dealt_frame(pi, pc, now);
}

/* Is it @v's turn where nobody runs? */
static void arinc_enqueue(struct policy_instance *pi, struct policy_vcpu *v,
			  enum policy_enqueue why, s_time_t now)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		if (!pc->running && frame_at(pi, pc, now).owner == v)
			policy_kick(pc);
}

static void arinc_dequeue(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
}

static struct policy_decision arinc_pick(struct policy_instance *pi, struct policy_pcpu *pc,
					 s_time_t now)
{
	struct frame f = frame_at(pi, pc, now);

	policy_pcpu_timer(pc, f.end);
	if (!f.owner || f.owner->state != VCPU_READY || !policy_may_run(f.owner, pc) ||
	    f.end - now < SLICE_MIN)
		return (struct policy_decision){ NULL, 0 };
	return (struct policy_decision){ f.owner, MIN(f.end - now, SLICE_MAX) };
}

static void arinc_pcpu_timer(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	policy_kick(pc);
}

/* Its next frame may be at once, on another pCPU. */
static void arinc_put(struct policy_instance *pi, struct policy_pcpu *pc, struct policy_vcpu *v,
		      enum policy_put why, s_time_t now)
{
	if ((why == PUT_PREEMPTED || why == PUT_YIELDED) && arinc_pool(pi)->nr)
		arinc_enqueue(pi, v, ENQUEUE_MOVE, now);
}

/* --- coming and going ------------------------------------------------------------- */

static void kick_all(struct policy_instance *pi)
{
	struct policy_pcpu *pc;

	policy_for_each_pcpu(pc, pi)
		policy_kick(pc);
}

static void rehome(struct policy_instance *pi, struct policy_vcpu *v, const struct policy_pcpu *not)
{
	struct policy_pcpu *to = policy_home_best(pi, v, not);

	policy_home_leave(v);
	if (to)
		policy_home_enter(v, to);
	kick_all(pi);
}

/* A pCPU about to leave is forbidden before anybody is told. */
static struct policy_pcpu *arinc_place(struct policy_instance *pi, struct policy_vcpu *v,
				       enum policy_enqueue why, s_time_t now)
{
	if (!policy_may_run(v, policy_home_vcpu(v)->home))
		rehome(pi, v, NULL);
	return policy_home_vcpu(v)->home;
}

static void arinc_pcpu_add(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_vcpu *v;

	list_init(&policy_home_pcpu(pc)->vcpus);
	while ((v = policy_home_surplus(pi, pc))) {
		policy_home_leave(v);
		policy_home_enter(v, pc);
	}
	kick_all(pi);
}

static void arinc_pcpu_remove(struct policy_instance *pi, struct policy_pcpu *pc, s_time_t now)
{
	struct policy_home_vcpu *hv, *next;

	list_for_each_entry_safe(hv, next, &policy_home_pcpu(pc)->vcpus, link)
		rehome(pi, POLICY_OWNER(hv, vcpu), pc);
}

/* @v as entries name it now: those that did no longer do, those of its handle do. */
static void find_entries(struct arinc_pool *pool, struct policy_vcpu *v)
{
	for (u32 i = 0; i < pool->nr; i++) {
		const struct policy_table_entry *e = &pool->entry[i];

		if (pool->vcpu[i] == v)
			pool->vcpu[i] = NULL;
		if (!pool->vcpu[i] && e->vcpu == v->id &&
		    !memcmp(e->handle, v->domain->handle, sizeof(e->handle)))
			pool->vcpu[i] = v;
	}
}

static void arinc_vcpu_add(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	find_entries(arinc_pool(pi), v);
	rehome(pi, v, NULL);
}

static void arinc_domain_renamed(struct policy_instance *pi, struct policy_domain *d, s_time_t now)
{
	struct policy_vcpu *v;

	policy_for_each_vcpu(v, pi)
		if (v->domain == d)
			find_entries(arinc_pool(pi), v);
	kick_all(pi);
}

static void arinc_vcpu_remove(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	struct policy_vcpu *other;

	for (u32 i = 0; i < arinc_pool(pi)->nr; i++)
		if (arinc_pool(pi)->vcpu[i] == v)
			arinc_pool(pi)->vcpu[i] = NULL;
	policy_for_each_vcpu(other, pi) /* of the same handle: the domain migrates within the host */
		if (other != v)
			find_entries(arinc_pool(pi), other);
	policy_home_leave(v);
	kick_all(pi);
}

static void arinc_affinity_changed(struct policy_instance *pi, struct policy_vcpu *v, s_time_t now)
{
	arinc_place(pi, v, ENQUEUE_MOVE, now);
}

static void arinc_tuned(struct policy_instance *pi, s_time_t now)
{
	kick_all(pi);
}

/* Each pCPU's entries, one after the other, must fit the cycle. */
static int check_table(const struct policy_instance *pi, const struct policy_table_entry *entries,
		       u32 nr, s_time_t cycle)
{
	if (nr > MAX_ENTRIES)
		return -ENOSPC;
	if (!nr || cycle > CYCLE_MAX)
		return -EINVAL;
	for (u32 i = 0; i < nr; i++) {
		s_time_t left = cycle; /* at most taken away what is there: no sum to run over */

		if (entries[i].length < SLICE_MIN || entries[i].length > cycle ||
		    !policy_pcpu_by_id(pi, entries[i].pcpu))
			return -EINVAL;
		for (u32 k = 0; k <= i; k++) {
			if (entries[k].pcpu != entries[i].pcpu)
				continue;
			if (entries[k].length > left)
				return -EINVAL;
			left -= entries[k].length;
		}
	}
	return 0;
}

static int arinc_set_table(struct policy_instance *pi, const struct policy_table_entry *entries,
			   u32 nr, s_time_t cycle, s_time_t now)
{
	struct arinc_pool *pool = arinc_pool(pi);
	int rc = check_table(pi, entries, nr, cycle);
	struct policy_vcpu *v;

	if (rc)
		return rc;
	memcpy(pool->entry, entries, nr * sizeof(*entries));
	memset(pool->vcpu, 0, sizeof(pool->vcpu));
	pool->nr = nr;
	pool->cycle = cycle;
	pool->start = now;
	policy_for_each_vcpu(v, pi)
		find_entries(pool, v);
	kick_all(pi);
	return 0;
}

static u32 arinc_get_table(const struct policy_instance *pi, struct policy_table_entry *entries, u32 most,
			   s_time_t *cycle)
{
	const struct arinc_pool *pool = arinc_pool(pi);

	memcpy(entries, pool->entry, MIN(pool->nr, most) * sizeof(*entries));
	*cycle = pool->cycle;
	return pool->nr;
}

static void arinc_dump(const struct policy_instance *pi, struct policy_printer *out)
{
	const struct arinc_pool *pool = arinc_pool(pi);
	const struct policy_vcpu *v;

	for (u32 i = 0; i < pool->nr; i++) {
		v = pool->vcpu[i];
		out->line(out, "pCPU %u, %ld us: d%dv%d", pool->entry[i].pcpu,
			  (long)(pool->entry[i].length / 1000), v ? (int)v->domain->id : -1,
			  v ? v->id : -1);
	}
	policy_for_each_vcpu(v, pi)
		if (policy_home_vcpu(v)->home)
			out->line(out, "d%uv%u: home pCPU %u", v->domain->id, v->id,
				  policy_home_vcpu(v)->home->id);
}

SCHED_POLICY(arinc653) {
	.version = SCHED_POLICY_VERSION,
	.name = "arinc653",
	.title = "cyclic frames",
	.xen_id = POLICY_XEN_ARINC653,
	.scope = POLICY_STATE_PER_POOL,
	.promises = POLICY_MAY_STARVE,
	.instance_bytes = sizeof(struct arinc_pool),
	.pcpu_bytes = sizeof(struct arinc_pcpu),
	.vcpu_bytes = sizeof(struct arinc_vcpu),
	.tunables = arinc_tunables,
	.nr_tunables = ARRAY_SIZE(arinc_tunables),
	.pcpu_add = arinc_pcpu_add,
	.pcpu_remove = arinc_pcpu_remove,
	.vcpu_add = arinc_vcpu_add,
	.vcpu_remove = arinc_vcpu_remove,
	.place = arinc_place,
	.enqueue = arinc_enqueue,
	.dequeue = arinc_dequeue,
	.pick = arinc_pick,
	.put = arinc_put,
	.pcpu_timer = arinc_pcpu_timer,
	.tuned = arinc_tuned,
	.affinity_changed = arinc_affinity_changed,
	.domain_renamed = arinc_domain_renamed,
	.set_table = arinc_set_table,
	.get_table = arinc_get_table,
	.dump = arinc_dump,
};
