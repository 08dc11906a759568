/* SPDX-License-Identifier: MIT */
/*
 * Port numbers of a domain: allocation, release and the limit of the ABI in
 * use.  The lowest free port is always taken (guests and tools see the
 * numbers).  All functions need the domain's event lock; looking up a port
 * (channel.h) needs none, since buckets appear but never go.
 */
#include "evtchn/channel.h"
#include "evtchn/fifo-queue.h"
#include "evtchn/fifo.h"
#include "lib/errno.h"
#include "memory/heap.h"

u32 port_limit(const struct evtchn_state *st)
{
	u32 abi = st->fifo ? EVTCHN_FIFO_NR_CHANNELS : EVTCHN_2L_NR_CHANNELS;

	return MIN(abi, st->max_ports);
}

/* A closed port whose event is still on a queue has to wait for the guest to consume it. */
static bool port_usable(const struct domain *d, const struct evtchn *ch)
{
	const u32 *word;

	if (ch->state != CH_FREE)
		return false;
	if (!d->evtchn->fifo)
		return true;
	word = fifo_word(d->evtchn->fifo, ch->port);
	return !word || !(READ_ONCE(*word) & FIFO_LINKED);
}

static int bucket_add(struct domain *d)
{
	struct evtchn_state *st = d->evtchn;
	struct evtchn *bucket = xzalloc(BUCKET_PORTS * sizeof(*bucket));

	if (!bucket)
		return -ENOMEM;
	for (u32 i = 0; i < BUCKET_PORTS; i++) {
		bucket[i].port = st->valid_ports + i;
		bucket[i].last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		spin_lock_init(&bucket[i].lock);
	}
	st->bucket[st->valid_ports >> BUCKET_SHIFT] = bucket;
	__atomic_store_n(&st->valid_ports, st->valid_ports + BUCKET_PORTS, __ATOMIC_RELEASE);
	return 0;
}

int port_alloc(struct domain *d)
{
	struct evtchn_state *st = d->evtchn;
	u32 limit = port_limit(st);
	bool skipped = false;

	if (d->state >= DOM_DYING)
		return -EINVAL;
	for (u32 port = st->free_hint; port < limit; port++) {
		struct evtchn *ch;

		if (port >= st->valid_ports && bucket_add(d))
			return -ENOMEM;
		ch = port_to_channel(d, port);
		if (!port_usable(d, ch)) {
			skipped |= ch->state == CH_FREE;
			continue;
		}
		if (!skipped)
			st->free_hint = port + 1;
		ch->vcpu = 0;
		ch->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		return port;
	}
	return -ENOSPC;
}

static void clear_pending(struct domain *d, const struct evtchn *ch)
{
	u32 *word;

	if (!d->evtchn->fifo) {
		bitmap_atomic_clear(d->shared_info->evtchn_pending, ch->port);
		return;
	}
	word = fifo_word(d->evtchn->fifo, ch->port);
	if (word)
		__atomic_fetch_and(word, ~FIFO_PENDING, __ATOMIC_SEQ_CST);
}

void port_free(struct domain *d, struct evtchn *ch)
{
	clear_pending(d, ch);
	ch->state = CH_FREE;
	ch->early = false;
	ch->vcpu = 0;
	ch->queues = NULL;
	if (ch->port < d->evtchn->free_hint)
		d->evtchn->free_hint = ch->port;
}

int port_first(struct domain *d)
{
	if (bucket_add(d))
		return -ENOMEM;
	port_to_channel(d, 0)->state = CH_RESERVED;
	d->evtchn->free_hint = 1;
	return 0;
}
