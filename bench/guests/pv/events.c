/* SPDX-License-Identifier: MIT */
/*
 * Event channels at a high rate, with every event counted: channels= (32)
 * channels, each with one event in flight at a time, pass it to and fro rounds=
 * (1000) times.  An event lost stops its channel, one delivered twice shows in
 * the counts.  Handlers mask, unmask and move ports to other vCPUs meanwhile,
 * and vCPUs spin or block between events.
 *   run=smp                       between the vCPUs (vcpus=2) of one domain, over IPIs
 *   run=server peer=DOMID         offers channels to a domain and answers
 *   run=client peer=DOMID port=P  connects to those from P on and plays
 *   run=rules                     limits, errors, priorities, reset: events-rules.c
 * abi=fifo uses the FIFO ABI, else it is 2-level.  Runs as Dom0 and as DomU, here
 * and on Xen.
 */
#include "bench/guests/pv/events.h"

#include <xen/event_channel.h>
#include <xen/sched.h>

#define ENDS_MAX 512

/* One end of a channel in this domain. */
struct end {
	u32 in, out;     /* ports: where its event comes, where it sends the next one */
	bool client;     /* counts the rounds */
	bool movable;    /* to another vCPU: not an IPI */
	u32 vcpu;
	u64 count;
};

static struct end ends[ENDS_MAX];
static unsigned nr_ends;
static u16 end_of_port[PORTS_MAX];
static u64 rounds, finished; /* finished: ends that have seen their last event */
static unsigned vcpus;
static bool started;
static u32 wake_port; /* of vCPU 0, when the last end finishes */

static void send(u32 port)
{
	struct evtchn_send s = { port };

	if (evtchn(EVTCHNOP_send, &s))
		guest_fail("send");
}

static void add_end(u32 in, u32 out, bool client, bool movable, u32 vcpu)
{
	ends[nr_ends] = (struct end){ .in = in, .out = out, .client = client, .movable = movable,
				      .vcpu = vcpu };
	end_of_port[in] = ++nr_ends;
}

static void move_end(struct end *e)
{
	struct evtchn_bind_vcpu bind = { .port = e->in, .vcpu = (e->vcpu + 1) % vcpus };

	e->vcpu = bind.vcpu;
	if (evtchn(EVTCHNOP_bind_vcpu, &bind))
		guest_fail("bind_vcpu");
}

static void answer(struct end *e, u64 count)
{
	bool masked = count % 7 == 3;

	if (masked)
		port_mask(e->in);
	if (e->movable && vcpus > 1 && count % 61 == 60)
		move_end(e);
	send(e->out);
	if (masked && port_unmask(e->in))
		guest_fail("unmask");
}

static void on_event(u32 port, unsigned vcpu)
{
	struct end *e;
	u64 count;

	if (!started || port >= PORTS_MAX || !end_of_port[port])
		return;
	e = &ends[end_of_port[port] - 1];
	count = __atomic_add_fetch(&e->count, 1, __ATOMIC_SEQ_CST);
	if (!e->client || count < rounds)
		answer(e, count);
	if (count == rounds && __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST) == nr_ends)
		send(wake_port);
}

/* Between events: look around for a while, sometimes for no time at all, then block. */
static void idle(unsigned vcpu, unsigned *turn)
{
	for (unsigned i = ++*turn * 37 % 64; i; i--)
		__asm__ volatile("pause");
	upcalls_mask(vcpu);
	if (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < nr_ends)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

static void play_on(unsigned vcpu)
{
	unsigned turn = vcpu;

	for (;;)
		idle(vcpu, &turn);
}

static u32 bind_ipi(u32 vcpu)
{
	struct evtchn_bind_ipi ipi = { .vcpu = vcpu };

	if (evtchn(EVTCHNOP_bind_ipi, &ipi))
		guest_fail("bind_ipi");
	return ipi.port;
}

/* What the events until now were about is over; from here on they count. */
static void play(void)
{
	unsigned turn = 0;

	upcalls_mask(0);
	event_upcall(0);
	__atomic_store_n(&started, true, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < nr_ends; i++)
		if (ends[i].client)
			send(ends[i].out);
	while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < nr_ends)
		idle(0, &turn);
}

static void report(void)
{
	u64 total = 0, wrong = 0;

	for (unsigned i = 0; i < nr_ends; i++) {
		total += ends[i].count;
		wrong += ends[i].count != rounds;
	}
	print("GUEST events=%lu\n", total);
	guest_verdict(wrong);
}

static void run_smp(unsigned channels)
{
	for (unsigned c = 0; c < channels; c++) {
		u32 home = c % vcpus, away = (c + 1) % vcpus;
		u32 a = bind_ipi(home), b = bind_ipi(away);

		add_end(a, b, true, false, home);
		add_end(b, a, false, false, away);
	}
	play();
	report();
}

static void run_server(unsigned channels, domid_t peer)
{
	u32 first = 0;

	for (unsigned c = 0; c < channels; c++) {
		struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = peer };

		if (evtchn(EVTCHNOP_alloc_unbound, &alloc) || (c && alloc.port != first + c))
			guest_fail("alloc_unbound");
		if (!c)
			first = alloc.port;
		add_end(alloc.port, alloc.port, false, true, 0);
	}
	print("GUEST port=%u\n", first);
	play();
	report();
}

static void run_client(unsigned channels, domid_t peer, u32 port)
{
	for (unsigned c = 0; c < channels; c++) {
		struct evtchn_bind_interdomain bind = { .remote_dom = peer, .remote_port = port + c };

		if (evtchn(EVTCHNOP_bind_interdomain, &bind))
			guest_fail("bind_interdomain");
		add_end(bind.local_port, bind.local_port, true, true, 0);
	}
	play();
	report();
}

static void start_vcpus(void)
{
	for (unsigned v = 1; v < vcpus; v++)
		if (vcpu_start(v, play_on))
			guest_fail("vcpu_start");
}

void guest_main(const char *cmdline)
{
	unsigned channels = number_option(cmdline, "channels", 32);
	u64 peer = number_option(cmdline, "peer", 0);
	char run[8] = "smp", abi[8] = "";

	print("ORRERY-INIT start\nGUEST start\n");
	option(cmdline, "run", run, sizeof(run));
	option(cmdline, "abi", abi, sizeof(abi));
	rounds = number_option(cmdline, "rounds", 1000);
	vcpus = number_option(cmdline, "vcpus", run[0] == 's' && run[1] == 'm' ? 2 : 1);
	if (vcpus > VCPUS_MAX || 2 * channels > ENDS_MAX)
		guest_fail("too much asked for");
	event_handler = on_event;
	events_init();
	if (abi[0] == 'f' && events_use_fifo(vcpus))
		guest_fail("FIFO ABI");
	wake_port = bind_ipi(0);
	if (run[0] == 'r') {
		run_rules(number_option(cmdline, "ports", PORTS_MAX - 1), vcpus);
		return;
	}
	start_vcpus();
	if (run[0] == 'c')
		run_client(channels, peer, number_option(cmdline, "port", 0));
	else if (run[1] == 'e')
		run_server(channels, peer);
	else
		run_smp(channels);
}
