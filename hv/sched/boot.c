/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's beginnings: policies, the command line, pool 0, pCPUs as they
 * come up, and the scheduler's part of domains and vCPUs.
 *
 *   sched=NAME, sched.NAME.TUNABLE=VALUE   see engine/select.c
 *   sched_seed=N             seed of the policies' random numbers (default 1)
 *   sched_stall_ms=N         how long a ready vCPU may wait before the policy is
 *                            ejected (default 10000; 0: for ever)
 */
#include "boot/options.h"
#include "console/console.h"
#include "domain/domain.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "sched/cpupool.h"
#include "sched/machine.h"
#include "x86/cpu.h"
#include "x86/softirq.h"

#define DEFAULT_POLICY "credit2" /* as Xen 4.17 */

struct sched_system sched_system;

static unsigned opt_seed = 1, opt_stall_ms = 10000;
CMDLINE_UINT("sched_seed", opt_seed, 0, UINT32_MAX);
CMDLINE_UINT("sched_stall_ms", opt_stall_ms, 0, 3600000);

/* Looked at by select.c, which has the names; here only to make them known. */
static char sched_name[32], tslice_text[16], ratelimit_text[16];
CMDLINE_TEXT("sched", sched_name);
CMDLINE_PREFIX("sched.");
CMDLINE_TEXT("sched_credit_tslice_ms", tslice_text);
CMDLINE_TEXT("sched_ratelimit_us", ratelimit_text);

static void log_pool(const struct sched_pool *pool)
{
	char text[400];

	sched_tunables_text(pool, text, sizeof(text));
	log_info("scheduler of pool %u: %s (%s)%s%s", pool->id, pool->p.policy->name,
		 pool->p.policy->title, text[0] ? ", " : "", text);
}

int machine_pool_create(u32 id, const struct sched_policy *policy)
{
	struct machine_pool *mp = xzalloc(sizeof(*mp));
	s64 tunables[POLICY_MAX_TUNABLES];
	unsigned long flags;
	int rc;

	if (!mp)
		return -ENOMEM;
	sched_tunables_from_line(boot_cmdline(), policy, tunables);
	machine_pool_timers_init(mp);
	flags = irq_save();
	rc = sched_pool_init(&sched_system, &mp->s, id, policy, tunables);
	irq_restore(flags);
	if (rc)
		xfree(mp);
	else
		log_pool(&mp->s);
	return rc;
}

void sched_init(void)
{
	const struct sched_policy *policy;
	int rc;

	sched_system_init(&sched_system, opt_seed);
	sched_system.stall_limit = opt_stall_ms * NS_PER_MS;
	sched_register_policies();
	policy = sched_policy_from_line(boot_cmdline(), DEFAULT_POLICY);
	rc = machine_pool_create(0, policy);
	if (rc == -ENOMEM)
		boot_fail("no memory for the scheduler");
	if (rc) {
		log_err("scheduler %s does not start (error %d); using the built-in round robin",
			policy->name, -rc);
		rc = machine_pool_create(0, &sched_fallback);
	}
	BUG_ON(rc);
	softirq_register(SOFTIRQ_SCHEDULE, schedule);
}

int sched_init_pcpu(unsigned cpu, struct vcpu *idle, bool join)
{
	struct machine_pcpu *mp = xzalloc(sizeof(*mp));
	struct sched_pool *pool;
	unsigned long flags;
	int rc = 0;

	if (!mp)
		return -ENOMEM;
	machine_pcpu_timers_init(mp, cpu);
	flags = irq_save();
	sched_pcpu_init(&sched_system, &mp->s, cpu, 0, &idle->sched, now_ns());
	pcpus[cpu]->sched = &mp->s;
	pool = sched_pool_by_id(&sched_system, 0);
	if (join) {
		rc = sched_pool_add_pcpu(pool, &mp->s, now_ns());
		machine_pool_timers_place(container_of(pool, struct machine_pool, s));
	}
	irq_restore(flags);
	return rc;
}

/* --- domains and vCPUs --------------------------------------------------------- */

static int domain_init(struct domain *d, u32 pool_id)
{
	struct sched_pool *pool = sched_pool_by_id(&sched_system, pool_id);
	unsigned long flags;

	if (!pool)
		return -ESRCH;
	if (!sched_pool_can_run(pool))
		return -EINVAL;
	memcpy(d->sched.p.handle, d->handle, sizeof(d->handle));
	flags = irq_save();
	sched_domain_attach(pool, &d->sched, d->id, now_ns());
	irq_restore(flags);
	return 0;
}

void sched_domain_handle_changed(struct domain *d)
{
	unsigned long flags = irq_save();

	sched_domain_rename(&d->sched, d->handle, now_ns());
	irq_restore(flags);
}

int sched_domain_init(struct domain *d, u32 pool_id)
{
	int rc;

	sched_pools_hold();
	rc = domain_init(d, pool_id);
	sched_pools_release();
	return rc;
}

void sched_domain_destroy(struct domain *d)
{
	unsigned long flags = irq_save();

	sched_domain_detach(&d->sched, now_ns());
	irq_restore(flags);
}

void sched_vcpu_init(struct vcpu *v)
{
	unsigned long flags = irq_save();
	int rc = sched_vcpu_attach(&v->domain->sched, &v->sched, v->id, now_ns());

	irq_restore(flags);
	BUG_ON(rc); /* a pool with domains keeps its last pCPU */
	v->cpu = v->sched.p.pcpu->id;
}

void sched_vcpu_destroy(struct vcpu *v)
{
	unsigned long flags;

	vcpu_down(v);
	vcpu_sleep_sync(v);
	flags = irq_save();
	sched_vcpu_detach(&v->sched, now_ns());
	irq_restore(flags);
}

void sched_idle_vcpu_init(struct vcpu *v, unsigned cpu)
{
	sched_idle_init(&sched_system, &v->sched, cpu, now_ns());
}
