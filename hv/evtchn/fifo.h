/* SPDX-License-Identifier: MIT */
/*
 * The FIFO event ABI of a domain: its event array (pages the guest gives us,
 * one word per port) and a control block with sixteen queues for each vCPU.
 * Queue logic on plain words is in fifo-queue.h; the common case of raising an
 * event is inline here, since every send goes through it.
 *
 * An event that is still chained on one queue while its vCPU or priority
 * changes stays there; the channel remembers that queue (last_vcpu,
 * last_priority) so that its tail can be forgotten before the event moves on.
 * ch->queues is a shortcut: set while its vCPU's queues exist, last_vcpu is
 * that vCPU, and ch->word exists.
 */
#ifndef ORRERY_EVTCHN_FIFO_H
#define ORRERY_EVTCHN_FIFO_H

#include "evtchn/channel.h"
#include "evtchn/fifo-queue.h"

#define FIFO_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define FIFO_MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

struct evtchn_fifo {
	u32 nr_words;              /* ports whose word exists; grows by pages */
	u32 *page[FIFO_MAX_PAGES]; /* hypervisor mappings of the guest's frames */
};

struct evtchn_fifo_vcpu {
	spinlock_t lock;           /* tails, appending */
	struct vcpu *vcpu;
	struct evtchn_fifo_control_block *control; /* NULL until init_control names it */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];
};

/* Event word of @port, NULL while its page is missing. */
static inline u32 *fifo_word(const struct evtchn_fifo *fifo, u32 port)
{
	if (unlikely(port >= READ_ONCE(fifo->nr_words)))
		return NULL;
	return &fifo->page[port / FIFO_WORDS_PER_PAGE][port % FIFO_WORDS_PER_PAGE];
}

/* Chain @port behind the event @tail of the same domain; see fifo_link_behind(). */
bool fifo_chain(const struct vcpu *v, u32 tail, u32 port);

/*
 * @ch was just marked LINKED: append it to the queue of its priority of @target.  True: tell the
 * vCPU.  @pre the locks of @target and of @old, where it was last queued (often the same).
 */
static inline __attribute__((always_inline)) bool
fifo_enqueue(struct evtchn *ch, struct evtchn_fifo_vcpu *target, struct evtchn_fifo_vcpu *old)
{
	unsigned priority = READ_ONCE(ch->priority), last = ch->last_priority;
	u32 ready = 1U << priority, port = ch->port, tail;

	/* Where it was the tail, nothing may be chained behind it any more. */
	if (old->tail[last] == port)
		old->tail[last] = 0;
	ch->last_priority = priority;
	tail = target->tail[priority];
	target->tail[priority] = port;
	if (unlikely(tail) && fifo_chain(target->vcpu, tail, port))
		return false;
	__atomic_store_n(&target->control->head[priority], port, __ATOMIC_RELEASE);
	return !(__atomic_fetch_or(&target->control->ready, ready, __ATOMIC_SEQ_CST) & ready);
}

/* The common case of raising @ch; false, with nothing done, if it is not. */
static inline __attribute__((always_inline)) bool fifo_raise_fast(struct evtchn *ch)
{
	struct evtchn_fifo_vcpu *queues = READ_ONCE(ch->queues);
	bool notify;

	if (unlikely(!queues))
		return false;
	/* Locked before PENDING is set: whoever sees it set may count on the event being
	 * on a queue. */
	spin_lock(&queues->lock);
	if (unlikely(READ_ONCE(ch->queues) != queues)) {
		spin_unlock(&queues->lock);
		return false;
	}
	notify = fifo_set_pending(ch->word) && fifo_enqueue(ch, queues, queues);
	spin_unlock(&queues->lock);
	if (notify)
		mark_events_pending(queues->vcpu);
	return true;
}

/* Raise @ch of a domain on this ABI. */
void fifo_raise(struct domain *d, struct evtchn *ch);
/* Clear the mask; if the event is pending put it on its queue. @pre ch->lock, interrupts off. */
void fifo_unmask(struct domain *d, struct evtchn *ch);

/* EVTCHNOP_init_control, expand_array: Xen's error codes. @pre d->evtchn->lock held. */
int fifo_init_control(struct domain *d, struct vcpu *v, u64 gfn, u32 offset);
int fifo_expand_array(struct domain *d, u64 gfn);
/* Back to the 2-level ABI. @pre no port of @d is bound; d->evtchn->lock held. */
void fifo_destroy(struct domain *d);

#endif
