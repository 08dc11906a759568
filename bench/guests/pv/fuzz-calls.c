/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest at the calls every guest may make: events, grants, timers,
 * descriptors, lists of calls, and any number with anything.  What would stop
 * the guest by rights (shutdown, its last vCPU down) is left out.
 */
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "bench/guests/pv/fuzz.h"

/* Until the end of this step. */
static void no_upcalls(void)
{
	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
}

/* Mostly @a.  Else whatever lies about, but nothing where that may name what we need: the console's
 * port, or another good place for our own vcpu_info. */
static void *or_elsewhere(void *a, bool names_ours)
{
	return !one_in(30) ? a : (void *)(names_ours ? wild_address() : any_address());
}

static u32 any_port(void)
{
	return one_in(8) ? any_value() : rnd_below(200);
}

bool is_console(u32 port)
{
	return !privileged && port == start_info->console.domU.evtchn;
}

static bool names_frames(unsigned cmd)
{
	return cmd == EVTCHNOP_init_control || cmd == EVTCHNOP_expand_array;
}

static long act_event(void)
{
	unsigned cmd = rnd_below(15);
	u64 *a = names_frames(cmd) ? calm_argument(32) : argument(32);
	u32 *w = (u32 *)a;

	fill(a, 32);
	switch (cmd) {
	case EVTCHNOP_alloc_unbound: case EVTCHNOP_bind_interdomain:
		w[0] = any_domid() | (u32)any_domid() << 16;
		w[1] = any_port();
		break;
	case EVTCHNOP_bind_virq: case EVTCHNOP_bind_pirq:
		w[0] = rnd_below(30), w[1] = one_in(8) ? any_value() : rnd_below(3);
		break;
	case EVTCHNOP_status:
		w[0] = any_domid(), w[1] = any_port();
		break;
	case EVTCHNOP_reset: /* the end of every port: not too often */
		if (!one_in(16) || !privileged)
			return 0;
		w[0] = any_domid();
		break;
	case EVTCHNOP_close:
		w[0] = any_port();
		if (is_console(w[0]))
			return 0;
		break;
	case EVTCHNOP_init_control:
		a[0] = one_in(3) ? any_mfn() : va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
		w[2] = one_in(4) ? any_value() : rnd_below(500) * 8, w[3] = rnd_below(3);
		break;
	case EVTCHNOP_expand_array:
		a[0] = one_in(3) ? any_mfn() : va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
		break;
	default:
		w[0] = any_port(), w[1] = one_in(4) ? any_value() : rnd_below(20);
	}
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, or_elsewhere(a, cmd == EVTCHNOP_close));
}

/* --- grants --- */

static void scribble_grants(void)
{
	unsigned ref = rnd_below(40);
	struct grant_entry_v1 *v1 = (void *)grant_page;
	union grant_entry_v2 *v2 = (void *)grant_page;
	u16 flags = one_in(3) ? rnd() : 1 + rnd_below(3) + (rnd_below(2) << 2) + (rnd_below(2) << 8);
	u64 frame = one_in(4) ? any_mfn() : va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
	u16 domid = one_in(3) ? any_domid() : own_domid;

	if (one_in(2)) {
		v1[ref].frame = frame;
		v1[ref].domid = domid;
		v1[ref].flags = flags;
		return;
	}
	if (one_in(3)) {
		v2[ref].transitive.trans_domid = one_in(3) ? any_domid() : own_domid;
		v2[ref].transitive.gref = rnd_below(40);
	} else {
		v2[ref].sub_page.page_off = any_value();
		v2[ref].sub_page.length = any_value();
		v2[ref].sub_page.frame = frame;
	}
	v2[ref].hdr.domid = domid;
	v2[ref].hdr.flags = flags;
}

static u32 any_ref(void)
{
	return one_in(10) ? any_value() : rnd_below(40);
}

static long grant_op(unsigned cmd, void *a, unsigned n)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, a, n);
}

static long act_grant_map(void)
{
	struct gnttab_map_grant_ref *m = calm_argument(sizeof(*m));
	struct handle *h = &PICK(handles);
	long rc;

	m->flags = one_in(6) ? rnd() : (1 + rnd_below(3)) | rnd_below(2) << 2;
	m->host_addr = one_in(8) ? any_address() : play_va();
	if (m->flags & GNTMAP_contains_pte)
		m->host_addr = one_in(8) ? any_address() : play_l1[rnd_below(2)] << 12 | rnd_below(512) << 3;
	m->ref = any_ref();
	m->dom = one_in(3) ? any_domid() : own_domid;
	m->status = -99;
	*h = (struct handle){ 0, m->flags, m->host_addr };
	rc = grant_op(GNTTABOP_map_grant_ref, m, 1);
	h->handle = m->handle;
	if (!rc && !m->status)
		note_mapping(m);
	return rc ? rc : m->status;
}

static long act_grant_unmap(void)
{
	struct gnttab_unmap_grant_ref *u = argument(sizeof(*u) * 2);
	long rc;

	for (unsigned i = 0; i < 2; i++) {
		struct handle *h = &PICK(handles), *other = &PICK(handles);

		u[i].handle = one_in(10) ? any_value() : h->handle;
		u[i].host_addr = one_in(6) ? other->host_addr : one_in(6) ? 0 : h->host_addr;
		u[i].dev_bus_addr = one_in(4) ? va_to_mfn(data_pages[rnd_below(PLAY_DATA)]) << 12 : 0;
		u[i].status = -99;
	}
	rc = grant_op(GNTTABOP_unmap_grant_ref, u, 1 + rnd_below(2));
	return rc ? rc : u[0].status;
}

static long act_grant_copy(void)
{
	struct gnttab_copy *c = calm_argument(sizeof(*c));
	long rc;

	c->flags = rnd_below(4);
	c->source.u.ref = any_ref();
	if (!(c->flags & GNTCOPY_source_gref))
		c->source.u.gmfn = any_mfn();
	c->source.domid = one_in(3) ? any_domid() : DOMID_SELF;
	c->source.offset = one_in(4) ? any_value() : rnd_below(2048);
	c->dest.u.ref = any_ref();
	if (!(c->flags & GNTCOPY_dest_gref))
		c->dest.u.gmfn = one_in(2) ? table_mfn() : va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
	c->dest.domid = one_in(3) ? any_domid() : DOMID_SELF;
	c->dest.offset = one_in(4) ? any_value() : rnd_below(2048);
	c->len = one_in(4) ? any_value() : rnd_below(2048);
	rc = grant_op(GNTTABOP_copy, c, 1);
	return rc ? rc : c->status;
}

static long act_grant_other(void)
{
	static const u8 cmds[] = { 2, 3, 4, 6, 7, 8, 8, 9, 10, 11, 12 }; /* all but map, unmap, copy */
	unsigned cmd = PICK(cmds);
	u64 *a = argument(64);
	u32 *w = (u32 *)a;

	scribble_grants();
	fill(a, 64);
	w[0] = any_domid();
	w[1] = one_in(4) ? any_value() : rnd_below(6);
	if (cmd == GNTTABOP_set_version)
		w[0] = one_in(6) ? any_value() : 1 + rnd_below(2);
	if (cmd == GNTTABOP_swap_grant_ref)
		w[0] = any_ref(), w[1] = any_ref();
	if (cmd == GNTTABOP_setup_table)
		w[0] = one_in(2) ? DOMID_SELF : any_domid(), a[2] = one_in(4) ? any_address() : (u64)args;
	if (cmd == GNTTABOP_get_status_frames)
		w[0] = rnd_below(4), w[1] = DOMID_SELF, a[1] = (u64)args;
	if (cmd == GNTTABOP_unmap_and_replace) {
		struct handle *h = &PICK(handles);

		a[0] = h->host_addr, a[1] = play_va(), w[4] = h->handle;
	}
	return grant_op(cmd, a, one_in(10) ? any_value() : 1);
}

/* --- the vCPU's own --- */

static long act_vcpu(void)
{
	static const u8 cmds[] = { 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 }; /* not: down */
	unsigned cmd = PICK(cmds);
	u64 *a = cmd == VCPUOP_register_vcpu_info ? calm_argument(64) : argument(64);
	u64 vcpu = one_in(6) ? any_value() : rnd_below(5);

	fill(a, 64);
	switch (cmd) {
	case VCPUOP_up: /* to run from anywhere is to crash */
		vcpu = 3 + any_value();
		if ((u32)vcpu < 128)
			return 0;
		break;
	case VCPUOP_set_singleshot_timer: case VCPUOP_set_periodic_timer:
		a[0] = cmd == VCPUOP_set_periodic_timer ? 1000000 + rnd_below(1UL << 30) :
							  now() + rnd_below(1000000);
		if (one_in(6))
			a[0] = any_value();
		break;
	case VCPUOP_register_vcpu_info: /* ours stays where the event entry expects it */
		a[0] = one_in(2) ? any_mfn() : va_to_mfn(data_pages[rnd_below(PLAY_DATA)]);
		a[1] = rnd_below(PAGE_SIZE) & ~7UL;
		if ((u32)vcpu == 0)
			a[1] |= 0xfff8;
		break;
	case VCPUOP_register_runstate_memory_area: case VCPUOP_register_vcpu_time_memory_area:
		a[0] = one_in(3) ? any_address() : play_va() + rnd_below(4096);
		break;
	}
	return hypercall3(__HYPERVISOR_vcpu_op, cmd, vcpu,
			  or_elsewhere(a, cmd == VCPUOP_register_vcpu_info));
}

/* A context full of rubbish for a vCPU that is never brought up. */
static long act_vcpu_context(void)
{
	struct vcpu_guest_context *c = (void *)(args + 64);
	u64 root = va_to_mfn((void *)start_info->pt_base);

	fill(c, sizeof(*c));
	c->ctrlreg[3] = (one_in(2) ? root : any_mfn()) << 12;
	c->ctrlreg[1] = one_in(3) ? 0 : (one_in(2) ? root : any_mfn()) << 12;
	c->gdt_ents = one_in(3) ? any_value() : 0;
	c->ldt_ents = one_in(3) ? any_value() : 0;
	if (one_in(2))
		for (unsigned i = 0; i < 256; i++)
			c->trap_ctxt[i].address = any_value() >> 20;
	if (one_in(2))
		c->fs_base = c->gs_base_kernel = c->gs_base_user = 0, c->event_callback_eip = 0,
		c->failsafe_callback_eip = c->syscall_callback_eip = 0;
	c->flags |= one_in(4) ? 0 : VGCF_in_kernel;
	return hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 4 + rnd_below(2), c);
}

static long act_sched(void)
{
	struct sched_poll *p = argument(sizeof(*p) + 64);
	u32 *ports = (u32 *)(p + 1);

	switch (rnd_below(5)) {
	case 0:
		return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	case 1: { /* nobody, as long as Dom0 is us */
		struct sched_remote_shutdown *r = (void *)p;

		r->domain_id = own_domid || one_in(2) ? DOMID_INVALID : 0x700 + rnd_below(0x7000);
		r->reason = any_value();
		return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, r);
	}
	case 2: { /* ends long after us, or at once */
		struct sched_watchdog *w = (void *)p;

		w->id = rnd_below(4);
		w->timeout = one_in(2) ? 0 : 1U << 30;
		return hypercall2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, w);
	}
	}
	for (unsigned i = 0; i < 16; i++)
		ports[i] = any_port();
	set_xen_guest_handle(p->ports, one_in(10) ? (u32 *)any_address() : ports);
	p->nr_ports = one_in(10) ? any_value() : rnd_below(5);
	p->timeout = one_in(8) ? 1 : now() + rnd_below(200000);
	return hypercall2(__HYPERVISOR_sched_op, one_in(10) ? 7 + rnd_below(5) : SCHEDOP_poll, p);
}

static long act_physdev(void)
{
	u64 *a = calm_argument(96);
	u32 *w = (u32 *)a;
	unsigned cmd = one_in(10) ? any_value() : rnd_below(33);

	fill(a, 96);
	if (one_in(2))
		w[0] = rnd_below(64), w[1] = rnd_below(4);
	if (cmd == PHYSDEVOP_map_pirq && one_in(2)) {
		struct physdev_map_pirq *m = (void *)a;

		*m = (struct physdev_map_pirq){ .domid = any_domid(), .type = rnd_below(6), .index = rnd_below(64),
						.pirq = one_in(2) ? -1 : (int)rnd_below(64), .bus = 0,
						.devfn = rnd_below(64), .entry_nr = rnd_below(8),
						.table_base = one_in(2) ? 0 : any_value() };
	}
	return hypercall2(__HYPERVISOR_physdev_op, cmd, or_elsewhere(a, false));
}

/* --- registers, descriptors and traps: put right again after each call --- */

static long act_state(void)
{
	u64 *a = argument(256);

	no_upcalls(); /* the entry point may be nonsense for a moment */
	switch (rnd_below(12)) {
	case 0:
		fill(a, 256);
		if (one_in(2))
			((struct trap_info *)a)[rnd_below(15)].address = 0;
		return hypercall1(__HYPERVISOR_set_trap_table, one_in(4) ? any_address() : (u64)a);
	case 1:
		return hypercall3(__HYPERVISOR_set_callbacks, any_address(), any_address(), any_address());
	case 2:
		fill(a, 32);
		((u16 *)a)[0] = rnd_below(9);
		return hypercall2(__HYPERVISOR_callback_op, rnd_below(3), a);
	case 3:
		return hypercall2(__HYPERVISOR_stack_switch, any_value(), any_address());
	case 4:
		for (unsigned i = 0; i < 16; i++)
			a[i] = one_in(6) ? any_mfn() : table_mfn();
		return hypercall2(__HYPERVISOR_set_gdt, a, one_in(6) ? any_value() : rnd_below(2048));
	case 5: case 6:
		return hypercall2(__HYPERVISOR_update_descriptor,
				  (one_in(4) ? any_mfn() : table_mfn()) << 12 | rnd_below(4096 / 8) * 8 | one_in(10),
				  one_in(3) ? any_value() : 0x00cf93000000ffff | rnd_below(256) << 40);
	case 7:
		return hypercall2(__HYPERVISOR_set_segment_base, rnd_below(5), any_address());
	case 8:
		return hypercall2(__HYPERVISOR_set_debugreg, rnd_below(4), (u64)args + rnd_below(ARG_BYTES));
	case 9:
		return hypercall2(__HYPERVISOR_set_debugreg, any_value(), any_value());
	case 10:
		return hypercall1(__HYPERVISOR_fpu_taskswitch, any_value());
	}
	return hypercall2(__HYPERVISOR_vm_assist, rnd_below(3), one_in(4) ? any_value() : rnd_below(8));
}

/* A hypercall that runs into breakpoints wherever it reads and writes. */
static long act_breakpoints(void)
{
	u64 at = (u64)args + rnd_below(ARG_BYTES / 8) * 8;
	long rc;

	hypercall2(__HYPERVISOR_set_debugreg, 0, at);
	hypercall2(__HYPERVISOR_set_debugreg, 1, (u64)args + ARG_BYTES - 8);
	hypercall2(__HYPERVISOR_set_debugreg, 7, 0xbb0005);
	rc = hypercall2(__HYPERVISOR_xen_version, rnd_below(12), at);
	hypercall2(__HYPERVISOR_set_debugreg, 7, 0);
	return rc;
}

static long act_version(void)
{
	return hypercall2(__HYPERVISOR_xen_version, one_in(6) ? any_value() : rnd_below(14), any_address());
}

/* --- lists, and anything --- */

/* Would this be the end of us, by rights? */
static bool ends_us(u64 nr, u64 a1)
{
	switch (nr) {
	case __HYPERVISOR_iret:
		return true;
	case __HYPERVISOR_set_trap_table:
		return !a1; /* and then something to be told */
	case __HYPERVISOR_nmi_op:
		return !(u32)a1; /* an NMI that waits comes at once */
	case __HYPERVISOR_sched_op:
		return (u32)a1 != SCHEDOP_yield;
	case __HYPERVISOR_vcpu_op:
		return (u32)a1 == VCPUOP_down || (u32)a1 == VCPUOP_up || (u32)a1 == VCPUOP_register_vcpu_info ||
		       (u32)a1 == VCPUOP_send_nmi; /* to what this list made its handler */
	case __HYPERVISOR_event_channel_op: /* the console's port, perhaps */
		return !privileged && ((u32)a1 == EVTCHNOP_close || (u32)a1 == EVTCHNOP_reset);
	case __HYPERVISOR_console_io:
		return (u32)a1 == 0;
	case __HYPERVISOR_mmu_update:
	case __HYPERVISOR_update_va_mapping:
	case __HYPERVISOR_update_va_mapping_otherdomain:
	case __HYPERVISOR_mmuext_op:
		return true; /* with care elsewhere */
	}
	return false;
}

static long act_multicall(void)
{
	unsigned n = 1 + rnd_below(8);
	struct multicall_entry *m = (struct multicall_entry *)(calm_args + PAGE_SIZE) - n;

	no_upcalls();
	for (unsigned i = 0; i < n; i++) {
		fill(&m[i], sizeof(m[i]));
		do {
			m[i].op = one_in(10) ? any_value() : rnd_below(64);
			m[i].args[0] = one_in(4) ? any_value() : rnd_below(12);
		} while (ends_us(m[i].op, m[i].args[0]) && m[i].op != __HYPERVISOR_iret);
		m[i].args[1] = any_address();
	}
	/* A list that is longer than it looks ends at the page that is not there. */
	if (one_in(30))
		return hypercall2(__HYPERVISOR_multicall, m, any_value() | 0x100);
	return hypercall2(__HYPERVISOR_multicall, one_in(30) ? wild_address() : (u64)m, n);
}

static long act_anything(void)
{
	u64 nr, a[4];

	no_upcalls();
	do {
		nr = one_in(10) ? any_value() : rnd_below(64);
		for (unsigned i = 0; i < 4; i++)
			a[i] = one_in(3) ? any_address() : any_value();
	} while (ends_us(nr, a[0]) || nr == __HYPERVISOR_multicall); /* of whatever args holds */
	return hypercall(nr, a[0], a[1], a[2], a[3]);
}

const struct act call_acts[] = {
	{ "event_channel_op", act_event, 12, false },
	{ "grant map", act_grant_map, 6, false },
	{ "grant unmap", act_grant_unmap, 6, false },
	{ "grant copy", act_grant_copy, 5, false },
	{ "grant tables", act_grant_other, 6, false },
	{ "vcpu_op", act_vcpu, 6, false },
	{ "vCPU context", act_vcpu_context, 2, false },
	{ "sched_op", act_sched, 4, false },
	{ "physdev_op", act_physdev, 6, false },
	{ "registers", act_state, 8, true },
	{ "breakpoints", act_breakpoints, 2, true },
	{ "xen_version", act_version, 2, false },
	{ "multicall", act_multicall, 4, true },
	{ "any call", act_anything, 8, true },
	{ 0 },
};
