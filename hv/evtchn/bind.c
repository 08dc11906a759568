/* SPDX-License-Identifier: MIT */
/*
 * Creating and connecting ports: the event_channel_op calls that end with a
 * new port number.  Called by hypercalls/evtchn.c with arguments copied from
 * the guest but not yet checked; error codes are Xen 4.17's.  A port is
 * reserved first, filled in, and published last, so that a sender that finds
 * it at all finds it complete.  Locks: channel.h.
 */
#include "domain/privilege.h"
#include "evtchn/channel.h"
#include "evtchn/ops.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "x86/pirq.h"

spinlock_t evtchn_pair_lock = SPINLOCK_INIT;

/* A port of @d that tells vCPU @vcpu, reserved until port_publish(); NULL with *err.
 * @pre d->evtchn->lock held. */
static struct evtchn *port_open(struct domain *d, unsigned vcpu, int *err)
{
	int port = port_alloc(d);
	struct evtchn *ch;

	*err = MIN(port, 0);
	if (port < 0)
		return NULL;
	ch = port_to_channel(d, port);
	ch->vcpu = vcpu;
	ch->peer = NULL;
	ch->peer_domain = NULL;
	WRITE_ONCE(ch->state, CH_RESERVED);
	return ch;
}

static u32 port_publish(struct evtchn *ch, enum channel_state state)
{
	__atomic_store_n(&ch->state, state, __ATOMIC_RELEASE);
	return ch->port;
}

int evtchn_alloc_unbound(struct domain *d, domid_t remote, u32 *port)
{
	struct evtchn *ch;
	int rc;

	spin_lock(&d->evtchn->lock);
	ch = port_open(d, 0, &rc);
	if (ch) {
		ch->remote = remote;
		*port = port_publish(ch, CH_UNBOUND);
	}
	spin_unlock(&d->evtchn->lock);
	return rc;
}

/* @local is reserved, @remote unbound and offered to us. @pre evtchn_pair_lock held. */
static void connect(struct domain *ld, struct evtchn *local, struct domain *rd,
		    struct evtchn *remote)
{
	unsigned long flags = spin_lock_irqsave(&local->lock);

	spin_lock(&remote->lock);
	local->peer = remote;
	local->peer_domain = rd;
	remote->peer = local;
	remote->peer_domain = ld;
	local->state = remote->state = CH_INTERDOMAIN;
	/* Whatever was sent before the connection got lost: let the guest look once. */
	channel_raise(ld, local);
	spin_unlock(&remote->lock);
	spin_unlock_irqrestore(&local->lock, flags);
}

int evtchn_bind_interdomain(struct domain *ld, struct domain *rd, u32 remote_port, u32 *port)
{
	struct evtchn *local, *remote;
	int rc = -EINVAL;

	spin_lock(&evtchn_pair_lock);
	remote = port_to_channel(rd, remote_port);
	if (remote && remote->state == CH_UNBOUND && remote->remote == ld->id) {
		spin_lock(&ld->evtchn->lock);
		local = port_open(ld, 0, &rc);
		if (local) {
			connect(ld, local, rd, remote);
			*port = local->port;
		}
		spin_unlock(&ld->evtchn->lock);
	}
	spin_unlock(&evtchn_pair_lock);
	return rc;
}

int evtchn_bind_virq(struct domain *d, u32 virq, u32 vcpu, u32 *port)
{
	struct evtchn *ch;
	struct vcpu *v;
	int rc = -EEXIST;

	if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
		return -EINVAL;
	v = domain_vcpu(d, vcpu);
	if (!v)
		return -ENOENT;
	spin_lock(&d->evtchn->lock);
	ch = v->virq_port[virq] ? NULL : port_open(d, vcpu, &rc);
	if (ch) {
		ch->virq = virq;
		*port = port_publish(ch, CH_VIRQ);
		__atomic_store_n(&v->virq_port[virq], ch->port, __ATOMIC_RELEASE);
	}
	spin_unlock(&d->evtchn->lock);
	return rc;
}

int evtchn_bind_ipi(struct domain *d, u32 vcpu, u32 *port)
{
	struct evtchn *ch;
	int rc;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	spin_lock(&d->evtchn->lock);
	ch = port_open(d, vcpu, &rc);
	if (ch)
		*port = port_publish(ch, CH_IPI);
	spin_unlock(&d->evtchn->lock);
	return rc;
}

/* The table of PIRQ ports appears with the first bind. */
static int pirq_table_get(struct domain *d)
{
	struct evtchn_state *st = d->evtchn;
	u32 *table;

	if (st->pirq_port)
		return 0;
	table = xzalloc(pirq_limit(d) * sizeof(*table));
	if (!table)
		return -ENOMEM;
	st->nr_pirqs = pirq_limit(d);
	__atomic_store_n(&st->pirq_port, table, __ATOMIC_RELEASE);
	return 0;
}

static void pirq_bind_undo(struct domain *d, struct evtchn *ch)
{
	unsigned long flags = spin_lock_irqsave(&ch->lock);

	WRITE_ONCE(d->evtchn->pirq_port[ch->pirq], 0);
	port_free(d, ch);
	spin_unlock_irqrestore(&ch->lock, flags);
}

/* @pre d->evtchn->lock held. */
static int bind_pirq_locked(struct domain *d, u32 pirq, bool will_share, u32 *port)
{
	struct evtchn *ch;
	int rc = pirq_table_get(d);

	if (rc)
		return rc;
	if (d->evtchn->pirq_port[pirq])
		return -EEXIST;
	ch = port_open(d, 0, &rc);
	if (!ch)
		return rc;
	ch->pirq = pirq;
	*port = port_publish(ch, CH_PIRQ);
	/* Before the interrupt is let through: the first one must find its port. */
	__atomic_store_n(&d->evtchn->pirq_port[pirq], ch->port, __ATOMIC_RELEASE);
	rc = pirq_guest_bind(d, pirq, will_share);
	if (rc)
		pirq_bind_undo(d, ch);
	return rc;
}

int evtchn_bind_pirq(struct domain *d, u32 pirq, bool will_share, u32 *port)
{
	int rc;

	if (pirq >= pirq_limit(d))
		return -EINVAL;
	if (!pirq_access_permitted(d, pirq))
		return -EPERM;
	spin_lock(&d->evtchn->lock);
	rc = bind_pirq_locked(d, pirq, will_share, port);
	spin_unlock(&d->evtchn->lock);
	return rc;
}
