/* SPDX-License-Identifier: MIT */
/*
 * Affinity as the tools set it, and the hardware domain's own pinning of a vCPU
 * for a moment (SCHEDOP_pin_override).  While that lasts nobody else changes the
 * affinity, so what it was before is what comes back.
 */
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "sched/sched.h"

/* Pinnings of all vCPUs, and that none begins or ends while an affinity is set.  Interrupts off. */
static spinlock_t pinning_lock = SPINLOCK_INIT;

static int set_affinity(struct vcpu *v, const struct pcpu_mask *hard, const struct pcpu_mask *soft)
{
	return sched_set_affinity(&v->sched, hard, soft, now_ns());
}

static void get_affinity(struct vcpu *v, struct pcpu_mask *hard, struct pcpu_mask *soft,
			 bool effective)
{
	unsigned long flags = irq_save();
	struct sched_pcpu *pc = sched_lock_vcpu(&v->sched);

	*hard = effective ? v->sched.p.hard : v->sched.wanted_hard;
	*soft = effective ? v->sched.p.soft : v->sched.wanted_soft;
	spin_unlock(pc->lock);
	irq_restore(flags);
}

void vcpu_get_affinity(struct vcpu *v, struct pcpu_mask *hard, struct pcpu_mask *soft)
{
	get_affinity(v, hard, soft, false);
}

void vcpu_get_effective_affinity(struct vcpu *v, struct pcpu_mask *hard, struct pcpu_mask *soft)
{
	get_affinity(v, hard, soft, true);
}

int vcpu_set_affinity(struct vcpu *v, const struct pcpu_mask *hard, const struct pcpu_mask *soft)
{
	unsigned long flags = spin_lock_irqsave(&pinning_lock);
	int rc = v->pinned ? -EBUSY : set_affinity(v, hard, soft);

	spin_unlock_irqrestore(&pinning_lock, flags);
	return rc;
}

int vcpu_pin(struct vcpu *v, unsigned cpu)
{
	struct pcpu_mask hard, soft, one = { 0 };
	unsigned long flags;
	int rc = -EBUSY;

	if (cpu >= pcpu_count)
		return -EINVAL;
	bitmap_set(one.bits, cpu);
	flags = spin_lock_irqsave(&pinning_lock);
	if (!v->pinned) {
		vcpu_get_affinity(v, &hard, &soft);
		rc = set_affinity(v, &one, NULL);
	}
	if (!rc) {
		v->pinned_from = hard;
		v->pinned = true;
	}
	spin_unlock_irqrestore(&pinning_lock, flags);
	return rc;
}

/* What was before, or any pCPU if all of those have left the pool since: one always stays. */
static void restore(struct vcpu *v)
{
	struct pcpu_mask all;

	if (!set_affinity(v, &v->pinned_from, NULL))
		return;
	sched_mask_all(&all);
	set_affinity(v, &all, NULL);
}

int vcpu_unpin(struct vcpu *v)
{
	unsigned long flags = spin_lock_irqsave(&pinning_lock);
	bool pinned = v->pinned;

	v->pinned = false;
	if (pinned)
		restore(v);
	spin_unlock_irqrestore(&pinning_lock, flags);
	return pinned ? 0 : -EINVAL;
}
