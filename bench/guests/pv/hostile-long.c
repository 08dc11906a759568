/* SPDX-License-Identifier: MIT */
/*
 * Calls that take long with legal arguments: while each runs a timer fires, and
 * its event must come soon, however long the list.  Counted in the guest's
 * time, so it means something in instruction-count mode: 1 ns an instruction.
 */
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/hostile.h"

#define BUFFER_PAGES 80
#define DELAY_NS 100000UL    /* from the call on, till the timer fires */
#define LATE_MAX_NS 10000000 /* what a call may take without looking up */
#define FRAMES 8192
#define PORTS 4000
#define BIG_ORDER 13 /* FRAMES */

static u8 *buffer; /* for lists */

static u64 ns_at(u64 tsc)
{
	const volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
	u64 delta = tsc - t->tsc_timestamp;

	delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
	return t->system_time + (u64)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
}

/* Bound last, so that closing ports from the first on closes it at the end. */
static void bind_timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER };

	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
	evtchn(EVTCHNOP_bind_virq, &b);
}

/* Run @call with the timer set: how late, in ns, was its event? */
static s64 lateness(long (*call)(void), long *rc)
{
	u64 seen = event_count, deadline = ns_at(rdtsc()) + DELAY_NS;
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = deadline };

	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
	*rc = call();
	while (event_count == seen && ns_at(rdtsc()) < deadline + 2 * LATE_MAX_NS)
		barrier();
	return event_count == seen ? 2 * LATE_MAX_NS : (s64)(ns_at(trap_tsc) - deadline);
}

static void try_long(const char *what, void (*prepare)(void), long (*call)(void), long want)
{
	long rc;
	s64 late;

	prepare();
	late = lateness(call, &rc);

	check(what, rc, want);
	check("its event is in time", late < LATE_MAX_NS, 1);
	print("long: %s, event %ld ns late\n", what, late);
}

#define UPDATES (BUFFER_PAGES * PAGE_SIZE / sizeof(struct mmu_update))
#define COPIES (BUFFER_PAGES * PAGE_SIZE / sizeof(struct gnttab_copy))

static void list_updates(void)
{
	struct mmu_update *u = (struct mmu_update *)buffer;
	u64 pte = pte_maddr(scratch);

	for (unsigned i = 0; i < UPDATES; i++)
		u[i] = (struct mmu_update){ pte, scratch_frame | (i & 1 ? PTE_RW_PAGE : PTE_RO_PAGE) };
}

static long many_updates(void)
{
	return hypercall4(__HYPERVISOR_mmu_update, buffer, UPDATES, 0, DOMID_SELF);
}

static void list_copies(void)
{
	struct gnttab_copy *c = (struct gnttab_copy *)buffer;

	for (unsigned i = 0; i < COPIES; i++)
		c[i] = (struct gnttab_copy){
			.source = { .u.gmfn = scratch_frame >> 12, .domid = DOMID_SELF },
			.dest = { .u.gmfn = spare_mfn(0), .domid = DOMID_SELF },
			.len = PAGE_SIZE,
		};
}

static long many_copies(void)
{
	return hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, buffer, COPIES);
}

static long change_memory(unsigned op, u64 *list, unsigned n, unsigned order)
{
	struct xen_memory_reservation r = { .nr_extents = n, .extent_order = order, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	return hypercall2(__HYPERVISOR_memory_op, op, &r);
}

static void list_frames(void)
{
	for (unsigned i = 0; i < FRAMES; i++)
		((u64 *)buffer)[i] = spare_mfn(i + 16);
}

static long many_frames_back(void)
{
	return change_memory(XENMEM_decrease_reservation, (u64 *)buffer, FRAMES, 0);
}

static void list_nothing(void)
{
}

static long one_large_extent(void)
{
	return change_memory(XENMEM_increase_reservation, (u64 *)buffer, 1, BIG_ORDER);
}

static long close_all_ports(void)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };

	return evtchn(EVTCHNOP_reset, &reset);
}

static void open_ports(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

	close_all_ports();
	for (unsigned i = 0; i < PORTS; i++)
		evtchn(EVTCHNOP_alloc_unbound, &a);
	bind_timer();
}

void long_calls(void)
{
	buffer = page_alloc();
	for (unsigned i = 1; i < BUFFER_PAGES; i++)
		page_alloc();
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	bind_timer();
	try_long("20480 page-table updates", list_updates, many_updates, 0);
	try_long("8192 pages copied", list_copies, many_copies, 0);
	try_long("8192 frames given back", list_frames, many_frames_back, FRAMES);
	try_long("32 MiB in one extent", list_nothing, one_large_extent, 1);
	try_long("4000 ports closed", open_ports, close_all_ports, 0);
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
}
