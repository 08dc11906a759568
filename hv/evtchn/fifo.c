/* SPDX-License-Identifier: MIT */
/*
 * FIFO event ABI: raising an event on its vCPU's queue, and the hypercalls that
 * hand us the shared pages.  Every frame the guest names is kept by a reference
 * and a writable type reference, so it can neither be freed nor become a page
 * table under our writes.
 *
 * An event that is still chained on one queue while its vCPU or priority
 * changes stays there; the channel remembers that queue (last_vcpu,
 * last_priority) so that its tail can be forgotten before the event moves on.
 */
#include "evtchn/fifo.h"

#include "console/console.h"
#include "domain/guest-frame.h"
#include "evtchn/fifo-queue.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/heap.h"

/* Lock the queues @ch was last on (*old) and shall go on next (result; NULL: its vCPU
 * has no control block). Locks are left held for fifo_unlock(). */
static struct evtchn_fifo_vcpu *fifo_lock(struct domain *d, struct evtchn *ch, unsigned to,
					  struct evtchn_fifo_vcpu **old)
{
	struct evtchn_fifo_vcpu *target = d->vcpu[to]->fifo;

	for (;;) {
		unsigned from = READ_ONCE(ch->last_vcpu);

		*old = d->vcpu[from]->fifo;
		if (unlikely(from != to && *old && from < to))
			spin_lock(&(*old)->lock);
		if (likely(target))
			spin_lock(&target->lock);
		if (unlikely(from != to && *old && from > to))
			spin_lock(&(*old)->lock);
		if (likely(from == READ_ONCE(ch->last_vcpu)))
			return target;
		if (*old && *old != target)
			spin_unlock(&(*old)->lock);
		if (target)
			spin_unlock(&target->lock);
	}
}

static void fifo_unlock(struct evtchn_fifo_vcpu *target, struct evtchn_fifo_vcpu *old)
{
	if (unlikely(old && old != target))
		spin_unlock(&old->lock);
	if (likely(target))
		spin_unlock(&target->lock);
}

/* @ch was just marked LINKED: put it behind the tail of its new queue. True: tell the vCPU. */
static bool fifo_enqueue(struct domain *d, struct evtchn *ch, unsigned to,
			 struct evtchn_fifo_vcpu *target, struct evtchn_fifo_vcpu *old)
{
	unsigned priority = READ_ONCE(ch->priority);
	u32 ready = 1U << priority, *tail = &target->tail[priority];

	/* Where it was the tail, nothing may be chained behind it any more. */
	if (old && old->tail[ch->last_priority] == ch->port)
		old->tail[ch->last_priority] = 0;
	ch->last_vcpu = to;
	ch->last_priority = priority;
	if (!fifo_append(&target->control->head[priority], tail,
			 *tail ? fifo_word(d->evtchn->fifo, *tail) : NULL, ch->port))
		return false;
	return !(__atomic_fetch_or(&target->control->ready, ready, __ATOMIC_SEQ_CST) & ready);
}

bool fifo_raise(struct domain *d, struct evtchn *ch)
{
	u32 *word = fifo_word(d->evtchn->fifo, ch->port);
	unsigned to = READ_ONCE(ch->vcpu);
	struct evtchn_fifo_vcpu *target, *old;
	bool was_pending, notify = false;

	if (unlikely(!word)) {
		__atomic_store_n(&ch->early, true, __ATOMIC_SEQ_CST);
		word = fifo_word(d->evtchn->fifo, ch->port);
		if (!word || !__atomic_exchange_n(&ch->early, false, __ATOMIC_SEQ_CST))
			return false;
	}
	/* Locked before PENDING is set: whoever sees it set may count on the event being
	 * on a queue. */
	target = fifo_lock(d, ch, to, &old);
	if (unlikely(!target || !target->control)) {
		fifo_unlock(target, old);
		guest_log(d, "event port %u: vCPU %u has no FIFO control block, event lost",
			  ch->port, to);
		return false;
	}
	if (fifo_set_pending(word, &was_pending))
		notify = fifo_enqueue(d, ch, to, target, old);
	fifo_unlock(target, old);
	if (notify)
		vcpu_mark_events_pending(d->vcpu[to]);
	return !was_pending;
}

void fifo_unmask(struct domain *d, struct evtchn *ch)
{
	u32 *word = fifo_word(d->evtchn->fifo, ch->port);

	if (!word)
		return;
	if (__atomic_fetch_and(word, ~FIFO_MASKED, __ATOMIC_SEQ_CST) & FIFO_PENDING)
		fifo_raise(d, ch);
}

static int fifo_vcpu_alloc(struct vcpu *v)
{
	if (!v->fifo)
		v->fifo = xzalloc(sizeof(*v->fifo));
	return v->fifo ? 0 : -ENOMEM;
}

static int fifo_map_control(struct vcpu *v, u64 gfn, u32 offset)
{
	void *page;

	if (fifo_vcpu_alloc(v))
		return -ENOMEM;
	if (v->fifo->control)
		return -EINVAL;
	page = guest_frame_map(v->domain, gfn);
	if (!page)
		return -EINVAL;
	__atomic_store_n(&v->fifo->control, (void *)((u8 *)page + offset), __ATOMIC_RELEASE);
	return 0;
}

/* Events pending under the 2-level ABI go over to the FIFO when their words appear. */
static void fifo_take_over_ports(struct domain *d)
{
	const struct evtchn_state *st = d->evtchn;

	for (u32 port = 1; port < st->valid_ports; port++) {
		struct evtchn *ch = port_to_channel(d, port);

		ch->early = port < EVTCHN_2L_NR_CHANNELS &&
			    bitmap_test(d->shared_info->evtchn_pending, port);
		ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	}
}

static int fifo_first_init(struct domain *d, struct vcpu *v, u64 gfn, u32 offset)
{
	struct evtchn_fifo *fifo = xzalloc(sizeof(*fifo));
	struct vcpu *other;
	unsigned i;
	int rc = fifo ? 0 : -ENOMEM;

	for_each_vcpu(d, other, i)
		rc = rc ? rc : fifo_vcpu_alloc(other);
	if (!rc)
		rc = fifo_map_control(v, gfn, offset);
	if (rc) {
		for_each_vcpu(d, other, i) {
			xfree(other->fifo);
			other->fifo = NULL;
		}
		xfree(fifo);
		return rc;
	}
	fifo_take_over_ports(d);
	__atomic_store_n(&d->evtchn->fifo, fifo, __ATOMIC_RELEASE);
	return 0;
}

int fifo_init_control(struct domain *d, struct vcpu *v, u64 gfn, u32 offset)
{
	if (offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || offset & 7)
		return -EINVAL;
	if (!d->evtchn->fifo)
		return fifo_first_init(d, v, gfn, offset);
	return fifo_map_control(v, gfn, offset);
}

int fifo_expand_array(struct domain *d, u64 gfn)
{
	struct evtchn_fifo *fifo = d->evtchn->fifo;
	u32 first;

	if (!fifo)
		return -EOPNOTSUPP;
	first = fifo->nr_words;
	if (first >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	fifo->page[first / FIFO_WORDS_PER_PAGE] = guest_frame_map(d, gfn);
	if (!fifo->page[first / FIFO_WORDS_PER_PAGE])
		return -EINVAL;
	__atomic_store_n(&fifo->nr_words, first + FIFO_WORDS_PER_PAGE, __ATOMIC_SEQ_CST);

	for (u32 port = first; port < first + FIFO_WORDS_PER_PAGE; port++) {
		struct evtchn *ch = port_to_channel(d, port);
		unsigned long flags;

		if (!ch)
			break;
		flags = irq_save();
		if (__atomic_exchange_n(&ch->early, false, __ATOMIC_SEQ_CST) &&
		    ch->state != CH_FREE)
			fifo_raise(d, ch);
		irq_restore(flags);
	}
	return 0;
}

void fifo_destroy(struct domain *d)
{
	struct evtchn_fifo *fifo = d->evtchn->fifo;
	struct vcpu *v;
	unsigned i;

	if (!fifo)
		return;
	__atomic_store_n(&d->evtchn->fifo, NULL, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v, i) {
		if (v->fifo && v->fifo->control)
			guest_frame_unmap(v->fifo->control);
		xfree(v->fifo);
		v->fifo = NULL;
	}
	for (i = 0; i < fifo->nr_words / FIFO_WORDS_PER_PAGE; i++)
		guest_frame_unmap(fifo->page[i]);
	xfree(fifo);
}
