/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest at what only Dom0 may do (anybody else just sees errors):
 * sysctl, domctl, platform_op, hypfs.  It makes domains, half finished ones,
 * gives them memory, grants and contexts of rubbish, lets them run, and destroys
 * them in any state.  Left out is what ends the machine.
 */
#include <xen/domctl.h>
#include <xen/hypfs.h>
#include <xen/memory.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <xen/grant_table.h>

#include "bench/guests/pv/fuzz.h"

/* 64-bit handles in the tools' structures have padding of their own. */
static void fill_with_pointers(u64 *a, unsigned words)
{
	fill(a, words * 8);
	for (unsigned i = 0; i < words; i++)
		if (one_in(3))
			a[i] = one_in(4) ? any_address() : (u64)args + rnd_below(256) * 8;
		else if (one_in(3))
			a[i] = rnd_below(4) | rnd_below(4) << 32;
}

static long act_sysctl(void)
{
	struct xen_sysctl *op = argument(sizeof(*op));

	fill_with_pointers((u64 *)op, sizeof(*op) / 8);
	op->cmd = one_in(10) ? any_value() : 1 + rnd_below(30);
	op->interface_version = one_in(30) ? any_value() : XEN_SYSCTL_INTERFACE_VERSION;
	switch (op->cmd) {
	case XEN_SYSCTL_debug_keys: /* one of them stops the machine, by design */
		op->u.debug_keys.nr_keys = one_in(2) ? 0 : 257 + rnd();
		break;
	case XEN_SYSCTL_tbuf_op: /* rings stay for ever: small ones */
		op->u.tbuf_op.cmd = rnd_below(7);
		op->u.tbuf_op.size = one_in(4) ? 0 : 2;
		op->u.tbuf_op.evt_mask &= 0x0f0ff000;
		break;
	case XEN_SYSCTL_cpupool_op: /* nor take the last pCPU away from us */
		op->u.cpupool_op.op = one_in(10) ? any_value() : 1 + rnd_below(7);
		op->u.cpupool_op.cpupool_id = rnd_below(POOLS);
		op->u.cpupool_op.cpu = rnd_below(4);
		if (op->u.cpupool_op.op == XEN_SYSCTL_CPUPOOL_OP_RMCPU)
			op->u.cpupool_op.cpupool_id = 1 + rnd_below(POOLS - 1);
		break;
	case XEN_SYSCTL_scheduler_op: /* of pools we are not in */
		op->u.scheduler_op.cpupool_id = op->u.scheduler_op.cmd == XEN_SYSCTL_SCHEDOP_putinfo ?
						1 + rnd_below(POOLS - 1) : rnd_below(POOLS);
		break;
	case XEN_SYSCTL_readconsole:
		op->u.readconsole.clear = 0;
		break;
	}
	return hypercall1(__HYPERVISOR_sysctl, one_in(50) ? (void *)any_address() : op);
}

static long act_platform(void)
{
	struct xen_platform_op *op = argument(sizeof(*op));

	fill_with_pointers((u64 *)op, sizeof(*op) / 8);
	do
		op->cmd = one_in(10) ? any_value() : 17 + rnd_below(50);
	while (op->cmd == XENPF_enter_acpi_sleep);
	op->interface_version = one_in(30) ? any_value() : XENPF_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_platform_op, op);
}

static long act_hypfs(void)
{
	static const char *const paths[] = { "/", "/params", "/params/loglvl", "/buildinfo/version",
					     "/cpupool/0/policy", "/cpupool/0/tunables", "/cpupool//", "/x",
					     "/cpupool/0/counters", "params", "/params/sched" };
	char *path = (char *)argument(300);
	const char *from = PICK(paths);
	u64 n = 0;

	while (from[n])
		path[n] = from[n], n++;
	path[n++] = one_in(10) ? 'x' : 0;
	if (one_in(10))
		n = any_value();
	/* Not written: what they would change is how long the next calls take. */
	register u64 r8 __asm__("r8") = one_in(4) ? any_value() : rnd_below(4096);

	__asm__ volatile("" : "+r"(r8)); /* the fifth argument; nothing in between uses it */
	return hypercall(__HYPERVISOR_hypfs_op, one_in(8) ? any_value() | 4 : rnd_below(2), (u64)path, n,
			 any_address());
}

/* --- domains --- */

static long domctl(struct xen_domctl *op, u32 cmd, u16 domid)
{
	op->cmd = cmd;
	op->domain = domid;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return hypercall1(__HYPERVISOR_domctl, op);
}

static long act_create(void)
{
	struct xen_domctl *op = argument(sizeof(*op));
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	long rc;

	fill(op, sizeof(*op));
	if (!one_in(8))
		*c = (struct xen_domctl_createdomain){
			.max_vcpus = one_in(10) ? any_value() : 1 + rnd_below(3),
			.max_evtchn_port = one_in(4) ? any_value() : 1023,
			.max_grant_frames = one_in(8) ? any_value() : 4,
			.max_maptrack_frames = one_in(8) ? any_value() : 4,
			.grant_opts = one_in(4) ? rnd_below(4) : 0,
			.flags = one_in(16) ? rnd() : 0,
			.cpupool_id = one_in(16) ? rnd_below(4) : 0,
		};
	rc = domctl(op, XEN_DOMCTL_createdomain, one_in(4) ? any_value() : 0);
	if (!rc && op->domain && op->domain < DOMID_FIRST_RESERVED)
		other_domain = op->domain;
	return rc;
}

static long act_destroy(void)
{
	struct xen_domctl *op = argument(sizeof(*op));

	fill(op, sizeof(*op));
	return domctl(op, XEN_DOMCTL_destroydomain, one_in(2) ? other_domain : 1 + rnd_below(40));
}

/* The steps of a builder, in any order. */
static long act_build(void)
{
	struct xen_domctl *op = argument(sizeof(*op));
	u16 domid = other_domain;

	if (domid == own_domid)
		return 0;
	fill(op, sizeof(*op));
	switch (rnd_below(6)) {
	case 0:
		op->u.max_vcpus.max = one_in(8) ? any_value() : 1 + rnd_below(3);
		return domctl(op, XEN_DOMCTL_max_vcpus, domid);
	case 1:
		op->u.max_mem.max_memkb = one_in(8) ? any_value() : 4096;
		return domctl(op, XEN_DOMCTL_max_mem, domid);
	case 2: {
		struct xen_memory_reservation *r = (void *)calm_args;
		u64 *list = (u64 *)(r + 1);

		*r = (struct xen_memory_reservation){ .nr_extents = 8, .domid = domid };
		for (unsigned i = 0; i < 8; i++)
			list[i] = i;
		set_xen_guest_handle(r->extent_start, list);
		if (hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, r) > 0)
			spare_keep(list[0]); /* not ours: to be tried where ours belong */
		return 0;
	}
	case 3: {
		struct vcpu_guest_context *c = (void *)(args + 64);

		fill(c, sizeof(*c));
		c->ctrlreg[3] = spare_frame() << 12;
		c->ctrlreg[1] = one_in(2) ? 0 : spare_frame() << 12;
		c->flags = rnd_below(1024) | VGCF_online;
		c->gdt_ents = c->ldt_ents = 0;
		c->fs_base = c->gs_base_kernel = c->gs_base_user = 0;
		c->event_callback_eip = c->failsafe_callback_eip = c->syscall_callback_eip = 0;
		for (unsigned i = 0; i < 256; i++)
			c->trap_ctxt[i].address = 0;
		op->u.vcpucontext.vcpu = rnd_below(3);
		set_xen_guest_handle(op->u.vcpucontext.ctxt, (void *)c);
		return domctl(op, XEN_DOMCTL_setvcpucontext, domid);
	}
	case 4:
		return domctl(op, XEN_DOMCTL_unpausedomain, domid);
	}
	/* A frame of its own as the root of its tables: all zero is a good one. */
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE + rnd_below(5), .arg1.mfn = spare_frame() };

	return hypercall4(__HYPERVISOR_mmuext_op, &pin, 1, 0, domid);
}

static long act_domctl(void)
{
	struct xen_domctl *op = argument(sizeof(*op));
	u16 domid = one_in(6) ? any_domid() : one_in(6) ? 0 : other_domain;
	u32 cmd = one_in(10) ? any_value() : 1 + rnd_below(88);

	fill_with_pointers((u64 *)op, sizeof(*op) / 8);
	if (domid == 0 && (cmd == XEN_DOMCTL_scheduler_op || cmd == XEN_DOMCTL_sendtrigger))
		domid = other_domain;
	return domctl(op, cmd, domid);
}

/* Map the other domain's grant table and write into it: then it grants us anything. */
static long act_foreign_grants(void)
{
	struct xen_mem_acquire_resource *a = (void *)calm_args;
	u64 *frames = (u64 *)(a + 1);
	u64 pte;
	long rc;

	*a = (struct xen_mem_acquire_resource){ .domid = other_domain, .type = one_in(10) ? any_value() : 1,
						.id = one_in(4) ? any_value() : rnd_below(2),
						.nr_frames = one_in(8) ? any_value() : 1,
						.frame = one_in(8) ? any_value() : 0 };
	set_xen_guest_handle(a->frame_list, frames);
	rc = hypercall2(__HYPERVISOR_memory_op, XENMEM_acquire_resource, a);
	if (rc)
		return rc;
	pte = frames[0] << 12 | PTE_RW_PAGE;
	rc = hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, PLAY_BASE, pte, UVMF_INVLPG, other_domain);
	if (!rc) {
		struct grant_entry_v1 *v1 = (void *)PLAY_BASE;

		for (unsigned i = 0; i < 20; i++)
			v1[i] = (struct grant_entry_v1){ 1 + rnd_below(2), own_domid, spare_frame() };
	}
	return rc;
}

const struct act control_acts[] = {
	{ "sysctl", act_sysctl, 6, false },
	{ "platform_op", act_platform, 3, false },
	{ "hypfs_op", act_hypfs, 2, false },
	{ "createdomain", act_create, 2, false },
	{ "destroydomain", act_destroy, 2, false },
	{ "building", act_build, 8, false },
	{ "domctl", act_domctl, 8, false },
	{ "foreign grants", act_foreign_grants, 3, false },
	{ 0 },
};
