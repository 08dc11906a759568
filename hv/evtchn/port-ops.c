/* SPDX-License-Identifier: MIT */
/*
 * What can be done to a port that exists: close it, ask what it is, move it to
 * another vCPU, unmask it, give it a priority.  Called by hypercalls/evtchn.c
 * with unchecked arguments; error codes are Xen 4.17's.  Also the end of all
 * ports at once, for EVTCHNOP_reset and for a domain's death.  Locks: channel.h.
 */
#include "evtchn/channel.h"
#include "evtchn/fifo-queue.h"
#include "evtchn/fifo.h"
#include "evtchn/ops.h"
#include "evtchn/two-level.h"
#include "lib/errno.h"
#include "x86/pirq.h"
#include "x86/preempt.h"

/* The other end goes back to waiting for a connection from @d. @pre evtchn_pair_lock. */
static void disconnect(struct domain *d, struct evtchn *ch)
{
	struct evtchn *peer = ch->peer;
	unsigned long flags = spin_lock_irqsave(&ch->lock);

	spin_lock(&peer->lock);
	peer->peer = NULL;
	peer->peer_domain = NULL;
	peer->remote = d->id;
	peer->state = CH_UNBOUND;
	ch->state = CH_RESERVED; /* until port_free() */
	spin_unlock(&peer->lock);
	spin_unlock_irqrestore(&ch->lock, flags);
}

static void forget_virq(struct domain *d, const struct evtchn *ch)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i)
		if (v->virq_port[ch->virq] == ch->port)
			WRITE_ONCE(v->virq_port[ch->virq], 0);
}

/* @pre evtchn_pair_lock and d->evtchn->lock held. */
static int close_locked(struct domain *d, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;

	if (!ch || ch->state == CH_FREE || ch->state == CH_RESERVED)
		return -EINVAL;
	switch (ch->state) {
	case CH_INTERDOMAIN:
		disconnect(d, ch);
		break;
	case CH_PIRQ:
		pirq_guest_unbind(d, ch->pirq);
		WRITE_ONCE(d->evtchn->pirq_port[ch->pirq], 0);
		break;
	case CH_VIRQ:
		forget_virq(d, ch);
		break;
	}
	flags = spin_lock_irqsave(&ch->lock);
	port_free(d, ch);
	spin_unlock_irqrestore(&ch->lock, flags);
	return 0;
}

int evtchn_close(struct domain *d, u32 port)
{
	int rc;

	spin_lock(&evtchn_pair_lock);
	spin_lock(&d->evtchn->lock);
	rc = close_locked(d, port);
	spin_unlock(&d->evtchn->lock);
	spin_unlock(&evtchn_pair_lock);
	return rc;
}

#define PORTS_BETWEEN_LOOKS 256 /* at whether to stop */

/* Stopped and issued again it looks at all ports anew: meanwhile there may be others. */
int evtchn_close_all(struct domain *d)
{
	unsigned closed = 0;
	int rc = 0;

	spin_lock(&evtchn_pair_lock);
	spin_lock(&d->evtchn->lock);
	for (u32 port = 1; port < d->evtchn->valid_ports && !rc; port++)
		if (!close_locked(d, port) && ++closed % PORTS_BETWEEN_LOOKS == 0 && preempt_needed())
			rc = -ERESTART;
	if (!rc)
		fifo_destroy(d);
	spin_unlock(&d->evtchn->lock);
	spin_unlock(&evtchn_pair_lock);
	return rc;
}

static void describe(const struct evtchn *ch, struct evtchn_status *status)
{
	status->vcpu = ch->vcpu;
	switch (ch->state) {
	case CH_UNBOUND:
		status->status = EVTCHNSTAT_unbound;
		status->u.unbound.dom = ch->remote;
		break;
	case CH_INTERDOMAIN:
		status->status = EVTCHNSTAT_interdomain;
		status->u.interdomain.dom = ch->peer_domain->id;
		status->u.interdomain.port = ch->peer->port;
		break;
	case CH_PIRQ:
		status->status = EVTCHNSTAT_pirq;
		status->u.pirq = ch->pirq;
		break;
	case CH_VIRQ:
		status->status = EVTCHNSTAT_virq;
		status->u.virq = ch->virq;
		break;
	case CH_IPI:
		status->status = EVTCHNSTAT_ipi;
		break;
	default:
		status->status = EVTCHNSTAT_closed;
	}
}

int evtchn_get_status(struct domain *d, struct evtchn_status *status)
{
	struct evtchn *ch = port_to_channel(d, status->port);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&ch->lock);
	describe(ch, status);
	spin_unlock_irqrestore(&ch->lock, flags);
	return 0;
}

/* @pre d->evtchn->lock and ch->lock held. */
static int retarget(struct domain *d, struct evtchn *ch, const struct vcpu *v)
{
	switch (ch->state) {
	case CH_VIRQ:
		if (!virq_is_global(ch->virq))
			return -EINVAL;
		break;
	case CH_PIRQ:
		if (ch->vcpu != v->id)
			pirq_set_affinity(d, ch->pirq, v->cpu);
		break;
	case CH_UNBOUND:
	case CH_INTERDOMAIN:
		break;
	default:
		return -EINVAL;
	}
	__atomic_store_n(&ch->vcpu, v->id, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ch->queues, NULL, __ATOMIC_SEQ_CST); /* in this order: fifo.c */
	return 0;
}

int evtchn_bind_vcpu(struct domain *d, u32 port, u32 vcpu)
{
	struct vcpu *v = domain_vcpu(d, vcpu);
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;
	int rc;

	if (!v)
		return -ENOENT;
	if (!ch)
		return -EINVAL;
	spin_lock(&d->evtchn->lock);
	flags = spin_lock_irqsave(&ch->lock);
	rc = retarget(d, ch, v);
	spin_unlock_irqrestore(&ch->lock, flags);
	spin_unlock(&d->evtchn->lock);
	return rc;
}

/* This ABI has no state of ours: only the bits in the shared page. */
static void two_level_unmask_port(struct domain *d, const struct evtchn *ch)
{
	struct vcpu *v = d->vcpu[ch->vcpu];
	struct shared_info *si = d->shared_info;

	if (two_level_unmask(si->evtchn_pending, si->evtchn_mask, &v->info->evtchn_pending_sel,
			     ch->port))
		mark_events_pending(v);
}

int evtchn_unmask(struct domain *d, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&ch->lock);
	if (ch->state != CH_FREE && ch->state != CH_RESERVED) {
		if (d->evtchn->fifo)
			fifo_unmask(d, ch);
		else
			two_level_unmask_port(d, ch);
	}
	spin_unlock_irqrestore(&ch->lock, flags);
	return 0;
}

int evtchn_set_priority(struct domain *d, u32 port, u32 priority)
{
	struct evtchn *ch = port_to_channel(d, port);

	if (!ch)
		return -EINVAL;
	if (!d->evtchn->fifo)
		return -ENOSYS;
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	WRITE_ONCE(ch->priority, priority); /* from the next time it is raised */
	return 0;
}

/* For a bound @ch; its word belongs to the guest, so this is what the guest claims. */
static bool bound_port_pending(struct domain *d, const struct evtchn *ch)
{
	const u32 *word;

	if (!d->evtchn->fifo)
		return bitmap_test(d->shared_info->evtchn_pending, ch->port);
	word = fifo_word(d->evtchn->fifo, ch->port);
	return word && READ_ONCE(*word) & FIFO_PENDING;
}

int evtchn_poll_port(struct domain *d, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;
	int rc = 0;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&ch->lock);
	if (ch->state != CH_FREE && ch->state != CH_RESERVED)
		rc = bound_port_pending(d, ch);
	spin_unlock_irqrestore(&ch->lock, flags);
	return rc;
}

bool evtchn_port_pending(struct domain *d, u32 port)
{
	return evtchn_poll_port(d, port) > 0;
}
