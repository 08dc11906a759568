/* SPDX-License-Identifier: MIT */
/*
 * The shared-memory side of the FIFO event ABI, on plain words: what happens
 * when a port is appended to a queue.  Event words and queue heads belong to
 * the guest as much as to us; only the tail is our own.  Nothing read from an
 * event word is used as an index.  Bits: <xen/event_channel.h>.
 *
 * A queue is a chain of ports through the link fields of their words.  The
 * guest takes events from the head: it clears LINKED and reads the link in one
 * step; a zero link means that the queue is empty.  So an append either puts
 * its port into the tail's link while that is still LINKED, or, the chain
 * having run dry, starts a new one at the head.
 */
#ifndef ORRERY_EVTCHN_FIFO_QUEUE_H
#define ORRERY_EVTCHN_FIFO_QUEUE_H

#include "lib/types.h"

#include <xen/event_channel.h>

#define FIFO_PENDING (1U << EVTCHN_FIFO_PENDING)
#define FIFO_MASKED (1U << EVTCHN_FIFO_MASKED)
#define FIFO_LINKED (1U << EVTCHN_FIFO_LINKED)
#define FIFO_BUSY (1U << EVTCHN_FIFO_BUSY)
#define FIFO_LINK_TRIES 4 /* a guest that follows the protocol needs two */

/* Up to FIFO_LINK_TRIES attempts: 1 linked, 0 the word is not LINKED, -1 kept changing. */
static inline int fifo_try_link(u32 *word, u32 port)
{
	u32 w = READ_ONCE(*word);

	for (int i = 0; i < FIFO_LINK_TRIES; i++) {
		u32 linked = (w & ~(FIFO_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;

		if (!(w & FIFO_LINKED))
			return 0;
		if (__atomic_compare_exchange_n(word, &w, linked, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return 1;
	}
	return -1;
}

/*
 * Make the chain continue from the word @tail to @port.  BUSY asks a guest that
 * keeps masking and unmasking to stand back; one that ignores it only loses
 * its own events.  False: the chain ended before, start a new one.
 */
static __attribute__((noinline, unused)) bool fifo_link_behind(u32 *tail, u32 port)
{
	int rc = fifo_try_link(tail, port);

	if (likely(rc >= 0))
		return rc;
	__atomic_fetch_or(tail, FIFO_BUSY, __ATOMIC_SEQ_CST);
	rc = fifo_try_link(tail, port);
	if (rc <= 0)
		__atomic_fetch_and(tail, ~FIFO_BUSY, __ATOMIC_SEQ_CST);
	return rc > 0;
}

/* The guest changed the word between two steps: this way it cannot make us try again. */
static __attribute__((noinline, cold, unused)) bool
fifo_set_pending_apart(u32 *word)
{
	u32 w = __atomic_fetch_or(word, FIFO_PENDING, __ATOMIC_SEQ_CST);

	if (w & (FIFO_MASKED | FIFO_LINKED))
		return false;
	return !(__atomic_fetch_or(word, FIFO_LINKED, __ATOMIC_SEQ_CST) & FIFO_LINKED);
}

/*
 * Set PENDING.  True if the event has to be appended to a queue now: it is neither
 * masked nor on one; LINKED is set then, in the same step unless the guest interferes.
 */
static inline bool fifo_set_pending(u32 *word)
{
	u32 w = READ_ONCE(*word);
	bool link = !(w & (FIFO_MASKED | FIFO_LINKED));
	u32 set = w | FIFO_PENDING | (link ? FIFO_LINKED : 0);

	if (unlikely(!__atomic_compare_exchange_n(word, &w, set, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_SEQ_CST)))
		return fifo_set_pending_apart(word);
	return link;
}

#endif
