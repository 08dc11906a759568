/* SPDX-License-Identifier: MIT */
/*
 * What must hold whenever no event is being handled: states agree with who
 * runs, nothing runs twice or where it may not, counts are right, runstates
 * add up, and a policy that promises it leaves no pCPU idle beside a ready
 * vCPU.  Also the latency bookkeeping.  Quadratic: for tests.
 */
#include <stdlib.h>

#include "lib/printf.h"
#include "sched-policies/simulator/sim.h"

static void fault(struct sim *sim, const char *what, const struct sim_vcpu *v, u32 pcpu)
{
	if (sim->fault[0])
		return;
	fmt_snprintf(sim->fault, sizeof(sim->fault), "%ld ns: %s (d%uv%u, pCPU %u)",
		     (long)sim->now, what, v ? v->s.p.domain->id : 0, v ? v->s.p.id : 0, pcpu);
}

static void check_pcpu(struct sim *sim, struct sim_pcpu *pc)
{
	struct sched_vcpu *sv = pc->s.curr;

	if (sv->is_idle) {
		if (pc->s.p.running)
			fault(sim, "idle pCPU claims to run", NULL, pc->s.p.id);
		return;
	}
	if (sv->p.state != VCPU_RUNNING || sv->p.pcpu != &pc->s.p || pc->s.p.running != &sv->p)
		fault(sim, "current vCPU is not in state running here", to_sim_vcpu(sv),
		      pc->s.p.id);
	if (!policy_may_run(&sv->p, &pc->s.p))
		fault(sim, "runs against its affinity", to_sim_vcpu(sv), pc->s.p.id);
	if (!sched_may_run_now(sv))
		fault(sim, "runs though blocked", to_sim_vcpu(sv), pc->s.p.id);
}

static void check_vcpu(struct sim *sim, struct sim_vcpu *v)
{
	struct sim_pcpu *pc = container_of(v->s.p.pcpu, struct sim_pcpu, s.p);
	struct vcpu_runstate_info info;
	static const int expected[] = {
		[VCPU_READY] = RUNSTATE_runnable, [VCPU_RUNNING] = RUNSTATE_running,
	};

	switch (v->s.p.state) {
	case VCPU_MOVING:
		fault(sim, "left in state moving", v, v->s.p.pcpu->id);
		return;
	case VCPU_ASLEEP:
		if (sched_may_run_now(&v->s))
			fault(sim, "lost: may run but sleeps", v, v->s.p.pcpu->id);
		break;
	case VCPU_RUNNING:
		if (pc->s.curr != &v->s)
			fault(sim, "lost: state running but not current", v, v->s.p.pcpu->id);
		/* fall through */
	case VCPU_READY:
		if (v->s.runstate.state != expected[v->s.p.state])
			fault(sim, "runstate differs from state", v, v->s.p.pcpu->id);
	}
	sched_runstate_get(&v->s, &info, sim->now);
	if (info.time[0] + info.time[1] + info.time[2] + info.time[3] !=
	    (u64)(sim->now - v->created))
		fault(sim, "runstate times do not add up", v, v->s.p.pcpu->id);
}

/* A ready vCPU beside an idle pCPU that could run it? */
static void check_conserving(struct sim *sim, const struct sched_pool *pool, struct sim_vcpu *v)
{
	struct policy_pcpu *pc;

	if (v->s.p.state != VCPU_READY || v->s.p.parked || &pool->p != v->s.p.domain->instance)
		return;
	policy_for_each_pcpu(pc, &pool->p)
		if (!pc->running && policy_may_run(&v->s.p, pc) && !to_sched_pcpu(pc)->draining)
			fault(sim, "ready though a pCPU idles", v, pc->id);
}

static void check_pool(struct sim *sim, struct sched_pool *pool)
{
	struct sim_domain *d;
	struct sim_vcpu *v;
	u32 i, ready = 0;

	sim_for_each_vcpu(sim, d, i, v) {
		if (d->s.pool != pool)
			continue;
		ready += v->s.p.state == VCPU_READY;
		if (pool->p.policy->promises & POLICY_WORK_CONSERVING)
			check_conserving(sim, pool, v);
	}
	if (ready != pool->p.nr_ready)
		fault(sim, "count of ready vCPUs is wrong", NULL, pool->p.nr_ready);
}

void sim_check(struct sim *sim)
{
	struct sched_pool *pool;
	struct sim_domain *d;
	struct sim_vcpu *v;
	u32 i;

	for (i = 0; i < sim->config.pcpus; i++)
		check_pcpu(sim, &sim->pcpus[i]);
	sim_for_each_vcpu(sim, d, i, v)
		check_vcpu(sim, v);
	list_for_each_entry(pool, &sim->sys.pools, node)
		check_pool(sim, pool);
}

/* --- latencies ------------------------------------------------------------------- */

static void keep(struct sim_latency *l, u32 n)
{
	l->sample = realloc(l->sample, n * sizeof(*l->sample));
	l->room = n;
	l->kept = 0;
}

void sim_keep_latencies(struct sim_vcpu *v, u32 n)
{
	keep(&v->wait, n);
	keep(&v->response, n);
}

static int by_value(const void *a, const void *b)
{
	s_time_t x = *(const s_time_t *)a, y = *(const s_time_t *)b;

	return (x > y) - (x < y);
}

s_time_t sim_latency_at(struct sim_vcpu *v, u32 permille)
{
	struct sim_latency *l = &v->wait;

	if (!l->kept)
		return 0;
	qsort(l->sample, l->kept, sizeof(*l->sample), by_value);
	return l->sample[(u64)(l->kept - 1) * permille / 1000];
}
