/* SPDX-License-Identifier: MIT */
/*
 * The event channels of a domain as text, for the debug key.  Each line is
 * consistent in itself: it is made under its port's lock.
 */
#include "console/console.h"
#include "evtchn/channel.h"
#include "evtchn/fifo.h"
#include "evtchn/ops.h"
#include "lib/printf.h"

/* "[pm]": pending, masked, as the guest's words have it. */
static const char *flags_text(const struct domain *d, u32 port)
{
	static const char *const text[] = { "[  ]", "[p ]", "[ m]", "[pm]" };
	const struct evtchn_fifo *fifo = d->evtchn->fifo;
	bool pending, masked;

	if (fifo) {
		const u32 *word = fifo_word(fifo, port);
		u32 w = word ? READ_ONCE(*word) : 0;

		pending = w & FIFO_PENDING;
		masked = w & FIFO_MASKED;
	} else {
		pending = bitmap_test(d->shared_info->evtchn_pending, port);
		masked = bitmap_test(d->shared_info->evtchn_mask, port);
	}
	return text[pending + 2 * masked];
}

/* @pre ch->lock */
static void state_text(const struct evtchn *ch, char *buf, size_t size)
{
	switch (ch->state) {
	case CH_UNBOUND:
		fmt_snprintf(buf, size, "unbound, for domain %u", ch->remote);
		break;
	case CH_INTERDOMAIN:
		fmt_snprintf(buf, size, "domain %u port %u", ch->peer_domain->id, ch->peer->port);
		break;
	case CH_PIRQ:
		fmt_snprintf(buf, size, "PIRQ %u", ch->pirq);
		break;
	case CH_VIRQ:
		fmt_snprintf(buf, size, "VIRQ %u", ch->virq);
		break;
	default:
		fmt_snprintf(buf, size, "IPI");
	}
}

static bool dump_port(struct domain *d, struct evtchn *ch)
{
	unsigned long flags = spin_lock_irqsave(&ch->lock);
	bool bound = ch->state != CH_FREE && ch->state != CH_RESERVED;
	unsigned vcpu = ch->vcpu, priority = ch->priority;
	char state[48];

	if (bound)
		state_text(ch, state, sizeof(state));
	spin_unlock_irqrestore(&ch->lock, flags);
	if (bound)
		log_info("  port %u %s: vCPU %u, priority %u, %s", ch->port, flags_text(d, ch->port),
			 vcpu, priority, state);
	return bound;
}

void evtchn_dump(struct domain *d)
{
	u32 bound = 0, ports = READ_ONCE(d->evtchn->valid_ports);

	log_info(" domain %u: %s event channels, at most %u", d->id,
		 d->evtchn->fifo ? "FIFO" : "2-level", port_limit(d->evtchn));
	for (u32 port = 1; port < ports; port++)
		bound += dump_port(d, port_to_channel(d, port));
	log_info("  %u in use, room for %u", bound, ports);
}
