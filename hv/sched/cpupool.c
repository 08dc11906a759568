/* SPDX-License-Identifier: MIT */
/*
 * cpupool_op's work: pools made, filled, emptied and destroyed by the control
 * tools while everything runs.  Where something must first leave a pCPU the
 * answer is -ERESTART_CONTINUE: the hypercall is made again once the caller has
 * been through the scheduler, and finds it done.
 */
#include "boot/options.h"
#include "console/console.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "sched/cpupool.h"
#include "sched/machine.h"
#include "x86/cpu.h"
#include "x86/softirq.h"

/* See sched.h.  Outside of the locks of domains and of the engine. */
static spinlock_t pools_held = SPINLOCK_INIT;

void sched_pools_hold(void)
{
	spin_lock(&pools_held);
}

void sched_pools_release(void)
{
	spin_unlock(&pools_held);
}

static u32 lowest_free_id(void)
{
	u32 id = 0;

	while (sched_pool_by_id(&sched_system, id))
		id++;
	return id;
}

static int create(u32 *pool_id, const struct sched_policy *policy)
{
	if (!policy)
		return -EINVAL;
	if (*pool_id == SCHED_POOL_NONE)
		*pool_id = lowest_free_id();
	else if (*pool_id >= SCHED_MAX_POOL_ID)
		return -EINVAL;
	return machine_pool_create(*pool_id, policy);
}

int sched_cpupool_create(u32 *pool_id, u32 xen_id)
{
	int rc;

	sched_pools_hold();
	rc = create(pool_id, xen_id ? sched_policy_by_xen_id(xen_id) :
		    sched_pool_by_id(&sched_system, 0)->p.policy);
	sched_pools_release();
	return rc;
}

static int set_policy(u32 pool_id, const char *name)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	const struct sched_policy *policy = sched_policy_by_name(name);
	s64 tunables[POLICY_MAX_TUNABLES];
	unsigned long flags;
	int rc;

	if (!pool)
		return -ENOENT;
	if (!policy)
		return -EINVAL;
	sched_tunables_from_line(boot_cmdline(), policy, tunables);
	flags = irq_save();
	rc = sched_pool_choose_policy(pool, policy, tunables, now_ns());
	irq_restore(flags);
	if (!rc)
		log_info("scheduler of pool %u: %s (%s)", pool_id, policy->name, policy->title);
	return rc;
}

int sched_cpupool_set_policy(u32 pool_id, const char *name)
{
	int rc;

	sched_pools_hold();
	rc = set_policy(pool_id, name);
	sched_pools_release();
	return rc;
}

static int destroy(u32 pool_id)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	struct machine_pool *mp;
	unsigned long flags;
	int rc;

	if (!pool)
		return -ENOENT;
	if (!pool_id)
		return -EPERM;
	flags = irq_save();
	rc = sched_pool_destroy(pool);
	irq_restore(flags);
	if (rc)
		return rc;
	mp = container_of(pool, struct machine_pool, s);
	machine_pool_timers_kill(mp);
	xfree(mp);
	return 0;
}

int sched_cpupool_destroy(u32 pool_id)
{
	int rc;

	sched_pools_hold();
	rc = destroy(pool_id);
	sched_pools_release();
	return rc;
}

static struct sched_pcpu *pcpu_of(unsigned cpu)
{
	return cpu < pcpu_count && pcpus[cpu]->online ? pcpus[cpu]->sched : NULL;
}

void sched_free_pcpus(struct pcpu_mask *mask)
{
	unsigned cpu;

	memset(mask, 0, sizeof(*mask));
	for (cpu = 0; cpu < pcpu_count; cpu++)
		if (pcpu_of(cpu) && !pcpu_of(cpu)->pool)
			bitmap_set(mask->bits, cpu);
}

static int add_pcpu(u32 pool_id, u32 cpu)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	struct pcpu_mask free;
	unsigned long flags;
	int rc;

	if (!pool)
		return -ENOENT;
	sched_free_pcpus(&free);
	if (cpu == SCHED_POOL_NONE)
		cpu = bitmap_first(free.bits, MAX_PCPUS);
	if (cpu >= MAX_PCPUS)
		return -EINVAL;
	if (!bitmap_test(free.bits, cpu))
		return -ENODEV; /* in another pool, or not there: as Xen 4.17 answers */
	flags = irq_save();
	rc = sched_pool_add_pcpu(pool, pcpu_of(cpu), now_ns());
	if (!rc)
		machine_pool_timers_place(container_of(pool, struct machine_pool, s));
	irq_restore(flags);
	return rc;
}

int sched_cpupool_add_pcpu(u32 pool_id, u32 cpu)
{
	int rc;

	sched_pools_hold();
	rc = add_pcpu(pool_id, cpu);
	sched_pools_release();
	return rc;
}

/* The highest pCPU of the pool: the one that came last, usually. */
static u32 last_pcpu(const struct sched_pool *pool)
{
	return list_empty(&pool->p.pcpus) ? MAX_PCPUS :
	       list_entry(pool->p.pcpus.prev, struct policy_pcpu, node)->id;
}

static int remove_pcpu(u32 pool_id, u32 cpu)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	struct sched_pcpu *pc;
	unsigned long flags;
	int rc;

	if (!pool)
		return -ENOENT;
	pc = pcpu_of(cpu == SCHED_POOL_NONE ? last_pcpu(pool) : cpu);
	if (!pc)
		return -EINVAL;
	flags = irq_save();
	rc = sched_pool_remove_pcpu(pool, pc, now_ns());
	if (!rc)
		machine_pool_timers_place(container_of(pool, struct machine_pool, s));
	irq_restore(flags);
	if (rc == -EBUSY && pc->draining) {
		raise_softirq(SOFTIRQ_SCHEDULE);
		return -ERESTART_CONTINUE;
	}
	return rc;
}

int sched_cpupool_remove_pcpu(u32 pool_id, u32 cpu)
{
	int rc;

	sched_pools_hold();
	rc = remove_pcpu(pool_id, cpu);
	sched_pools_release();
	return rc;
}

/* @pre the domain's lock: no vCPU comes meanwhile. */
static int move_domain(struct domain *d, u32 pool_id)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	struct sched_vcpu *vcpus[MAX_VCPUS];
	unsigned long flags;
	struct vcpu *v;
	unsigned i;
	u32 nr = 0;
	int rc;

	for_each_vcpu(d, v, i)
		vcpus[nr++] = &v->sched;
	flags = irq_save();
	rc = sched_domain_move(&d->sched, pool, vcpus, nr, now_ns());
	irq_restore(flags);
	if (!pool)
		return -ENOENT;
	return rc == -EBUSY ? -ERESTART_CONTINUE : rc;
}

int sched_cpupool_move_domain(struct domain *d, u32 pool_id)
{
	int rc;

	if (d == current->domain)
		return -EPERM;
	sched_pools_hold();
	spin_lock(&d->lock);
	rc = move_domain(d, pool_id);
	spin_unlock(&d->lock);
	sched_pools_release();
	return rc;
}

u32 sched_pool_xen_id(u32 pool_id)
{
	unsigned long flags = spin_lock_irqsave(&sched_system.config);
	const struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	u32 id = pool ? pool->p.policy->xen_id : 0;

	spin_unlock_irqrestore(&sched_system.config, flags);
	return id;
}

const char *sched_pool_policy_name(u32 pool_id)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);

	return pool ? pool->p.policy->name : "";
}

u32 sched_domain_pool_id(const struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&sched_system.config);
	u32 id = d->sched.pool ? d->sched.pool->id : SCHED_POOL_NONE;

	spin_unlock_irqrestore(&sched_system.config, flags);
	return id;
}
