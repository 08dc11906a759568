/* SPDX-License-Identifier: MIT */
/*
 * Exceptions taken inside the hypervisor: an expected one (a guest access with
 * a fix-up, a lazily mapped LDT page) goes on, anything else is our bug and
 * stops the machine with a dump.  Also the vectors with stacks of their own.
 */
#include "console/console.h"
#include "pv/nmi.h"
#include "pv/traps.h"
#include "pv/vtlb.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/entry.h"

bool nmi_halt_requested;

static const char *const names[32] = {
	[0] = "divide error", [1] = "debug", [2] = "NMI", [3] = "breakpoint", [4] = "overflow",
	[5] = "bound range", [6] = "invalid opcode", [7] = "device not available",
	[8] = "double fault", [10] = "invalid TSS", [11] = "segment not present",
	[12] = "stack fault", [13] = "general protection", [14] = "page fault",
	[16] = "x87 error", [17] = "alignment check", [18] = "machine check", [19] = "SIMD error",
};

#define NMI_REASON_PORT 0x61
#define VEC_DB 1
#define VEC_PF 14
#define DR6_CLEAR 0xffff0ff0UL

static void NORETURN fatal_exception(struct cpu_regs *regs)
{
	unsigned vector = regs->entry_vector & 31;

	dump_registers(regs);
	if (vector == VEC_PF)
		log_err("faulting address %016lx", (unsigned long)read_cr2());
	dump_call_trace(regs);
	panic("%s in the hypervisor (vector %u, error code %04x)",
	      names[vector] ? names[vector] : "exception", vector, regs->error_code);
}

void handle_hv_exception(struct cpu_regs *regs)
{
	u64 fixup;

	if (regs->entry_vector == VEC_DB) {
		/* A breakpoint the guest set on memory of its own that we work on for it.  They trap
		 * behind the instruction, and are nothing to tell the guest about. */
		__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_CLEAR));
		return;
	}
	if (regs->entry_vector == VEC_PF) {
		struct vcpu *v = current;
		u64 addr = read_cr2(), offset = v ? addr - v->pv.ldt_va : 0;

		if (v && v->pv.logged && guest_addr_ok(addr) &&
		    vtlb_fault(v, addr, regs->error_code) == VTLB_FILLED)
			return;

		/* Loading a guest's selector or IRET touched an LDT page not mapped yet. */
		if (v && v->pv.ldt_va && offset < 16 * PAGE_SIZE && !(regs->error_code & 1) &&
		    pv_map_ldt_page(v, offset))
			return;
	}
	fixup = ex_table_find(regs->rip);
	if (!fixup)
		fatal_exception(regs);
	regs->rip = fixup;
}

void handle_ist_exception(struct cpu_regs *regs)
{
	if (regs->entry_vector == 2) {
		while (READ_ONCE(nmi_halt_requested)) /* another pCPU is stopping the machine */
			__asm__ volatile("cli; hlt");
		pv_nmi_from_hardware(regs, inb(NMI_REASON_PORT));
		return;
	}
	fatal_exception(regs);
}

struct cpu_regs *move_frame_to_stack(const struct cpu_regs *ist_frame)
{
	/* cpu_info() of an IST stack is a copy without frame: use the real stack. */
	struct cpu_regs *frame = (void *)(this_cpu()->stack_top - CPU_INFO_SIZE);

	*frame = *ist_frame;
	return frame;
}
