/* SPDX-License-Identifier: MIT */
/*
 * The smallest PV guest worth having many of: started by `xl create` in no time
 * and a few MiB, it does one thing named on its command line, run=NAME:
 *   poweroff, reboot, crash  at once
 *   idle                     blocks until it is destroyed
 *   count n=N ms=M           prints GUEST count=I every M milliseconds
 *   burn ms=M                keeps a vCPU busy for so long
 *   flood n=N                events to itself and cheap hypercalls, N of each
 *   storm ms=M               floods itself, Dom0 and the hypervisor without ever waiting
 *   dirty ms=M               changes its memory in many ways (dirty.c)
 * Lines are those that Dom0's scenarios look for in its console log.
 */
#include <xen/event_channel.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/tiny.h"

#define NS_PER_MS 1000000UL

void shut_down(unsigned reason)
{
	struct sched_shutdown s = { reason };

	print("GUEST end\n");
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

u32 bind_timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &b);
	return b.port;
}

void sleep_until(u64 when)
{
	while (now_ns() < when) {
		struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = when };

		/* Masked until the block, which looks: an event before it is not missed. */
		shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	}
}

static void run_count(const char *cmdline)
{
	u64 n = number_option(cmdline, "n", 10), ms = number_option(cmdline, "ms", 100), next = now_ns();

	bind_timer();
	for (u64 i = 1; i <= n; i++) {
		next += ms * NS_PER_MS;
		sleep_until(next);
		print("GUEST count=%lu\n", i);
	}
	shut_down(SHUTDOWN_poweroff);
}

static void run_idle(const char *cmdline)
{
	print("GUEST idle\n");
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

static void run_burn(const char *cmdline)
{
	u64 end = now_ns() + number_option(cmdline, "ms", 1000) * NS_PER_MS, rounds = 0;

	while (now_ns() < end)
		rounds++;
	print("GUEST rounds=%lu\n", rounds);
	shut_down(SHUTDOWN_poweroff);
}

static void run_flood(const char *cmdline)
{
	u64 n = number_option(cmdline, "n", 100000);
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi);
	send.port = ipi.port;
	for (u64 i = 0; i < n; i++) {
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
	print("GUEST events=%lu\n", event_count);
	shut_down(SHUTDOWN_poweroff);
}

/* Everything an unprivileged domain can do in a hurry, without ever waiting: events to itself and
 * to Dom0, calls that are refused, timers. */
static void run_storm(const char *cmdline)
{
	u64 end = now_ns() + number_option(cmdline, "ms", 1000) * NS_PER_MS, rounds = 0;
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send self, store = { start_info->store_evtchn };
	struct evtchn_send console = { start_info->console.domU.evtchn };
	struct mmu_update wild = { ~7UL, 0 };

	bind_timer();
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi);
	self.port = ipi.port;
	for (u64 now = now_ns(); now < end; now = now_ns(), rounds++) {
		struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = now + 1000 };

		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &self);
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &store);
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &console);
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
		hypercall4(__HYPERVISOR_mmu_update, &wild, 1, 0, DOMID_SELF);
		hypercall1(63, 0);
	}
	print("GUEST rounds=%lu\nGUEST events=%lu\n", rounds, event_count);
	shut_down(SHUTDOWN_poweroff);
}

static void run_poweroff(const char *cmdline)
{
	shut_down(SHUTDOWN_poweroff);
}

static void run_reboot(const char *cmdline)
{
	shut_down(SHUTDOWN_reboot);
}

static void run_crash(const char *cmdline)
{
	shut_down(SHUTDOWN_crash);
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void guest_main(const char *cmdline)
{
	static const struct {
		const char *name;
		void (*run)(const char *cmdline);
	} jobs[] = {
		{ "poweroff", run_poweroff }, { "reboot", run_reboot }, { "crash", run_crash },
		{ "idle", run_idle },	      { "count", run_count },	{ "burn", run_burn },
		{ "flood", run_flood },	      { "storm", run_storm },	{ "dirty", run_dirty },
	};
	char name[16] = "idle";

	print("GUEST start\n");
	/* Events may come from here on; the entry point in head.S counts them. */
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	option(cmdline, "run", name, sizeof(name));
	for (unsigned i = 0; i < ARRAY_SIZE(jobs); i++)
		if (same(name, jobs[i].name))
			jobs[i].run(cmdline);
	print("GUEST no job %s\n", name);
	shut_down(SHUTDOWN_crash);
}
