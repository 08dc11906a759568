/* SPDX-License-Identifier: MIT */
/*
 * FIFO event ABI: what is not the common case of raising an event, and the
 * hypercalls that hand us the shared pages.  Every frame the guest names is
 * kept by a reference and a writable type reference, so it can neither be
 * freed nor become a page table under our writes.
 */
#include "evtchn/fifo.h"

#include "console/console.h"
#include "domain/guest-frame.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "memory/log-dirty.h"

/* --- raising -------------------------------------------------------------------- */

bool fifo_chain(const struct vcpu *v, u32 tail, u32 port)
{
	u32 *word = fifo_word(v->domain->evtchn->fifo, tail);

	return word && fifo_link_behind(word, port);
}

/* Locks of two vCPUs' queues, by vCPU id; they may be the same. */
static void lock_both(struct domain *d, unsigned a, unsigned b)
{
	spin_lock(&d->vcpu[MIN(a, b)]->fifo->lock);
	if (a != b)
		spin_lock(&d->vcpu[MAX(a, b)]->fifo->lock);
}

static void unlock_both(struct domain *d, unsigned a, unsigned b)
{
	if (a != b)
		spin_unlock(&d->vcpu[MAX(a, b)]->fifo->lock);
	spin_unlock(&d->vcpu[MIN(a, b)]->fifo->lock);
}

/* Event word of @ch, or NULL with `early` set for whoever makes it appear. */
static u32 *word_or_early(const struct evtchn_fifo *fifo, struct evtchn *ch)
{
	u32 *word = fifo_word(fifo, ch->port);

	if (likely(word))
		return word;
	__atomic_store_n(&ch->early, true, __ATOMIC_SEQ_CST);
	word = fifo_word(fifo, ch->port); /* has it appeared since, who of us saw it? */
	return word && __atomic_exchange_n(&ch->early, false, __ATOMIC_SEQ_CST) ? word : NULL;
}

/* Queue on vCPU @to what was last queued on @from, both locked, perhaps the same.  True: tell
 * the vCPU. */
static bool raise_locked(struct domain *d, struct evtchn *ch, u32 *word, unsigned from,
			 unsigned to)
{
	struct evtchn_fifo_vcpu *queues = d->vcpu[to]->fifo;
	bool notify;

	if (!fifo_set_pending(word))
		return false;
	notify = fifo_enqueue(ch, queues, d->vcpu[from]->fifo);
	ch->last_vcpu = to;
	ch->word = word;
	/* The next time goes the short way, unless the event is being moved right now. */
	__atomic_store_n(&ch->queues, queues, __ATOMIC_SEQ_CST);
	if (READ_ONCE(ch->vcpu) != to)
		WRITE_ONCE(ch->queues, NULL);
	return notify;
}

void fifo_raise(struct domain *d, struct evtchn *ch)
{
	unsigned to = READ_ONCE(ch->vcpu), from;
	const struct evtchn_fifo_vcpu *queues = d->vcpu[to]->fifo;
	u32 *word = word_or_early(d->evtchn->fifo, ch);
	bool notify;

	if (!word)
		return;
	if (!queues || !queues->control) {
		guest_log(d, "event port %u: vCPU %u has no FIFO control block, event lost",
			  ch->port, to);
		return;
	}
	for (;;) {
		from = READ_ONCE(ch->last_vcpu);
		lock_both(d, from, to);
		if (from == READ_ONCE(ch->last_vcpu))
			break;
		unlock_both(d, from, to);
	}
	notify = raise_locked(d, ch, word, from, to);
	unlock_both(d, from, to);
	if (notify)
		mark_events_pending(d->vcpu[to]);
}

void fifo_unmask(struct domain *d, struct evtchn *ch)
{
	u32 *word = fifo_word(d->evtchn->fifo, ch->port);

	if (word && __atomic_fetch_and(word, ~FIFO_MASKED, __ATOMIC_SEQ_CST) & FIFO_PENDING)
		fifo_raise(d, ch);
}

/* --- set-up ------------------------------------------------------------------------ */

static int fifo_vcpu_alloc(struct vcpu *v)
{
	struct evtchn_fifo_vcpu *queues;

	if (v->fifo)
		return 0;
	queues = xzalloc(sizeof(*queues));
	if (!queues)
		return -ENOMEM;
	spin_lock_init(&queues->lock);
	queues->vcpu = v;
	__atomic_store_n(&v->fifo, queues, __ATOMIC_RELEASE);
	return 0;
}

static int fifo_map_control(struct vcpu *v, u64 gfn, u32 offset)
{
	u8 *page;

	if (fifo_vcpu_alloc(v))
		return -ENOMEM;
	if (v->fifo->control)
		return -EINVAL;
	page = guest_frame_map(v->domain, gfn);
	if (!page)
		return -EINVAL;
	__atomic_store_n(&v->fifo->control, (struct evtchn_fifo_control_block *)(page + offset),
			 __ATOMIC_RELEASE);
	return 0;
}

/* Events pending under the 2-level ABI go over to the FIFO when their words appear. */
static void take_over_ports(struct domain *d)
{
	const struct evtchn_state *st = d->evtchn;

	for (u32 port = 1; port < st->valid_ports; port++) {
		struct evtchn *ch = port_to_channel(d, port);

		ch->early = port < EVTCHN_2L_NR_CHANNELS &&
			    bitmap_test(d->shared_info->evtchn_pending, port);
		ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	}
}

static void free_queues(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		if (v->fifo && v->fifo->control)
			guest_frame_unmap(v->fifo->control);
		xfree(v->fifo);
		v->fifo = NULL;
	}
}

static int first_init(struct domain *d, struct vcpu *v, u64 gfn, u32 offset)
{
	struct evtchn_fifo *fifo = xzalloc(sizeof(*fifo));
	int rc = fifo ? 0 : -ENOMEM;
	struct vcpu *other;
	unsigned i;

	for_each_vcpu(d, other, i)
		rc = rc ? rc : fifo_vcpu_alloc(other);
	if (!rc)
		rc = fifo_map_control(v, gfn, offset);
	if (rc) {
		free_queues(d);
		xfree(fifo);
		return rc;
	}
	take_over_ports(d);
	__atomic_store_n(&d->evtchn->fifo, fifo, __ATOMIC_RELEASE);
	return 0;
}

int fifo_init_control(struct domain *d, struct vcpu *v, u64 gfn, u32 offset)
{
	if (offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || offset & 7)
		return -EINVAL;
	if (!d->evtchn->fifo)
		return first_init(d, v, gfn, offset);
	return fifo_map_control(v, gfn, offset);
}

/* The words of [@first, ...) have appeared: raise what came too early for them. */
static void raise_early(struct domain *d, u32 first)
{
	for (u32 port = first; port < first + FIFO_WORDS_PER_PAGE; port++) {
		struct evtchn *ch = port_to_channel(d, port);
		unsigned long flags;

		if (!ch)
			break;
		flags = irq_save();
		if (__atomic_exchange_n(&ch->early, false, __ATOMIC_SEQ_CST) &&
		    ch->state != CH_FREE && ch->state != CH_RESERVED)
			fifo_raise(d, ch);
		irq_restore(flags);
	}
}

int fifo_expand_array(struct domain *d, u64 gfn)
{
	struct evtchn_fifo *fifo = d->evtchn->fifo;
	u32 first, *page;

	if (!fifo)
		return -EOPNOTSUPP;
	first = fifo->nr_words;
	if (first >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	page = guest_frame_map(d, gfn);
	if (!page)
		return -EINVAL;
	fifo->page[first / FIFO_WORDS_PER_PAGE] = page;
	__atomic_store_n(&fifo->nr_words, first + FIFO_WORDS_PER_PAGE, __ATOMIC_SEQ_CST);
	raise_early(d, first);
	return 0;
}

void evtchn_dirty_frames(struct domain *d)
{
	const struct evtchn_fifo *fifo;
	struct vcpu *v;
	unsigned i;

	spin_lock(&d->evtchn->lock);
	fifo = d->evtchn->fifo;
	for (u32 n = 0; fifo && n < fifo->nr_words / FIFO_WORDS_PER_PAGE; n++)
		frame_dirtied(mfn_to_page(virt_to_mfn(fifo->page[n])));
	for_each_vcpu(d, v, i)
		if (v->fifo && v->fifo->control)
			frame_dirtied(mfn_to_page(virt_to_mfn(v->fifo->control)));
	spin_unlock(&d->evtchn->lock);
}

void fifo_destroy(struct domain *d)
{
	struct evtchn_fifo *fifo = d->evtchn->fifo;

	if (!fifo)
		return;
	__atomic_store_n(&d->evtchn->fifo, NULL, __ATOMIC_SEQ_CST);
	free_queues(d);
	for (u32 i = 0; i < fifo->nr_words / FIFO_WORDS_PER_PAGE; i++)
		guest_frame_unmap(fifo->page[i]);
	xfree(fifo);
}
