/* SPDX-License-Identifier: MIT */
/*
 * What the event channel calls answer, in which order events are taken, and
 * where the limits are: found on Xen 4.17 by running this there.  Last comes a
 * reset, after which every port is closed.
 */
#include "bench/guests/pv/events.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define ENOENT 2
#define EEXIST 17
#define EINVAL 22
#define ENOSPC 28
#define ENOSYS 38
#define EOPNOTSUPP 95

static long status_of(u32 port, struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
	return evtchn(EVTCHNOP_status, s);
}

static void check_state(const char *what, u32 port, u32 want)
{
	struct evtchn_status s;

	check(what, status_of(port, &s), 0);
	check(what, s.status, want);
}

static long close_port(u32 port)
{
	struct evtchn_close c = { port };

	return evtchn(EVTCHNOP_close, &c);
}

static long send_to(u32 port)
{
	struct evtchn_send s = { port };

	return evtchn(EVTCHNOP_send, &s);
}

static long bind_port_vcpu(u32 port, u32 vcpu)
{
	struct evtchn_bind_vcpu b = { .port = port, .vcpu = vcpu };

	return evtchn(EVTCHNOP_bind_vcpu, &b);
}

static u32 new_ipi(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };

	check("bind_ipi", evtchn(EVTCHNOP_bind_ipi, &ipi), 0);
	return ipi.port;
}

static u32 new_unbound(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

	check("alloc_unbound", evtchn(EVTCHNOP_alloc_unbound, &a), 0);
	return a.port;
}

/* --- a channel to oneself ------------------------------------------------------------ */

static void loopback(void)
{
	u32 far = new_unbound();
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF, .remote_port = far };
	struct evtchn_status s;

	check_state("unbound", far, EVTCHNSTAT_unbound);
	check("send on an unbound port", send_to(far), 0);
	check("bind to it", evtchn(EVTCHNOP_bind_interdomain, &b), 0);
	check_state("far end", far, EVTCHNSTAT_interdomain);
	check("near end", status_of(b.local_port, &s), 0);
	check("its peer", s.u.interdomain.port, far);
	check("connecting raises the near end", port_pending(b.local_port), 1);
	check("not the far one", port_pending(far), 0);
	check("send to the far end", send_to(b.local_port), 0);
	check("it is pending", port_pending(far), 1);
	b.remote_port = far;
	check("bind to it again", evtchn(EVTCHNOP_bind_interdomain, &b), -EINVAL);
	check("close the far end", close_port(far), 0);
	check_state("the near end waits again", b.local_port, EVTCHNSTAT_unbound);
	check_state("the far one is closed", far, EVTCHNSTAT_closed);
	check("close the near end", close_port(b.local_port), 0);
	check("close it twice", close_port(b.local_port), -EINVAL);
	check("send on a closed port", send_to(b.local_port), -EINVAL);
	b.remote_port = PORTS_MAX * 64;
	check("bind to no port", evtchn(EVTCHNOP_bind_interdomain, &b), -EINVAL);
	b.remote_dom = 0x7fe0;
	check("bind to nobody", evtchn(EVTCHNOP_bind_interdomain, &b), -3);
}

/* --- VIRQs, IPIs, moving ------------------------------------------------------------- */

static void binding(unsigned vcpus)
{
	struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG, .vcpu = 0 };
	struct evtchn_bind_ipi ipi = { .vcpu = 999 };
	u32 unbound = new_unbound(), own;

	check("bind VIRQ", evtchn(EVTCHNOP_bind_virq, &virq), 0);
	own = virq.port;
	check_state("VIRQ", own, EVTCHNSTAT_virq);
	check("bind VIRQ twice", evtchn(EVTCHNOP_bind_virq, &virq), -EEXIST);
	check("move a VIRQ of a vCPU", bind_port_vcpu(own, 0), -EINVAL);
	virq.vcpu = 999;
	check("VIRQ of no vCPU", evtchn(EVTCHNOP_bind_virq, &virq), -ENOENT);
	virq = (struct evtchn_bind_virq){ .virq = NR_VIRQS };
	check("VIRQ that is none", evtchn(EVTCHNOP_bind_virq, &virq), -EINVAL);
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_ARCH_7, .vcpu = 1 };
	check("global VIRQ not on vCPU 0", evtchn(EVTCHNOP_bind_virq, &virq), -EINVAL);
	check("IPI to no vCPU", evtchn(EVTCHNOP_bind_ipi, &ipi), -ENOENT);
	check("move an unbound port", bind_port_vcpu(unbound, vcpus - 1), 0);
	check("to no vCPU", bind_port_vcpu(unbound, 999), -ENOENT);
	check("move no port", bind_port_vcpu(PORTS_MAX * 64, 0), -EINVAL);
	check("unmask no port", port_unmask(PORTS_MAX * 64), -EINVAL);
	check("close", close_port(unbound), 0);
	check("close VIRQ", close_port(own), 0);
	virq = (struct evtchn_bind_virq){ .virq = VIRQ_DEBUG, .vcpu = 0 };
	check("bind VIRQ again", evtchn(EVTCHNOP_bind_virq, &virq), 0);
	check("close VIRQ again", close_port(virq.port), 0);
}

/* --- order ---------------------------------------------------------------------------- */

#define ORDERED 32

static u32 taken[ORDERED];
static unsigned nr_taken;

static void note_event(u32 port, unsigned vcpu)
{
	if (nr_taken < ORDERED)
		taken[nr_taken++] = port;
}

/* Two ports of each priority, raised from the least urgent to the most. */
static void priorities(void)
{
	void (*handler)(u32, unsigned) = event_handler;
	u32 port[ORDERED];

	for (unsigned i = 0; i < ORDERED; i++) {
		struct evtchn_set_priority p = { .priority = i / 2 };

		p.port = port[i] = new_ipi();
		check("set_priority", evtchn(EVTCHNOP_set_priority, &p), events_are_fifo() ? 0 : -ENOSYS);
	}
	event_upcall(0);
	event_handler = note_event;
	for (unsigned i = ORDERED; i; i -= 2) {
		check("send", send_to(port[i - 2]), 0);
		check("send", send_to(port[i - 1]), 0);
	}
	event_upcall(0);
	event_handler = handler;
	check("events taken", nr_taken, ORDERED);
	for (unsigned i = 0; i < ORDERED; i++) {
		check(events_are_fifo() ? "order by priority, then time" : "order by port", taken[i], port[i]);
		check("close", close_port(port[i]), 0);
	}
	if (events_are_fifo()) {
		struct evtchn_set_priority p = { .port = 1, .priority = 16 };

		check("priority 16", evtchn(EVTCHNOP_set_priority, &p), -EINVAL);
		p = (struct evtchn_set_priority){ .port = PORTS_MAX * 64 };
		check("priority of no port", evtchn(EVTCHNOP_set_priority, &p), -EINVAL);
	}
}

/* --- limits and reset -------------------------------------------------------------------- */

static void limits(u32 highest)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	u32 last = 0;
	long rc;

	while (!(rc = evtchn(EVTCHNOP_alloc_unbound, &a)))
		last = a.port;
	check("no port left", rc, -ENOSPC);
	check("the last one", last, highest);
	check("IPI without a port", evtchn(EVTCHNOP_bind_ipi, &ipi), -ENOSPC);
	check("one given back", close_port(last), 0);
	check("and taken again", evtchn(EVTCHNOP_alloc_unbound, &a), 0);
	check("the same", a.port, last);
}

static void array_limit(void)
{
	struct evtchn_expand_array expand = { .array_gfn = va_to_mfn(page_alloc()) };
	unsigned pages = 1;
	long rc;

	while (!(rc = evtchn(EVTCHNOP_expand_array, &expand)))
		pages++;
	check("no more array pages", rc, -ENOSPC);
	check("array pages", pages, EVTCHN_FIFO_NR_CHANNELS / (PAGE_SIZE / sizeof(event_word_t)));
	expand.array_gfn = ~0UL;
	check("array page that is none", evtchn(EVTCHNOP_expand_array, &expand) < 0, 1);
}

static void reset(u32 ports)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	struct evtchn_expand_array expand = { .array_gfn = va_to_mfn(page_alloc()) };
	u32 open = 0;
	long rc = evtchn(EVTCHNOP_reset, &r);

	for (u32 port = 1; port < ports; port++) {
		struct evtchn_status s;

		open += !status_of(port, &s) && s.status != EVTCHNSTAT_closed;
	}
	check("reset", rc, 0);
	check("ports open after a reset", open, 0);
	check("back on the 2-level ABI", evtchn(EVTCHNOP_expand_array, &expand), -EOPNOTSUPP);
	r.dom = 0x7fe0;
	check("reset of nobody", evtchn(EVTCHNOP_reset, &r), -3);
	check("event channel call 99", evtchn(99, &r), -ENOSYS);
}

void run_rules(u32 ports, unsigned vcpus)
{
	struct evtchn_expand_array expand = { 0 };

	upcalls_mask(0);
	check("send on port 0", send_to(0), -EINVAL);
	check("close port 0", close_port(0), -EINVAL);
	loopback();
	binding(vcpus);
	priorities();
	if (events_are_fifo())
		array_limit();
	else
		check("array page without FIFO", evtchn(EVTCHNOP_expand_array, &expand), -EOPNOTSUPP);
	if (ports)
		limits(ports);
	reset(PORTS_MAX);
	guest_verdict(0);
}
