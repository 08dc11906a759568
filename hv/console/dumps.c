/* SPDX-License-Identifier: MIT */
/*
 * Debug keys that show the machine's state: memory, domains and their vCPUs,
 * event channels and grants, scheduling pools.  Reads without locks but for the lists it walks, so a dump
 * of a busy machine is a series of snapshots, each line right by itself.
 */
#include "console/console.h"
#include "console/internal.h"
#include "console/keys.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "grants/grants.h"
#include "lib/printf.h"
#include "memory/frame-alloc.h"
#include "memory/heap.h"
#include "x86/power.h"

/* Next domain in order of id, with a reference. */
static struct domain *domain_after(s32 id)
{
	unsigned long flags = spin_lock_irqsave(&domain_list_lock);
	struct domain *d, *found = NULL;

	list_for_each_entry(d, &domain_list, all)
		if ((s32)d->id > id) {
			found = d;
			break;
		}
	id = found ? found->id : DOMID_INVALID;
	spin_unlock_irqrestore(&domain_list_lock, flags);
	return found ? domain_get(id) : NULL;
}

static void for_each_domain(void (*dump)(struct domain *d))
{
	struct domain *d;

	for (s32 id = -1; (d = domain_after(id));) {
		id = d->id;
		dump(d);
		domain_put(d);
	}
}

static void dump_vcpu(struct vcpu *v)
{
	static const char *const names[] = { "running", "runnable", "blocked", "offline" };
	struct vcpu_runstate_info run;

	vcpu_runstate_get(v, &run);
	log_info("  vCPU %u: pCPU %u, %s%s since %lu, ran %lu ns, upcall %s%s, poll %u", v->id, v->cpu,
		 run.state >= 0 && run.state < 4 ? names[run.state] : "?",
		 vcpu_is_up(v) ? "" : " (down)", run.state_entry_time, run.time[RUNSTATE_running],
		 v->info->evtchn_upcall_pending ? "pending" : "idle",
		 v->info->evtchn_upcall_mask ? " (masked)" : "", v->poll_port);
}

static void dump_domain(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	log_info(" domain %u: %u references, %lu of %lu pages, %lu pages of ours, paused %u%s%s", d->id,
		 d->refcount, d->tot_pages, d->max_pages, d->hv_pages, d->pause_count,
		 d->shut_down ? ", shut down" : "", d->state >= DOM_DYING ? ", dying" : "");
	for_each_vcpu(d, v, i)
		dump_vcpu(v);
}

static void dump_domains(void)
{
	log_info("domains at %lu ns", (unsigned long)now_ns());
	for_each_domain(dump_domain);
}

static void dump_events(void)
{
	for_each_domain(evtchn_dump);
}

static void dump_grants(void)
{
	for_each_domain(grants_dump);
}

static void dump_memory(void)
{
	struct frame_stats stats;
	struct heap_stats heap;

	frame_alloc_stats(&stats);
	log_info("memory: frame policy %s, %lu of %lu frames free, %lu claimed", frame_policy_name(),
		 frame_free_count(), frame_total_count(), frame_claim_total());
	heap_get_stats(&heap);
	log_info("heap: policy %s, %lu pages, %lu bytes in %lu pieces", heap_policy_name(), heap.pages, heap.used,
		 heap.objects);
	for (int order = 0; order <= stats.largest_order; order++)
		if (stats.free_blocks[order])
			log_info(" order %2d: %lu free blocks", order, stats.free_blocks[order]);
}

/* "d0v1", or "idle". */
static const char *sched_vcpu_text(const struct sched_vcpu *sv, char *buf, size_t size)
{
	if (!sv || sv->is_idle)
		return "idle";
	fmt_snprintf(buf, size, "d%uv%u", sv->p.domain->id, sv->p.id);
	return buf;
}

static void dump_pool(const struct sched_pool *pool)
{
	static const char *const states[] = { "asleep", "ready", "running", "moving" };
	const struct policy_vcpu *v;
	char name[24];

	log_info(" pool %u: %s, %u pCPUs, %u domains, %u vCPUs of which %u ready%s", pool->id,
		 pool->p.policy->name, pool->p.nr_pcpus, pool->nr_domains, pool->p.nr_vcpus,
		 pool->p.nr_ready, pool->ejection.policy ? ", policy ejected" : "");
	list_for_each_entry(v, &pool->p.vcpus, node)
		log_info("  %s: %s, pCPU %u", sched_vcpu_text(to_sched_vcpu(v), name, sizeof(name)),
			 v->state < ARRAY_SIZE(states) ? states[v->state] : "?", v->pcpu->id);
}

static void dump_scheduling(void)
{
	unsigned long flags = spin_lock_irqsave(&sched_system.config);
	const struct sched_pool *pool;
	char name[24];

	list_for_each_entry(pool, &sched_system.pools, node)
		dump_pool(pool);
	for (u32 i = 0; i < sched_system.nr_pcpus; i++) {
		const struct sched_pcpu *pc = sched_system.pcpu[i];

		if (pc)
			log_info("  pCPU %u: %s, %lu switches, %lu decisions", i,
				 sched_vcpu_text(pc->curr, name, sizeof(name)), pc->switches,
				 pc->decisions);
	}
	spin_unlock_irqrestore(&sched_system.config, flags);
}

void debug_dumps_init(void)
{
	debug_key_register('e', "event channels", dump_events);
	debug_key_register('g', "grants", dump_grants);
	debug_key_register('m', "memory", dump_memory);
	debug_key_register('q', "domains and vCPUs", dump_domains);
	debug_key_register('r', "scheduling pools and run queues", dump_scheduling);
	debug_key_register('R', "restart the machine", machine_restart);
}
