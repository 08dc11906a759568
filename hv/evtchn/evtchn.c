/* SPDX-License-Identifier: MIT */
/*
 * Sending events: the path from "something happened" to the bits a guest sees
 * and to the vCPU that must notice.  Called by hypercalls, interrupt handlers,
 * timers and any subsystem with a VIRQ to raise, in any context.  Takes the
 * lock of one channel, and of the target's FIFO queues, with interrupts off.
 * Creating and closing ports: bind.c, port-ops.c.
 */
#include "evtchn/evtchn.h"

#include "evtchn/channel.h"
#include "evtchn/fifo.h"
#include "evtchn/ops.h"
#include "evtchn/two-level.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "trace/trace.h"

int evtchn_domain_init(struct domain *d, u32 max_port)
{
	u32 max_ports = MIN(max_port, EVTCHN_FIFO_NR_CHANNELS - 1) + 1;
	struct evtchn_state *st = xzalloc(sizeof(*st));

	if (!st)
		return -ENOMEM;
	spin_lock_init(&st->lock);
	st->max_ports = max_ports;
	st->bucket = xzalloc(DIV_ROUND_UP(max_ports, BUCKET_PORTS) * sizeof(*st->bucket));
	d->evtchn = st;
	if (!st->bucket || port_first(d)) {
		evtchn_domain_free(d);
		return -ENOMEM;
	}
	return 0;
}

void evtchn_domain_free(struct domain *d)
{
	struct evtchn_state *st = d->evtchn;

	if (!st)
		return;
	for (u32 port = 0; port < st->valid_ports; port += BUCKET_PORTS)
		xfree(st->bucket[port >> BUCKET_SHIFT]);
	xfree(st->bucket);
	xfree(st->pirq_port);
	xfree(st);
	d->evtchn = NULL;
}

/* --- the vCPU's side ------------------------------------------------------- */

bool vcpu_events_pending(const struct vcpu *v)
{
	return READ_ONCE(v->info->evtchn_upcall_pending) && !READ_ONCE(v->info->evtchn_upcall_mask);
}

void vcpu_wake_for_event(struct vcpu *v)
{
	if (unlikely(READ_ONCE(v->polling)))
		evtchn_poll_end(v);
	vcpu_kick(v);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	mark_events_pending(v);
}

void evtchn_poll_begin(struct vcpu *v, u32 port)
{
	v->poll_port = port;
	__atomic_fetch_add(&v->domain->evtchn->pollers, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->polling, true, __ATOMIC_SEQ_CST);
}

bool evtchn_poll_end(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->polling, false, __ATOMIC_SEQ_CST))
		return false;
	__atomic_fetch_sub(&v->domain->evtchn->pollers, 1, __ATOMIC_SEQ_CST);
	return true;
}

static __attribute__((noinline, cold)) void wake_pollers(struct domain *d, u32 port)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		u32 wanted = READ_ONCE(v->poll_port);

		if (READ_ONCE(v->polling) && (!wanted || wanted == port) && evtchn_poll_end(v))
			vcpu_unblock(v);
	}
}

/* --- raising --------------------------------------------------------------- */

static void two_level_raise_port(struct domain *d, const struct evtchn *ch)
{
	struct vcpu *v = d->vcpu[READ_ONCE(ch->vcpu)];
	struct shared_info *si = d->shared_info;

	if (unlikely(!v)) { /* raised by the builder before the domain has a vCPU */
		bitmap_atomic_set(si->evtchn_pending, ch->port);
		return;
	}
	if (two_level_raise(si->evtchn_pending, si->evtchn_mask, &v->info->evtchn_pending_sel,
			    ch->port))
		mark_events_pending(v);
}

static __attribute__((noinline)) void raise_other(struct domain *d, struct evtchn *ch)
{
	if (d->evtchn->fifo)
		fifo_raise(d, ch);
	else
		two_level_raise_port(d, ch);
}

static inline __attribute__((always_inline)) void raise(struct domain *d, struct evtchn *ch)
{
	if (unlikely(!fifo_raise_fast(ch)))
		raise_other(d, ch);
	if (unlikely(READ_ONCE(d->evtchn->pollers)))
		wake_pollers(d, ch->port);
}

void channel_raise(struct domain *d, struct evtchn *ch)
{
	raise(d, ch);
}

/* @pre ch->lock held, interrupts off. */
static inline __attribute__((always_inline)) int send_locked(struct domain *d, struct evtchn *ch)
{
	struct evtchn *to = ch;

	if (ch->state == CH_INTERDOMAIN) {
		d = ch->peer_domain;
		to = ch->peer;
	} else if (unlikely(ch->state != CH_IPI)) {
		/* Unbound: nobody is there yet, and connecting will raise one. */
		return ch->state == CH_UNBOUND ? 0 : -EINVAL;
	}
	trace_evtchn_send(ch->port, to->vcpu, d->id, to->port);
	raise(d, to);
	return 0;
}

int evtchn_send(struct domain *d, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;
	int rc;

	if (!ch)
		return -EINVAL;
	flags = spin_lock_irqsave(&ch->lock);
	rc = send_locked(d, ch);
	spin_unlock_irqrestore(&ch->lock, flags);
	return rc;
}

int evtchn_send_irqs_on(struct domain *d, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	int rc;

	if (unlikely(!ch))
		return -EINVAL;
	irq_disable();
	spin_lock(&ch->lock);
	rc = send_locked(d, ch);
	spin_unlock(&ch->lock);
	irq_enable();
	return rc;
}

/* --- VIRQs and PIRQs ------------------------------------------------------- */

/* VIRQ @virq of @d goes to @port, or used to when the caller looked. */
static void raise_virq(struct domain *d, u32 virq, u32 port)
{
	struct evtchn *ch = port_to_channel(d, port);
	unsigned long flags;

	if (!port || !ch)
		return;
	flags = spin_lock_irqsave(&ch->lock);
	if (ch->state == CH_VIRQ && ch->virq == virq)
		channel_raise(d, ch);
	spin_unlock_irqrestore(&ch->lock, flags);
}

void send_vcpu_virq(struct vcpu *v, u32 virq)
{
	u32 port = READ_ONCE(v->virq_port[virq]);

	trace_virq_raise(virq, v->id, v->domain->id, port);
	raise_virq(v->domain, virq, port);
}

/* Whatever vCPU a global VIRQ was moved to, its port is noted on vCPU 0. */
void send_domain_virq(struct domain *d, u32 virq)
{
	struct vcpu *v = domain_vcpu(d, 0);

	if (v)
		send_vcpu_virq(v, virq);
}

static spinlock_t handler_lock = SPINLOCK_INIT;
static struct domain *virq_handler[NR_VIRQS]; /* NULL: Dom0; holds a reference */

void send_global_virq(u32 virq)
{
	unsigned long flags;

	if (likely(!READ_ONCE(virq_handler[virq]))) {
		if (dom0)
			send_domain_virq(dom0, virq);
		return;
	}
	flags = spin_lock_irqsave(&handler_lock);
	if (virq_handler[virq])
		send_domain_virq(virq_handler[virq], virq);
	spin_unlock_irqrestore(&handler_lock, flags);
}

static struct domain *replace_handler(u32 virq, struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&handler_lock);
	struct domain *old = virq_handler[virq];

	virq_handler[virq] = d;
	spin_unlock_irqrestore(&handler_lock, flags);
	return old;
}

/* Is it @d that handles @virq?  Then nobody does any more, and its reference is the caller's. */
static bool take_handler_from(const struct domain *d, u32 virq)
{
	unsigned long flags = spin_lock_irqsave(&handler_lock);
	bool was = virq_handler[virq] == d;

	if (was)
		virq_handler[virq] = NULL;
	spin_unlock_irqrestore(&handler_lock, flags);
	return was;
}

int set_global_virq_handler(struct domain *d, u32 virq)
{
	struct domain *old;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	old = replace_handler(virq, d == dom0 ? NULL : domain_get(d->id));
	if (old)
		domain_put(old);
	/* Its death may have looked for them before. */
	if (READ_ONCE(d->state) >= DOM_DYING)
		clear_global_virq_handlers(d);
	return 0;
}

void clear_global_virq_handlers(struct domain *d)
{
	for (u32 virq = 0; virq < NR_VIRQS; virq++)
		if (READ_ONCE(virq_handler[virq]) == d && take_handler_from(d, virq))
			domain_put(d);
}

int evtchn_send_pirq(struct domain *d, unsigned pirq)
{
	const struct evtchn_state *st = d->evtchn;
	const u32 *table = READ_ONCE(st->pirq_port);
	struct evtchn *ch = NULL;
	unsigned long flags;
	u32 port = 0;
	int rc = -ENOENT;

	if (table && pirq < st->nr_pirqs)
		port = READ_ONCE(table[pirq]);
	if (port)
		ch = port_to_channel(d, port);
	trace_pirq_raise(pirq, ch ? ch->vcpu : 0, d->id, port);
	if (!ch)
		return -ENOENT;
	flags = spin_lock_irqsave(&ch->lock);
	if (ch->state == CH_PIRQ && ch->pirq == pirq) {
		channel_raise(d, ch);
		rc = 0;
	}
	spin_unlock_irqrestore(&ch->lock, flags);
	return rc;
}

/* --- the FIFO ABI's set-up, with the locks it needs ------------------------- */

int evtchn_init_control(struct domain *d, u64 gfn, u32 offset, u32 vcpu)
{
	struct vcpu *v = domain_vcpu(d, vcpu);
	int rc;

	if (!v)
		return -ENOENT;
	spin_lock(&d->evtchn->lock);
	rc = fifo_init_control(d, v, gfn, offset);
	spin_unlock(&d->evtchn->lock);
	return rc;
}

int evtchn_expand_array(struct domain *d, u64 gfn)
{
	int rc;

	spin_lock(&d->evtchn->lock);
	rc = fifo_expand_array(d, gfn);
	spin_unlock(&d->evtchn->lock);
	return rc;
}
