/* SPDX-License-Identifier: MIT */
/*
 * A Dom0 that makes a domain and handles its state carelessly or in bad faith:
 * extended processor state that XRSTOR would choke on, logs of changed frames
 * with impossible bitmaps and made-up continuations, domains that die while
 * logged, vCPUs that stop each other, a pinned vCPU (state-pin.c).  Every answer
 * is an errno, the log stays exact to the frame, and in the end all memory is
 * free again.
 */
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#include "bench/guests/pv/smp.h"
#include "bench/guests/pv/state.h"
#include "bench/guests/pv/verdict.h"

#define EFAULT 14
#define EINVAL 22
#define ESRCH 3
#define PAGING_DOMCTL_CONT 49

#define FRAMES 16 /* of the domain that is made */
#define XSTATE_MAX 16384
#define CONTEXTS 500 /* read of each other by two vCPUs */
/* Words of an XSAVE image behind XCR0 and the components. */
#define MXCSR (2 * 8 + 24)
#define XSTATE_BV (2 * 8 + 512)
#define XCOMP_BV (XSTATE_BV + 8)
#define RESERVED (XSTATE_BV + 16)

static struct xen_domctl ctl;
static domid_t made;
static xen_pfn_t frames[FRAMES]; /* machine frames, by the domain's own numbers */
static u64 *bitmap;
static u8 *window;

static void zero(void *p, size_t n)
{
	for (u8 *b = p; n; n--)
		*b++ = 0;
}

static long domctl(u32 cmd)
{
	ctl.cmd = cmd;
	ctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	ctl.domain = made;
	return hypercall1(__HYPERVISOR_domctl, &ctl);
}

static u64 free_frames(void)
{
	static struct xen_sysctl op;

	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	hypercall1(__HYPERVISOR_sysctl, &op);
	return op.u.physinfo.free_pages;
}

static void populate(void)
{
	struct xen_memory_reservation r = { .nr_extents = FRAMES, .domid = made };

	for (unsigned i = 0; i < FRAMES; i++)
		frames[i] = i;
	set_xen_guest_handle(r.extent_start, frames);
	check("populate", hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), FRAMES);
}

static void make_domain(void)
{
	zero(&ctl, sizeof(ctl));
	made = 0;
	ctl.u.createdomain = (struct xen_domctl_createdomain){
		.max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = -1,
		.max_maptrack_frames = -1, .grant_opts = 2,
	};
	check("createdomain", domctl(XEN_DOMCTL_createdomain), 0);
	made = ctl.domain;
	ctl.u.max_vcpus.max = 1;
	check("max_vcpus", domctl(XEN_DOMCTL_max_vcpus), 0);
	ctl.u.max_mem.max_memkb = 4 * FRAMES;
	check("max_mem", domctl(XEN_DOMCTL_max_mem), 0);
}

static void destroy_domain(void)
{
	check("destroydomain", domctl(XEN_DOMCTL_destroydomain), 0);
}

/* --- extended state ------------------------------------------------------------------ */

static u64 xstate[XSTATE_MAX / 8];

static long set_xstate(u64 size)
{
	zero(&ctl.u, sizeof(ctl.u));
	ctl.u.vcpuextstate.size = size;
	set_xen_guest_handle(ctl.u.vcpuextstate.buffer, xstate);
	return domctl(XEN_DOMCTL_setvcpuextstate);
}

/* With one word changed it is refused, then changed back. */
static void refuses(const char *what, u64 size, unsigned at, u64 bits)
{
	*(u64 *)((u8 *)xstate + at) ^= bits;
	check(what, set_xstate(size) < 0, 1);
	*(u64 *)((u8 *)xstate + at) ^= bits;
}

static void extended_state(void)
{
	u64 size, mask;

	zero(&ctl.u, sizeof(ctl.u));
	check("ask for the size", domctl(XEN_DOMCTL_getvcpuextstate), 0);
	size = ctl.u.vcpuextstate.size;
	mask = ctl.u.vcpuextstate.xfeature_mask;
	check("a size that makes sense", size >= 592 && size <= XSTATE_MAX, 1);
	ctl.u.vcpuextstate.size = size - 8;
	check("too little room", domctl(XEN_DOMCTL_getvcpuextstate), -EINVAL);
	ctl.u.vcpuextstate.size = size;
	ctl.u.vcpuextstate.xfeature_mask = mask;
	ctl.u.vcpuextstate.buffer.p = (void *)0x1000;
	check("into nothing", domctl(XEN_DOMCTL_getvcpuextstate), -EFAULT);
	set_xen_guest_handle(ctl.u.vcpuextstate.buffer, xstate);
	check("get", domctl(XEN_DOMCTL_getvcpuextstate), 0);
	check("and set", set_xstate(size), 0);
	check("too short", set_xstate(100), -EINVAL);
	check("too long", set_xstate(XSTATE_MAX), -EINVAL);
	refuses("no XCR0", size, 0, xstate[0]);
	refuses("XCR0 of the future", size, 0, 1ULL << 60);
	refuses("components of the future", size, 8, 1ULL << 60);
	refuses("XSTATE_BV of the future", size, XSTATE_BV, 1ULL << 60);
	refuses("compacted", size, XCOMP_BV, 1ULL << 63);
	refuses("reserved word", size, RESERVED, 1);
	refuses("MXCSR that faults", size, MXCSR, 1ULL << 20);
	check("still good", set_xstate(size), 0);
	ctl.u.vcpuextstate.vcpu = 1;
	check("no such vCPU", domctl(XEN_DOMCTL_setvcpuextstate) < 0, 1);
}

/* --- the log of changed frames ------------------------------------------------------------- */

static long shadow(u32 op, u64 pages, void *map)
{
	zero(&ctl.u, sizeof(ctl.u));
	ctl.u.shadow_op.op = op;
	ctl.u.shadow_op.pages = pages;
	set_xen_guest_handle(ctl.u.shadow_op.dirty_bitmap, map);
	return domctl(XEN_DOMCTL_shadow_op);
}

/* Clean, and compare the bitmap. */
static void dirty_is(const char *what, u64 want)
{
	*bitmap = ~0UL;
	check(what, shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 64, bitmap), 0);
	check(what, *bitmap, want);
}

static void clear_page(unsigned i)
{
	struct mmuext_op op = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = frames[i] };

	check("clear page", hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, made), 0);
}

static void write_mapped(unsigned i)
{
	check("map", hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, window,
				frames[i] << 12 | PTE_RW_PAGE, UVMF_INVLPG, made), 0);
	*(volatile u64 *)window = i;
	check("unmap", hypercall3(__HYPERVISOR_update_va_mapping, window, 0, UVMF_INVLPG), 0);
}

static void rename_frame(unsigned i, u64 pfn)
{
	struct mmu_update u = { frames[i] << 12 | MMU_MACHPHYS_UPDATE, pfn };

	check("M2P entry", hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, made), 0);
}

static void exact(void)
{
	check("on", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, NULL), 0);
	check("on twice", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, NULL), -EINVAL);
	populate();
	dirty_is("new frames", (1UL << FRAMES) - 1);
	dirty_is("clean", 0);
	clear_page(3);
	*bitmap = 0;
	check("peek", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 64, bitmap), 0);
	check("peek", *bitmap, 1 << 3);
	check("peek counts", ctl.u.shadow_op.stats.dirty_count, 1);
	dirty_is("one cleared", 1 << 3);
	write_mapped(5);
	dirty_is("one written by us", 1 << 5);
	rename_frame(7, 20);
	dirty_is("one renamed", 1 << 20);
	rename_frame(7, 1UL << 50);
	dirty_is("one out of reach", 0);
	rename_frame(7, 7);
	dirty_is("and back", 1 << 7);
}

static void bad_arguments(void)
{
	check("unknown", shadow(77, 0, NULL), -EINVAL);
	check("more frames than there can be", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 1UL << 60, bitmap) < 0, 1);
	clear_page(1);
	check("bitmap in nothing", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 64, (void *)0x1000), -EFAULT);
	check("in the hypervisor", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 64, (void *)0xffff830000000000),
	      -EFAULT);
	dirty_is("nothing lost", 1 << 1);
	check("no bitmap", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 64, NULL), 0);
}

/* Continuations that never began. */
static void made_up(void)
{
	static const u64 where[] = { 0, 1, 0xfffffffe, 0xffffffff, 1UL << 32, 1UL << 62, 1UL << 63,
				     ~0UL };

	for (unsigned op = XEN_DOMCTL_SHADOW_OP_CLEAN; op <= XEN_DOMCTL_SHADOW_OP_PEEK; op++)
		for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
			shadow(op, 64, bitmap);
			check("made-up continuation",
			      hypercall3(PAGING_DOMCTL_CONT, &ctl, where[i], 0) <= 0, 1);
		}
	ctl.cmd = XEN_DOMCTL_destroydomain;
	check("continuation of something else", hypercall3(PAGING_DOMCTL_CONT, &ctl, 0, 0) < 0, 1);
	shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 64, bitmap);
	clear_page(2);
	dirty_is("still exact", 1 << 2);
}

static void log_of_changes(void)
{
	exact();
	bad_arguments();
	made_up();
	check("off", shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0, NULL), 0);
	check("off again", shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0, NULL), 0);
	dirty_is("no log, nothing dirty", 0);
	check("on again", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, NULL), 0);
	dirty_is("starts clean", 0);
}

/* --- each other ------------------------------------------------------------------------------ */

/* To be read a vCPU has to stop; while it waits for the other to stop it does not. */
static unsigned read_contexts(unsigned of)
{
	static struct vcpu_guest_context contexts[2];
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpucontext, .domain = 0,
				 .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	unsigned good = 0;

	op.u.vcpucontext.vcpu = of;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &contexts[of]);
	for (unsigned i = 0; i < CONTEXTS; i++)
		good += !hypercall1(__HYPERVISOR_domctl, &op);
	return good;
}

static volatile unsigned read_by_second;
static volatile bool second_done;

static void second_vcpu(unsigned id)
{
	read_by_second = read_contexts(0);
	second_done = true;
	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

static void each_other(void)
{
	if (vcpu_start(1, second_vcpu))
		return; /* there is none */
	check("contexts of the second", read_contexts(1), CONTEXTS);
	while (!second_done)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	check("contexts of the first", read_by_second, CONTEXTS);
}

void guest_main(const char *cmdline)
{
	u64 before;

	print("ORRERY-INIT start\nGUEST start\n");
	bitmap = page_alloc();
	window = page_alloc();
	make_domain(); /* warms up what is kept */
	destroy_domain();
	before = free_frames();
	make_domain();
	extended_state();
	log_of_changes();
	destroy_domain(); /* while it is logged */
	check("gone", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 64, bitmap), -ESRCH);
	made = 0;
	check("ourselves", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, NULL), -EINVAL);
	check("memory as before", free_frames() - before, 0);
	each_other();
	state_pinning();
	state_many_domains(!second_done);
	guest_verdict(0);
}
