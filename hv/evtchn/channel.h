/* SPDX-License-Identifier: MIT */
/*
 * Inside of the event channel subsystem: one record per port, in buckets that
 * are allocated as a domain's port numbers grow and stay until it is freed, so
 * that looking up a port needs no lock.
 *
 * Locks, outermost first:
 *  - evtchn_pair_lock (global): who is connected to whom across domains;
 *  - evtchn_state.lock: which ports of a domain are in use;
 *  - evtchn.lock: state and target of one port.  A send takes only the lock of the
 *    port it is sent from; closing an interdomain port takes those of both ends
 *    (under evtchn_pair_lock, so any order is safe);
 *  - evtchn_fifo_vcpu.lock, two of them by ascending vCPU id.
 * The last two are taken by interrupt handlers: interrupts off throughout.
 */
#ifndef ORRERY_EVTCHN_CHANNEL_H
#define ORRERY_EVTCHN_CHANNEL_H

#include "lib/types.h"

#include <xen/event_channel.h>

#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/spinlock.h"

struct evtchn_fifo;      /* fifo.h */
struct evtchn_fifo_vcpu;

enum channel_state {
	CH_FREE,
	CH_RESERVED, /* port 0: stands for "none" in the ABI */
	CH_UNBOUND,
	CH_INTERDOMAIN,
	CH_PIRQ,
	CH_VIRQ,
	CH_IPI,
};

struct evtchn {
	spinlock_t lock;
	u8 state;
	u8 priority;       /* FIFO: queue it goes on when next raised */
	u8 last_priority;  /* FIFO: queue (with last_vcpu) it was last linked on; */
	bool early;        /*   outlives the port. early: raised before its word existed */
	u16 vcpu;          /* who is told */
	u16 last_vcpu;
	u32 port;
	union {
		struct evtchn *peer;  /* CH_INTERDOMAIN */
		domid_t remote;       /* CH_UNBOUND: who may bind to it */
		u32 virq;             /* CH_VIRQ */
		u32 pirq;             /* CH_PIRQ */
	};
	struct domain *peer_domain;   /* CH_INTERDOMAIN: peer's owner, kept by the connection */
	struct evtchn_fifo_vcpu *queues; /* FIFO: see fifo.h; NULL: look it up */
	u32 *word;                    /* FIFO: valid while queues is set */
};
_Static_assert(sizeof(struct evtchn) == 48, "a bucket is 3 KiB");

#define BUCKET_SHIFT 6
#define BUCKET_PORTS (1U << BUCKET_SHIFT)

struct evtchn_state {
	struct evtchn **bucket;   /* nr_buckets entries, NULL until needed */
	struct evtchn_fifo *fifo; /* NULL: 2-level ABI */
	u32 valid_ports;          /* ports below this have a record */
	u32 pollers;              /* vCPUs inside SCHEDOP_poll; atomic */
	u32 max_ports;            /* one past the largest port the domain may have */
	u32 free_hint;            /* no port below is free */
	unsigned nr_pirqs;
	u32 *pirq_port;           /* by PIRQ number, 0: not bound; allocated at the first bind */
	spinlock_t lock;
};

extern spinlock_t evtchn_pair_lock;

/* Record of @port or NULL if the domain never had it. No lock needed. */
static inline struct evtchn *port_to_channel(const struct domain *d, u32 port)
{
	const struct evtchn_state *st = d->evtchn;

	if (unlikely(port >= READ_ONCE(st->valid_ports)))
		return NULL;
	return &st->bucket[port >> BUCKET_SHIFT][port & (BUCKET_PORTS - 1)];
}

/* Per-vCPU VIRQs are bound once on each vCPU, the others once in a domain (<xen/xen.h>). */
static inline bool virq_is_global(u32 virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
	       virq != VIRQ_XENPMU;
}

/* Make @ch pending and tell its vCPU. @pre interrupts off; the lock that keeps @ch
 * bound is held: its own, or for an interdomain port that of either end. */
void channel_raise(struct domain *d, struct evtchn *ch);

/* ports.c: a free port in state CH_FREE with default target and priority, or -ENOSPC, -ENOMEM,
 * -EINVAL (dying domain). @pre d->evtchn->lock held; the caller sets the state under it. */
int port_alloc(struct domain *d);
/* The first bucket, with port 0 taken: 0 or -ENOMEM. */
int port_first(struct domain *d);
/* Back to CH_FREE. @pre d->evtchn->lock and ch->lock held. */
void port_free(struct domain *d, struct evtchn *ch);
/* Largest port count under the ABI the guest uses now. */
u32 port_limit(const struct evtchn_state *st);

/* Off the fast path of the next: @v sleeps, runs elsewhere or does not run at all. */
void vcpu_wake_for_event(struct vcpu *v);

/* Show @v an upcall, and see that it notices.  On its own way back to the guest it looks. */
static inline void mark_events_pending(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		return;
	v->event_count++;
	if (unlikely(v != current || READ_ONCE(v->sched.blocked_by)))
		vcpu_wake_for_event(v);
}

#endif
