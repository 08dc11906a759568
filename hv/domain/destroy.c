/* SPDX-License-Identifier: MIT */
/*
 * The death of a domain (XEN_DOMCTL_destroydomain): everything it shares with
 * others is taken apart, in an order in which each step leaves nothing for the
 * steps before it.  A step may stop half way because something waits for the
 * pCPU; the call is then issued again and goes on at the stage it had reached.
 *
 * From the first moment the state is DOM_DYING, which the makers of new ports,
 * frames, pins and contexts look at under the locks taken here; so what is
 * released stays released.  What other domains hold of it, frames they have
 * mapped and grants they use, keeps the object alive until they let go.
 */
#include "domain/lifecycle.h"
#include "domain/vcpu.h"
#include "evtchn/evtchn.h"
#include "grants/grants.h"
#include "lib/errno.h"
#include "memory/frame-alloc.h"
#include "memory/log-dirty.h"
#include "memory/relinquish.h"
#include "pv/descriptors.h"
#include "pv/mmu.h"
#include "x86/pirq.h"

static void mark_dying(struct domain *d)
{
	unsigned long flags;

	spin_lock(&d->lock);
	flags = spin_lock_irqsave(&d->page_lock);
	if (d->state < DOM_DYING)
		d->state = DOM_DYING;
	spin_unlock_irqrestore(&d->page_lock, flags);
	spin_unlock(&d->lock);
}

/* Stopped for good: this count of the scheduler's pauses is never taken back. */
static int stage_stop(struct domain *d)
{
	mark_dying(d);
	sched_domain_pause(d);
	log_dirty_disable(d);
	domain_watchdogs_kill(d);
	frame_claim_set(d->id, 0);
	return 0;
}

static int stage_events(struct domain *d)
{
	int rc;

	clear_global_virq_handlers(d);
	rc = evtchn_close_all(d);
	if (!rc)
		irq_domain_relinquish(d);
	return rc;
}

static int stage_grants(struct domain *d)
{
	return grants_release_mappings(d);
}

/* What the vCPUs hold of the domain's own frames: roots, descriptor tables, vcpu_info. */
static int stage_vcpus(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		int rc = d->is_pv ? pv_drop_roots(v) : 0;

		if (rc)
			return rc;
		if (d->is_pv) {
			pv_drop_gdt(v);
			pv_drop_ldt(v);
		}
		vcpu_forget_info(v);
	}
	relinquish_begin(d);
	return 0;
}

static int stage_memory(struct domain *d)
{
	return relinquish_memory(d);
}

static int (*const stages[])(struct domain *d) = {
	stage_stop, stage_events, stage_grants, stage_vcpus, stage_memory,
};

static int run_stages(struct domain *d)
{
	while (d->death_stage < ARRAY_SIZE(stages)) {
		int rc = stages[d->death_stage](d);

		if (rc)
			return rc;
		d->death_stage++;
	}
	return 0;
}

int domain_kill(struct domain *d)
{
	bool finished = false;
	int rc;

	if (d == current->domain || d->privileged)
		return -EINVAL;
	/* Two destroyers: the second comes back until the first is done. */
	if (!spin_trylock(&d->death_lock))
		return -ERESTART;
	rc = run_stages(d);
	if (!rc && d->state != DOM_DEAD) {
		d->state = DOM_DEAD;
		finished = true;
	}
	spin_unlock(&d->death_lock);
	if (finished) {
		send_global_virq(VIRQ_DOM_EXC);
		domain_put(d); /* the reference it kept for itself */
	}
	return rc;
}
