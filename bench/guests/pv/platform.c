/* SPDX-License-Identifier: MIT */
/*
 * Start-up of a PV bench guest and its view of memory.  It keeps the page
 * tables the builder made and takes free pages from behind the boot stack.
 */
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#include "bench/guests/pv/pv.h"

#define VIRT_BASE 0xffffffff80000000UL

_Static_assert(offsetof(struct shared_info, evtchn_pending) == 2048, "used in head.S");
_Static_assert(offsetof(struct vcpu_info, evtchn_pending_sel) == 8, "used in head.S");

extern u8 shared_page[];
extern u64 boot_stack;
static u8 *next_page;

void platform_start(struct start_info *si);
void platform_write(const char *s, size_t n);
void unexpected_trap(u64 rip, u64 vector, u64 error);
void trap_de(void), trap_db(void), trap_of(void), trap_ud(void), trap_nm(void);
void trap_np(void), trap_ss(void), trap_gp(void), trap_pf(void), trap_ac(void), trap_soft(void);
void event_entry(void), syscall_entry(void), failsafe_entry(void);

static volatile u64 *table_va(u64 mfn)
{
	return (volatile u64 *)(VIRT_BASE + (((const u64 *)0xffff800000000000UL)[mfn] << 12));
}

/* What a guest prints goes into a ring that Dom0 empties; a full ring is waited for, a while. */
static void ring_write(struct xencons_interface *ring, const char *s, size_t n)
{
	struct evtchn_send notify = { start_info->console.domU.evtchn };
	unsigned patience = 10000000;

	while (n) {
		XENCONS_RING_IDX prod = ring->out_prod;

		while (n && prod - *(volatile XENCONS_RING_IDX *)&ring->out_cons < sizeof(ring->out)) {
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *s++;
			n--;
		}
		barrier();
		*(volatile XENCONS_RING_IDX *)&ring->out_prod = prod;
		hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &notify);
		if (n && !patience--)
			return;
		if (n)
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
	}
}

void platform_write(const char *s, size_t n)
{
	if (start_info->flags & SIF_INITDOMAIN)
		hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, n, s);
	else
		ring_write((void *)table_va(start_info->console.domU.mfn), s, n);
}

void guest_stop(void)
{
	struct sched_shutdown s = { SHUTDOWN_reboot };

	for (;;)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

void unexpected_trap(u64 rip, u64 vector, u64 error)
{
	print("GUEST unexpected trap %lu at %lx, error %lx, CR2 %lx\n", vector, rip, error,
	      shared_info ? shared_info->vcpu_info[0].arch.cr2 : 0);
	guest_stop();
}

u64 pfn_to_mfn(u64 pfn)
{
	return ((const u64 *)start_info->mfn_list)[pfn];
}

u64 va_to_mfn(const void *va)
{
	return pfn_to_mfn(((u64)va - VIRT_BASE) >> 12);
}

volatile u64 *pte_va(const void *va)
{
	volatile u64 *t = (volatile u64 *)start_info->pt_base;

	for (unsigned shift = 39; shift > 12; shift -= 9)
		t = table_va((t[(u64)va >> shift & 511] & PTE_FRAME) >> 12);
	return &t[(u64)va >> 12 & 511];
}

u64 pte_maddr(const void *va)
{
	u64 p = (u64)pte_va(va);

	return (va_to_mfn((void *)(p & ~(PAGE_SIZE - 1))) << 12) + (p & (PAGE_SIZE - 1));
}

void *page_alloc(void)
{
	u8 *p = next_page;

	next_page += PAGE_SIZE;
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		p[i] = 0;
	return p;
}

u64 spare_mfn(unsigned i)
{
	return pfn_to_mfn(start_info->nr_pages - 1 - i);
}

void platform_set_traps(void)
{
	static const struct trap_info traps[] = {
		{ 0, 0, 0xe033, (u64)trap_de },	 { 1, 0, 0xe033, (u64)trap_db },
		{ 3, 3, 0xe033, (u64)trap_bp },	 { 4, 3, 0xe033, (u64)trap_of },
		{ 6, 0, 0xe033, (u64)trap_ud },	 { 7, 0, 0xe033, (u64)trap_nm },
		{ 11, 0, 0xe033, (u64)trap_np }, { 12, 0, 0xe033, (u64)trap_ss },
		{ 13, 0, 0xe033, (u64)trap_gp }, { 14, 0, 0xe033, (u64)trap_pf },
		{ 17, 0, 0xe033, (u64)trap_ac }, { 32, 3, 0xe033, (u64)trap_soft },
		{ 0 },
	};
	static const struct callback_register callbacks[] = {
		{ CALLBACKTYPE_event, CALLBACKF_mask_events, (u64)event_entry },
		{ CALLBACKTYPE_failsafe, CALLBACKF_mask_events, (u64)failsafe_entry },
		{ CALLBACKTYPE_syscall, CALLBACKF_mask_events, (u64)syscall_entry },
	};

	hypercall1(__HYPERVISOR_set_trap_table, traps);
	for (unsigned i = 0; i < ARRAY_SIZE(callbacks); i++)
		hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &callbacks[i]);
}

void platform_start(struct start_info *si)
{
	u8 *stack = (u8 *)((boot_stack - 1) & ~(PAGE_SIZE - 1));

	next_page = stack + PAGE_SIZE;
	platform_set_traps();
	/* The kernel stack for entries from user mode: the boot stack's page. */
	hypercall2(__HYPERVISOR_stack_switch, 0xe02b, boot_stack);
	if (hypercall3(__HYPERVISOR_update_va_mapping, shared_page, si->shared_info | PTE_RW_PAGE,
		       UVMF_INVLPG)) {
		print("GUEST cannot map shared_info\n");
		guest_stop();
	}
	shared_info = (struct shared_info *)shared_page;
	guest_main((const char *)si->cmd_line);
	guest_stop();
}

u64 now_ns(void)
{
	const volatile struct vcpu_time_info *t = &shared_info->vcpu_info[0].time;
	u32 version;
	u64 ns;

	do {
		u64 delta;

		version = t->version;
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
		ns = t->system_time + (u64)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
		barrier();
	} while (version & 1 || version != t->version);
	return ns;
}
