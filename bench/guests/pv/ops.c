/* SPDX-License-Identifier: MIT */
/*
 * The PV guest's operations: what a PV kernel does all the time, one function
 * each, kept to the operation itself.  Run as Dom0, so that tracing can be
 * switched on around the traced ones.
 */
#include <xen/event_channel.h>
#include <xen/physdev.h>
#include <xen/sysctl.h>
#include <xen/trace.h>
#include <xen/vcpu.h>

#include "bench/guests/micro.h"
#include "bench/guests/pv/ops.h"
#include "bench/guests/pv/pv.h"

#define BATCH 64

static u8 *target;            /* a page whose mapping is changed */
static u64 target_frame, target_pte_maddr;
static volatile u64 *target_pte;
static u8 *table;             /* an L1 of our own, mapped read-only when pinned */
static struct mmu_update updates[BATCH];
static struct mmuext_op pin_op, unpin_op;
static struct evtchn_send send_op;
static struct multicall_entry calls[16];
static u64 user_samples[1000];

static void op_null(void) { hypercall2(__HYPERVISOR_xen_version, 0, 0); }
static void op_enosys(void) { hypercall0(63); }
static void op_stack_switch(void) { hypercall2(__HYPERVISOR_stack_switch, 0xe02b, start_info); }
static void op_segment_base(void) { hypercall2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0); }
static void op_fpu_taskswitch(void) { hypercall1(__HYPERVISOR_fpu_taskswitch, 0); }
static void op_yield(void) { hypercall2(__HYPERVISOR_sched_op, 0, 0); }
static void op_multicall_1(void) { hypercall2(__HYPERVISOR_multicall, calls, 1); }
static void op_multicall_16(void) { hypercall2(__HYPERVISOR_multicall, calls, 16); }
static void op_int3(void) { __asm__ volatile("int3"); }
static void op_send(void) { hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send_op); }
static void op_pin_unpin(void)
{
	hypercall4(__HYPERVISOR_mmuext_op, &pin_op, 1, 0, DOMID_SELF);
	hypercall4(__HYPERVISOR_mmuext_op, &unpin_op, 1, 0, DOMID_SELF);
}
static void op_mmu_one(void) { hypercall4(__HYPERVISOR_mmu_update, updates, 1, 0, DOMID_SELF); }
static void op_mmu_batch(void) { hypercall4(__HYPERVISOR_mmu_update, updates, BATCH, 0, DOMID_SELF); }
static void op_va_ro(void)
{
	hypercall3(__HYPERVISOR_update_va_mapping, target, target_frame | PTE_RO_PAGE, UVMF_INVLPG);
}
static void op_va_rw(void)
{
	hypercall3(__HYPERVISOR_update_va_mapping, target, target_frame | PTE_RW_PAGE, UVMF_INVLPG);
}
static void op_pte_write_ro(void) { *target_pte = target_frame | PTE_RO_PAGE; }
static void op_pte_write_rw(void) { *target_pte = target_frame | PTE_RW_PAGE; }
static void op_invlpg(void)
{
	static struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL };

	hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}
static void op_new_baseptr(void)
{
	static struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };

	op.arg1.mfn = va_to_mfn((void *)start_info->pt_base);
	hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}
static void op_timer(void)
{
	static struct vcpu_set_singleshot_timer t = { .flags = 0 };

	t.timeout_abs_ns = 1000000000000ULL;
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t);
}
static void op_timer_stop(void) { hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0); }
static void op_rdmsr_gs(void)
{
	__asm__ volatile("rdmsr" : : "c"(0xc0000102) : "rax", "rdx");
}
static void op_rdmsr_apic(void)
{
	__asm__ volatile("rdmsr" : : "c"(0x1b) : "rax", "rdx");
}
static void op_read_cr0(void)
{
	u64 v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
}
static int setup_iopl(void)
{
	struct physdev_set_iopl iopl = { 1 };

	return hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl);
}
static void op_port_in(void)
{
	__asm__ volatile("inb %%dx, %%al" : : "d"(0x1234) : "rax");
}
static void op_cpuid(void)
{
	__asm__ volatile("ud2a; .ascii \"xen\"; cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
}
static void op_ud(void)
{
	__asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, fault_resume(%%rip); ud2; 1:"
			 : : : "rax", "memory");
}
static void op_page_fault(void)
{
	__asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, fault_resume(%%rip); mov (%0), %0; 1:"
			 : : "r"(0x12345000UL) : "rax", "memory");
}

static int setup_target(void)
{
	if (!target) {
		target = page_alloc();
		target_frame = va_to_mfn(target) << 12;
		target_pte_maddr = pte_maddr(target);
		target_pte = pte_va(target);
	}
	return 0;
}

static int setup_multicall(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	return 0;
}

static int setup_events(void)
{
	struct evtchn_bind_ipi bind = { .vcpu = 0 };

	if (hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &bind))
		return -1;
	send_op.port = bind.port;
	shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
	return 0;
}

static int setup_mmu_map(void)
{
	setup_target();
	updates[0] = (struct mmu_update){ target_pte_maddr, target_frame | PTE_RW_PAGE };
	return 0;
}
static void prepare_unmap(void)
{
	hypercall3(__HYPERVISOR_update_va_mapping, target, 0, UVMF_INVLPG);
}
static int setup_mmu_unmap(void)
{
	updates[0] = (struct mmu_update){ target_pte_maddr, 0 };
	return 0;
}
static void prepare_map(void) { op_va_rw(); }

static int setup_mmu_batch(void)
{
	op_va_rw();
	for (unsigned i = 0; i < BATCH; i++)
		updates[i] = (struct mmu_update){ target_pte_maddr, target_frame | PTE_RW_PAGE };
	return 0;
}

static int setup_pt_write(void)
{
	return hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
			  VMASST_TYPE_writable_pagetables);
}

/* A full L1: 512 frames of ours, writable. */
static int setup_pin(void)
{
	u64 *t;

	if (!table)
		table = page_alloc();
	t = (u64 *)table;
	for (unsigned i = 0; i < 512; i++)
		t[i] = spare_mfn(i) << 12 | PTE_RW_PAGE;
	if (hypercall3(__HYPERVISOR_update_va_mapping, table,
		       va_to_mfn(table) << 12 | PTE_RO_PAGE, UVMF_INVLPG))
		return -1;
	pin_op = (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = va_to_mfn(table) };
	unpin_op = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = va_to_mfn(table) };
	return 0;
}

/* Tracing, by sysctl as xentrace does it. */
static int tbuf_op(u32 cmd, u32 value)
{
	static struct xen_sysctl s;

	s = (struct xen_sysctl){ .cmd = XEN_SYSCTL_tbuf_op,
				 .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	s.u.tbuf_op.cmd = cmd;
	s.u.tbuf_op.evt_mask = cmd == XEN_SYSCTL_TBUFOP_set_evt_mask ? value : 0;
	s.u.tbuf_op.size = cmd == XEN_SYSCTL_TBUFOP_set_size ? value : 0;
	return hypercall1(__HYPERVISOR_sysctl, &s);
}

static int trace_with(u32 mask)
{
	static bool sized;

	if (!sized && tbuf_op(XEN_SYSCTL_TBUFOP_set_size, 64))
		return -1;
	sized = true;
	if (tbuf_op(XEN_SYSCTL_TBUFOP_set_evt_mask, mask))
		return -1;
	return tbuf_op(XEN_SYSCTL_TBUFOP_enable, 0);
}
static int setup_trace_masked(void) { return trace_with(0x0002f000); }
static int setup_trace_pv(void) { return trace_with(0x0020f000); }
static int setup_trace_off(void) { return tbuf_op(XEN_SYSCTL_TBUFOP_disable, 0); }

static const struct micro_op ops[] = {
	{ .name = "null-hypercall", .op = op_null },
	{ .name = "unknown-hypercall", .op = op_enosys },
	{ .name = "stack-switch", .op = op_stack_switch },
	{ .name = "set-segment-base", .op = op_segment_base },
	{ .name = "fpu-taskswitch", .op = op_fpu_taskswitch },
	{ .name = "multicall-1", .op = op_multicall_1, .setup = setup_multicall },
	{ .name = "multicall-16", .op = op_multicall_16 },
	{ .name = "yield-alone", .op = op_yield },
	{ .name = "int3", .op = op_int3 },
	{ .name = "invalid-opcode", .op = op_ud },
	{ .name = "page-fault", .op = op_page_fault },
	{ .name = "event-to-self", .op = op_send, .setup = setup_events },
	{ .name = "mmu-update-map", .op = op_mmu_one, .setup = setup_mmu_map, .prepare = prepare_unmap },
	{ .name = "mmu-update-unmap", .op = op_mmu_one, .setup = setup_mmu_unmap, .prepare = prepare_map },
	{ .name = "mmu-update-batch-entry", .op = op_mmu_batch, .setup = setup_mmu_batch, .per = BATCH },
	{ .name = "va-mapping-rw-to-ro", .op = op_va_ro, .prepare = op_va_rw },
	{ .name = "va-mapping-ro-to-rw", .op = op_va_rw, .prepare = op_va_ro },
	{ .name = "pt-write-rw-to-ro", .op = op_pte_write_ro, .setup = setup_pt_write, .prepare = op_va_rw },
	{ .name = "pt-write-ro-to-rw", .op = op_pte_write_rw, .prepare = op_va_ro },
	{ .name = "pin-unpin-full-l1", .op = op_pin_unpin, .setup = setup_pin },
	{ .name = "invlpg-local", .op = op_invlpg },
	{ .name = "new-baseptr-same", .op = op_new_baseptr },
	{ .name = "set-singleshot-timer", .op = op_timer },
	{ .name = "stop-singleshot-timer", .op = op_timer_stop },
	{ .name = "rdmsr-kernel-gs-base", .op = op_rdmsr_gs },
	{ .name = "rdmsr-apic-base", .op = op_rdmsr_apic },
	{ .name = "read-cr0", .op = op_read_cr0 },
	{ .name = "port-in", .op = op_port_in, .setup = setup_iopl },
	{ .name = "forced-cpuid", .op = op_cpuid },
	{ .name = "null-hypercall-trace-masked", .op = op_null, .setup = setup_trace_masked },
	{ .name = "null-hypercall-traced", .op = op_null, .setup = setup_trace_pv },
	{ .name = "int3-traced", .op = op_int3, .setup = setup_trace_pv },
	{ .name = "null-hypercall-trace-off-again", .op = op_null, .setup = setup_trace_off },
};

static void user_syscall(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR,
				.arg1.mfn = va_to_mfn((void *)start_info->pt_base) };
	u8 *stack = page_alloc();

	if (hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF)) {
		print("ORRERY bench-skipped=user-syscall\n");
		return;
	}
	run_in_user_mode(user_syscall_loop, user_samples, ARRAY_SIZE(user_samples),
			 (u64)stack + PAGE_SIZE);
	/* What the loop itself takes between the two RDTSCs: SHL, OR, MOV, XOR. */
	micro_report_samples("user-syscall", user_samples, ARRAY_SIZE(user_samples), 5);
}

void guest_main(const char *cmdline)
{
	print("ORRERY-INIT start\nORRERY platform=pv\n");
	micro_run(ops, ARRAY_SIZE(ops));
	user_syscall();
	grant_ops_run();
	print("ORRERY result=pass\nORRERY-INIT end\n");
}
