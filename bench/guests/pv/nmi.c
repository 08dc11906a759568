/* SPDX-License-Identifier: MIT */
/*
 * Non-maskable interrupts as a PV kernel gets them: registered by any of the
 * three ways, one at a time until iret, past the event mask, in user mode and
 * out of a sleep.  The hardware's come from QEMU's i6300esb watchdog, which the
 * runner tells to inject them.  As Dom0, on us and on the peer.
 */
#include <xen/callback.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/pv.h"

#define TRAP_NMI 2
#define WATCHDOG_ID 0x25ab8086
#define WATCHDOG_LOCK 0x68
#define WATCHDOG_ENABLE 2
#define TIMER1 0
#define TIMER2 1
#define RELOAD 3

extern u8 nmi_entry[];
void nmi_handler(void);

static unsigned checks, failures;
static volatile unsigned nmis, depth, deepest, again;
static volatile u8 mask_seen;
static volatile u32 *watchdog;
static unsigned watchdog_devfn;

/* Everything a C function may change is saved; the frame is the ABI's without an error code. */
__asm__(".globl nmi_entry\n"
	"nmi_entry:\n\t"
	"push %rax; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10\n\t"
	"sub $8, %rsp; call nmi_handler; add $8, %rsp\n\t"
	"pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rax\n\t"
	"mov 8(%rsp), %r11; movq $0, 8(%rsp); push %r11; push %rax\n\t"
	"mov $23, %eax; syscall\n");

static void check(const char *what, long got, long want)
{
	checks++;
	if (got == want)
		return;
	failures++;
	print("FAIL %s: %ld, not %ld\n", what, got, want);
}

static long send_nmi(void)
{
	return hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 0);
}

void nmi_handler(void)
{
	nmis++;
	depth++;
	deepest = depth > deepest ? depth : deepest;
	mask_seen = shared_info->vcpu_info[0].evtchn_upcall_mask;
	if (again) {
		again--;
		send_nmi();
	}
	depth--;
}

static long set_handler(u64 address)
{
	struct xennmi_callback cb = { .handler_address = address };

	return hypercall2(__HYPERVISOR_nmi_op, XENNMI_register_callback, &cb);
}

static void registration(void)
{
	struct callback_register c = { .type = CALLBACKTYPE_nmi, .address = (u64)nmi_entry };
	struct callback_unregister u = { .type = CALLBACKTYPE_nmi };
	struct trap_info traps[] = { { TRAP_NMI, 0, 0xe033, (u64)nmi_entry }, { 0 } };

	check("handler that is no address", set_handler(0x800000000000), -22);
	check("handler from nowhere", hypercall2(__HYPERVISOR_nmi_op, 0, 0x1000), -14);
	check("unknown nmi_op", hypercall2(__HYPERVISOR_nmi_op, 2, 0), -38);
	check("sent with no handler", send_nmi(), 0);
	check("nothing happens", nmis, 0);
	check("set by nmi_op", set_handler((u64)nmi_entry), 0);
	check("the lost one does not come back", nmis, 0);
	send_nmi();
	check("arrives", nmis, 1);
	check("unset by nmi_op", hypercall2(__HYPERVISOR_nmi_op, XENNMI_unregister_callback, 0), 0);
	send_nmi();
	check("unset", nmis, 1);
	check("set by callback_op", hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &c), 0);
	send_nmi();
	check("arrives by callback_op", nmis, 2);
	check("unset by callback_op", hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_unregister, &u), 0);
	send_nmi();
	check("unset by callback_op, too", nmis, 2);
	check("set by the trap table", hypercall1(__HYPERVISOR_set_trap_table, traps), 0);
	send_nmi();
	check("arrives by the trap table", nmis, 3);
	check("to no such vCPU", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 77, 0), -2);
}

static void nesting(void)
{
	volatile u8 *mask = &shared_info->vcpu_info[0].evtchn_upcall_mask;

	nmis = deepest = 0;
	again = 3;
	send_nmi();
	check("each of those sent by the handler", nmis, 4);
	check("never one in another", deepest, 1);
	*mask = 1;
	send_nmi();
	check("with events masked", nmis, 5);
	check("the mask in the handler", mask_seen, 1);
	check("and afterwards", *mask, 1);
	*mask = 0;
	send_nmi();
	check("without", nmis, 6);
	check("it is not set by the NMI", mask_seen, 0);
	check("nor left set", *mask, 0);
	again = 1;
	*mask = 1;
	send_nmi();
	check("two with events masked", nmis, 8);
	check("the mask survives both", *mask, 1);
}

/* --- the hardware's ------------------------------------------------------------------ */

static void pci_address(unsigned reg)
{
	__asm__ volatile("outl %0, %1" : : "a"(0x80000000 | watchdog_devfn << 8 | reg), "d"((u16)0xcf8));
}

static u32 pci_read(unsigned reg)
{
	u32 v;

	pci_address(reg);
	__asm__ volatile("inl %1, %0" : "=a"(v) : "d"((u16)0xcfc));
	return v;
}

static void pci_write(unsigned reg, u32 v)
{
	pci_address(reg);
	__asm__ volatile("outl %0, %1" : : "a"(v), "d"((u16)0xcfc));
}

static bool find_watchdog(void)
{
	struct physdev_set_iopl iopl = { 1 };

	hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl);
	for (watchdog_devfn = 0; watchdog_devfn < 256; watchdog_devfn += 8)
		if (pci_read(0) == WATCHDOG_ID)
			break;
	if (watchdog_devfn == 256)
		return false;
	pci_write(4, 7);
	watchdog = page_alloc();
	if (hypercall3(__HYPERVISOR_update_va_mapping, watchdog,
		       (pci_read(0x10) & PTE_FRAME) | PTE_RW_PAGE, UVMF_INVLPG))
		return false;
	watchdog = (volatile u32 *)((u64)watchdog + (pci_read(0x10) & 0xff0));
	return true;
}

/* Registers are written behind two magic words each (Intel 6300ESB data sheet, 16.4). */
static void watchdog_write(unsigned reg, u32 v)
{
	*(volatile u16 *)&watchdog[RELOAD] = 0x80;
	*(volatile u16 *)&watchdog[RELOAD] = 0x86;
	watchdog[reg] = v;
}

static void watchdog_lock(u8 v)
{
	pci_address(WATCHDOG_LOCK);
	__asm__ volatile("outb %0, %1" : : "a"(v), "d"((u16)0xcfc));
}

/* Two stages of 2 * 2^15 clocks of 33 MHz each: 4 ms until it fires. */
static void watchdog_start(void)
{
	watchdog_lock(0);
	watchdog_write(TIMER1, 2);
	watchdog_write(TIMER2, 2);
	watchdog_lock(WATCHDOG_ENABLE);
}

static void spin_until(unsigned count)
{
	for (u64 end = rdtsc() + 500000000; nmis < count && rdtsc() < end;)
		barrier();
}

static void user_spin(u64 *samples, u64 n)
{
	for (u64 end = rdtsc() + 500000000; !nmis && rdtsc() < end;)
		barrier();
	__asm__ volatile("mov $1, %eax; syscall");
}

/* One set of tables for both modes will do. */
static bool user_mode_ready(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR,
				.arg1.mfn = va_to_mfn((void *)start_info->pt_base) };

	return !hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static void hardware(void)
{
	u64 *stack = page_alloc();

	if (!find_watchdog()) {
		failures++;
		print("FAIL no watchdog\n");
		return;
	}
	nmis = 0;
	check("no reason yet", shared_info->arch.nmi_reason, 0);
	watchdog_start();
	spin_until(1);
	check("from the hardware", nmis, 1);
	check("of unknown reason", shared_info->arch.nmi_reason, XEN_NMIREASON_unknown);
	nmis = 0;
	watchdog_start();
	/* Nothing else can wake it: no event channel is bound. */
	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	check("ends a sleep", nmis, 1);
	nmis = 0;
	check("user mode", user_mode_ready(), 1);
	watchdog_start();
	run_in_user_mode(user_spin, NULL, 0, (u64)stack + PAGE_SIZE);
	check("in user mode", nmis, 1);
	watchdog_lock(0);
}

void guest_main(const char *cmdline)
{
	registration();
	nesting();
	hardware();
	print("GUEST %u checks, %u failed\nORRERY result=%s\nORRERY-INIT end\n", checks, failures,
	      failures ? "fail" : "pass");
}
