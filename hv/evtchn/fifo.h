/* SPDX-License-Identifier: MIT */
/*
 * The FIFO event ABI of a domain: its event array (pages the guest gives us,
 * one word per port) and a control block with sixteen queues for each vCPU.
 * Queue logic on plain words is in fifo-queue.h.
 */
#ifndef ORRERY_EVTCHN_FIFO_H
#define ORRERY_EVTCHN_FIFO_H

#include "evtchn/channel.h"

#define FIFO_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define FIFO_MAX_PAGES (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

struct evtchn_fifo {
	u32 nr_words;              /* ports whose word exists; grows by pages */
	u32 *page[FIFO_MAX_PAGES]; /* hypervisor mappings of the guest's frames */
};

struct evtchn_fifo_vcpu {
	spinlock_t lock;           /* tails, appending */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];
	struct evtchn_fifo_control_block *control; /* NULL until init_control names it */
};

/* Event word of @port, NULL while its page is missing. */
static inline u32 *fifo_word(const struct evtchn_fifo *fifo, u32 port)
{
	if (unlikely(port >= READ_ONCE(fifo->nr_words)))
		return NULL;
	return &fifo->page[port / FIFO_WORDS_PER_PAGE][port % FIFO_WORDS_PER_PAGE];
}

/* Of channel_raise, for a domain on this ABI: false if the event was pending before. */
bool fifo_raise(struct domain *d, struct evtchn *ch);
/* Clear the mask; if the event is pending put it on its queue. @pre ch->lock, interrupts off. */
void fifo_unmask(struct domain *d, struct evtchn *ch);

/* EVTCHNOP_init_control, expand_array: Xen's error codes. @pre d->evtchn->lock held. */
int fifo_init_control(struct domain *d, struct vcpu *v, u64 gfn, u32 offset);
int fifo_expand_array(struct domain *d, u64 gfn);
/* Back to the 2-level ABI. @pre no port of @d is bound; d->evtchn->lock held. */
void fifo_destroy(struct domain *d);

#endif
