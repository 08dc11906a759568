/* SPDX-License-Identifier: MIT */
/*
 * A PV guest that does anything: every hypercall and sub-operation with random
 * but mostly meaningful arguments, privileged instructions, selectors, return
 * frames, stores to page tables; where it has more vCPUs, those change the
 * arguments meanwhile and work on the same frames (fuzz-race.c).  All follows
 * from seed=; count= says how much of it.  It restores after each step what it needs
 * itself.  The hypervisor must survive, and have its memory back at the end.
 *
 *	fuzz-pv count=50000 seed=1 [skip=NAME] [only=NAME] [show=N]
 *
 * With only= and skip= a kind of step is tried alone or left out (what its name
 * begins with); show= prints the steps from the Nth on: which one was the last?
 */
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "bench/guests/pv/fuzz.h"

#define ALIGNED_PAGE __attribute__((aligned(4096)))
#define MAX_ACTS 48
#define ROUNDS 8 /* clean-ups on the way, or more: */
#define ROUND_STEPS 25000
#define LOST_MAX 8 /* frames in the second half: lists of records that grow and stay */
#define LEFT_MAX 8 /* mappings: another vCPU may have changed what we know of one */

u64 rng_state;
u8 data_pages[PLAY_DATA][PAGE_SIZE] ALIGNED_PAGE, table_pages[PLAY_TABLES][PAGE_SIZE] ALIGNED_PAGE;
u8 args[ARG_BYTES + PAGE_SIZE] ALIGNED_PAGE;
u8 calm_args[2 * PAGE_SIZE] ALIGNED_PAGE, grant_page[PAGE_SIZE] ALIGNED_PAGE;
static u8 play_l3[PAGE_SIZE] ALIGNED_PAGE, play_l2[PAGE_SIZE] ALIGNED_PAGE;
static u8 play_l1_pages[2][PAGE_SIZE] ALIGNED_PAGE;
u64 spare[SPARES], play_l1[2], nr_own_pfns, max_ram;
bool privileged;
u16 own_domid, other_domain;
struct handle handles[HANDLES];

static struct {
	const struct act *act;
	u32 calls, accepted, trapped;
} acts[MAX_ACTS];
static unsigned nr_acts, total_weight, mappings_left;
static u64 steps, show_from;

static bool starts_with(const char *s, const char *start)
{
	while (*start && *s == *start)
		s++, start++;
	return !*start;
}

/* Taken at the start: the page that says so may be cleared later, by ourselves. */
static struct vcpu_time_info time_base;

u64 now(void)
{
	u64 delta = rdtsc() - time_base.tsc_timestamp;

	delta = time_base.tsc_shift < 0 ? delta >> -time_base.tsc_shift : delta << time_base.tsc_shift;
	return time_base.system_time + (u64)((unsigned __int128)delta * time_base.tsc_to_system_mul >> 32);
}

/* --- the play area: tables of its own below a free slot of the root --- */

static long mmu_op(unsigned cmd, u64 mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static long write_pte(u64 maddr, u64 val)
{
	struct mmu_update u = { maddr, val };

	return hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

/* No random jump may find code here: what that did would say nothing of the hypervisor. */
static void map_as_data(void *page, u64 flags)
{
	hypercall3(__HYPERVISOR_update_va_mapping, page, va_to_mfn(page) << 12 | flags | PTE_NX, UVMF_INVLPG);
}

static u64 root_slot(void)
{
	return (va_to_mfn((void *)start_info->pt_base) << 12) + (PLAY_BASE >> 39 & 511) * 8;
}

/* Whatever has become of it: hook it up again. */
void rebuild_play(void)
{
	u64 l3 = va_to_mfn(play_l3) << 12, l2 = va_to_mfn(play_l2) << 12;

	for (unsigned i = 0; i < 2; i++)
		write_pte(l2 + i * 8, play_l1[i] << 12 | PTE_RW_PAGE);
	write_pte(l3, l2 | PTE_RW_PAGE);
	write_pte(root_slot(), l3 | PTE_RW_PAGE | PTE_NX);
}

static void build_play(void)
{
	void *const pages[] = { play_l3, play_l2, play_l1_pages[0], play_l1_pages[1] };

	for (unsigned i = 0; i < 2; i++)
		play_l1[i] = va_to_mfn(play_l1_pages[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		map_as_data(pages[i], PTE_RO_PAGE);
	mmu_op(MMUEXT_PIN_L1_TABLE, play_l1[0]);
	mmu_op(MMUEXT_PIN_L1_TABLE, play_l1[1]);
	rebuild_play();
	for (unsigned i = 0; i < PLAY_TABLES; i++)
		map_as_data(table_pages[i], PTE_RO_PAGE);
	for (unsigned i = 0; i < ARG_BYTES; i += PAGE_SIZE)
		map_as_data(args + i, PTE_RW_PAGE);
	map_as_data(calm_args, PTE_RW_PAGE);
	hypercall3(__HYPERVISOR_update_va_mapping, args + ARG_BYTES, 0, UVMF_INVLPG);
	hypercall3(__HYPERVISOR_update_va_mapping, calm_args + PAGE_SIZE, 0, UVMF_INVLPG);
	for (unsigned i = 0; i < SPARES; i++)
		spare[i] = spare_mfn(i);
}

/* Our own grant table, also where calls about it can be answered with surprises.  At its largest
 * from the start: what is lost later is lost. */
static void map_grants(void)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF };
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	xen_pfn_t *frames = (xen_pfn_t *)args;

	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, &size, 1);
	setup.nr_frames = size.max_nr_frames;
	set_xen_guest_handle(setup.frame_list, frames);
	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &setup, 1);
	if (!setup.status)
		hypercall3(__HYPERVISOR_update_va_mapping, grant_page, frames[0] << 12 | PTE_RW_PAGE,
			   UVMF_INVLPG);
}

/* Which domain are we?  An unbound port for ourselves tells. */
static u16 ask_own_domid(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_status s = { .dom = DOMID_SELF };
	struct evtchn_close c;

	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a);
	s.port = c.port = a.port;
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_status, &s);
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &c);
	return s.u.unbound.dom;
}

/* --- after each step --- */

#define ARG_PAGES (ARG_BYTES / PAGE_SIZE + 1)

static struct {
	volatile u64 *entry;
	u64 good;
} args_map[ARG_PAGES + 2];

/* Those of both kinds, and behind each the one that is not there. */
static u8 *args_page(unsigned i)
{
	return i < ARG_PAGES ? args + i * PAGE_SIZE : calm_args + (i - ARG_PAGES) * PAGE_SIZE;
}

static void remember_args(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(args_map); i++) {
		args_map[i].entry = pte_va(args_page(i));
		args_map[i].good = *args_map[i].entry;
	}
}

/* A grant may have been mapped over them, and unmapped. */
void restore_args(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(args_map); i++)
		if ((*args_map[i].entry ^ args_map[i].good) & ~(PTE_A | PTE_D))
			hypercall3(__HYPERVISOR_update_va_mapping, args_page(i), args_map[i].good, UVMF_INVLPG);
}

static void put_right(void)
{
	/* INT3 on top of them, from anywhere: #BP goes the way of #OF. */
	static const struct trap_info traps[] = {
		{ 0, 0, 0xe033, (u64)fuzz_trap_de },  { 1, 0, 0xe033, (u64)fuzz_trap_db },
		{ 3, 3, 0xe033, (u64)fuzz_trap_of },  { 4, 3, 0xe033, (u64)fuzz_trap_of },
		{ 6, 0, 0xe033, (u64)fuzz_trap_ud },  { 7, 0, 0xe033, (u64)fuzz_trap_nm },
		{ 11, 0, 0xe033, (u64)fuzz_trap_np }, { 12, 0, 0xe033, (u64)fuzz_trap_ss },
		{ 13, 0, 0xe033, (u64)fuzz_trap_gp }, { 14, 0, 0xe033, (u64)fuzz_trap_pf },
		{ 17, 0, 0xe033, (u64)fuzz_trap_ac }, { 32, 3, 0xe033, (u64)fuzz_trap_soft },
		{ 0 },
	};
	static const struct callback_register nmi = { CALLBACKTYPE_nmi, 0, (u64)trap_bp };

	shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
	hypercall1(__HYPERVISOR_set_trap_table, 0); /* no gate stays that is not in these lists */
	platform_set_traps();
	hypercall1(__HYPERVISOR_set_trap_table, traps);
	hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &nmi);
	hypercall2(__HYPERVISOR_stack_switch, 0xe02b, boot_stack);
	hypercall2(__HYPERVISOR_set_debugreg, 7, 0);
	hypercall1(__HYPERVISOR_fpu_taskswitch, 0);
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
}

/* --- clean-up, and what is missing then --- */

#define LISTED 64

static struct xen_domctl_getdomaininfo listed[LISTED];

/* The domains besides us, up to LISTED of them. */
static unsigned list_domains(void)
{
	static struct xen_sysctl op;

	op.cmd = XEN_SYSCTL_getdomaininfolist;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op.u.getdomaininfolist.first_domain = 1;
	op.u.getdomaininfolist.max_domains = LISTED;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, listed);
	return hypercall1(__HYPERVISOR_sysctl, &op) ? 0 : op.u.getdomaininfolist.num_domains;
}

/* All that we made.  Those of which we hold frames stay, dying. */
static void destroy_domains(void)
{
	static struct xen_domctl kill;

	for (unsigned tries = 0, n; tries < 100 && (n = list_domains()) != 0; tries++)
		for (unsigned i = 0; i < n; i++) {
			kill.cmd = XEN_DOMCTL_destroydomain;
			kill.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			kill.domain = listed[i].domain;
			hypercall1(__HYPERVISOR_domctl, &kill);
		}
	other_domain = own_domid;
}

/* Version 1, which has no frames of status words.  What the entries hold might not fit it. */
static void plain_grants(void)
{
	struct gnttab_set_version set = { 1 };

	memset(grant_page, 0, PAGE_SIZE);
	hypercall3(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &set, 1);
}

/* Pools, which never have a pCPU here: what their schedulers take differs. */
static void destroy_pools(void)
{
	static struct xen_sysctl op;

	for (unsigned id = 1; id < POOLS; id++) {
		op.cmd = XEN_SYSCTL_cpupool_op;
		op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_DESTROY;
		op.u.cpupool_op.cpupool_id = id;
		hypercall1(__HYPERVISOR_sysctl, &op);
	}
}

/* All that would make a count of frames differ from the last. */
static void clean_up_domains(void)
{
	unsigned left;

	plain_grants();
	destroy_domains();
	for (unsigned i = 0; i < 1000; i++) /* what is left of them goes in softirqs */
		hypercall2(__HYPERVISOR_sched_op, 0, 0);
	destroy_pools();
	left = list_domains();
	for (unsigned i = 0; i < left; i++)
		print("fuzz: domain %u is left, flags %x, %lu frames\n", listed[i].domain, listed[i].flags,
		      listed[i].tot_pages);
}

static void clean_up(void)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };

	end_mappings();
	if (privileged) /* a guest needs its console till the end */
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_reset, &reset);
	for (unsigned i = 0; i < 1024; i++)
		write_pte(play_l1[i / 512] << 12 | (i % 512) << 3, 0);
	hypercall2(__HYPERVISOR_set_gdt, args, 0);
	mmu_op(MMUEXT_SET_LDT, 0);
	mmu_op(MMUEXT_NEW_USER_BASEPTR, 0);
	for (unsigned pass = 0; pass < 4; pass++)
		for (unsigned i = 0; i < PLAY_TABLES; i++)
			mmu_op(MMUEXT_UNPIN_TABLE, va_to_mfn(table_pages[i]));
	mmu_op(MMUEXT_TLB_FLUSH_ALL, 0);
	mappings_left = end_mappings(); /* what was a table is none any more */
	if (privileged)
		clean_up_domains();
}

/* Frames that are free or ours: moves between the two change nothing. */
static u64 frames_accounted(void)
{
	static struct xen_sysctl op;
	struct xen_memory_domain self = { DOMID_SELF };

	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (!privileged || hypercall1(__HYPERVISOR_sysctl, &op))
		return 0;
	return op.u.physinfo.free_pages + hypercall2(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self);
}

/* --- the loop --- */

static void add_acts(const struct act *list, const char *only, const char *skip)
{
	for (; list->run && nr_acts < MAX_ACTS; list++) {
		if ((*skip && starts_with(list->name, skip)) || !starts_with(list->name, only))
			continue;
		acts[nr_acts++].act = list;
		total_weight += list->weight;
	}
}

static unsigned choose(void)
{
	unsigned at = rnd_below(total_weight), i = 0;

	while (at >= acts[i].act->weight)
		at -= acts[i++].act->weight;
	return i;
}

static void one_step(void)
{
	unsigned i = choose();
	long result = 0;
	bool trapped;

	if (steps++ >= show_from)
		print("%lu %s\n", steps - 1, acts[i].act->name);
	acts[i].calls++;
	trapped = guarded(acts[i].act->run, &result);
	acts[i].trapped += trapped;
	acts[i].accepted += !trapped && result >= 0;
	if (trapped || acts[i].act->upsets)
		put_right();
	restore_args();
	if (one_in(64))
		rebuild_play();
}

/* What Dom0's scenarios and the runner look for. */
static void report(u64 seed, u64 count, s64 lost)
{
	for (unsigned i = 0; i < nr_acts && privileged; i++)
		print("ORRERY-LOG %s: %u calls, %u accepted, %u trapped\n", acts[i].act->name, acts[i].calls,
		      acts[i].accepted, acts[i].trapped);
	if (!privileged) {
		print("GUEST fuzz-seed=%lu\nGUEST fuzz-steps=%lu\nGUEST fuzz-end\n", seed, count);
		return;
	}
	print("ORRERY seed=%lu\nORRERY steps=%lu\nORRERY frames-lost=%ld\nORRERY mappings-left=%u\n", seed, count,
	      lost, mappings_left);
	print("ORRERY result=%s\nORRERY-INIT end\n",
	      lost > LOST_MAX || mappings_left > LEFT_MAX ? "fail" : "pass");
}

static void prepare(const char *cmdline)
{
	char skip[32] = "", only[32] = "";

	option(cmdline, "skip", skip, sizeof(skip));
	option(cmdline, "only", only, sizeof(only));
	show_from = number_option(cmdline, "show", ~0UL);
	rng_state = number_option(cmdline, "seed", 1) * 0x9e3779b97f4a7c15UL | 1;
	privileged = start_info->flags & SIF_PRIVILEGED;
	time_base = shared_info->vcpu_info[0].time;
	max_ram = hypercall2(__HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0);
	nr_own_pfns = (start_info->pt_base - 0xffffffff80000000UL) / PAGE_SIZE + start_info->nr_pt_frames + 256;
	own_domid = other_domain = ask_own_domid();
	build_play();
	map_grants();
	add_acts(mmu_acts, only, skip);
	add_acts(call_acts, only, skip);
	add_acts(cpu_acts, only, skip);
	add_acts(control_acts, only, skip);
	remember_args();
	start_secondaries();
	clean_up();
	put_right();
}

static void shut_down(void)
{
	struct sched_shutdown off = { SHUTDOWN_poweroff };

	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &off);
}

void guest_main(const char *cmdline)
{
	u64 count = number_option(cmdline, "count", 20000), start = 0, end = 0;
	unsigned rounds = count / ROUND_STEPS > ROUNDS ? count / ROUND_STEPS : ROUNDS;

	print("ORRERY-INIT start\n");
	prepare(cmdline);
	for (unsigned round = 0; round < rounds; round++) {
		secondaries_may_run(true);
		for (u64 i = 0; i < count / rounds; i++)
			one_step();
		secondaries_may_run(false);
		clean_up();
		end = frames_accounted();
		if (round == rounds / 2) /* by now nearly everything that stays has been made once */
			start = end;
		print("fuzz: round %u of %u, %lu frames accounted for, %u mappings left\n", round + 1, rounds, end,
		      mappings_left);
	}
	report(number_option(cmdline, "seed", 1), count, start - end);
	if (!privileged)
		shut_down();
}
