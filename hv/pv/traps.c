/* SPDX-License-Identifier: MIT */
/*
 * Exceptions of PV guests: bounced into the guest kernel by building the frame
 * of the ABI on its stack (<xen/arch-x86/xen-x86_64.h>: RCX and R11 on top of a
 * hardware-like frame, the saved event mask beside CS), or handled here first:
 * privileged operations, page-table stores, lazily mapped LDT pages.
 *
 * Everything runs on the exception's own pCPU with current as the guest; no
 * locks.  Interrupts are off on entry and are turned on for the slow paths.
 */
#include "pv/traps.h"

#include "pv/nmi.h"

#include "console/console.h"
#include "trace/trace.h"
#include "lib/errno.h"
#include "memory/guest.h"
#include "pv/vtlb.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/entry.h"

#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_USER 4
#define PF_RESERVED 8
#define PF_FETCH 16

#define VEC_DB 1
#define VEC_BP 3
#define VEC_UD 6
#define VEC_NM 7
#define VEC_GP 13
#define VEC_PF 14

/* Exceptions for which the frame carries an error code. */
#define HAS_CODE_MASK (1U << 8 | 1U << 10 | 1U << 11 | 1U << 12 | 1U << 13 | 1U << 14 | 1U << 17 | 1U << 21)

struct bounce {
	u64 rip;
	bool mask_events, has_code;
	u32 code;
	unsigned segments; /* failsafe: 4 selector words behind R11 */
};

static u64 read_selectors(unsigned which)
{
	u64 sel = 0;

	switch (which) {
	case 0: __asm__ volatile("mov %%ds, %0" : "=r"(sel)); break;
	case 1: __asm__ volatile("mov %%es, %0" : "=r"(sel)); break;
	case 2: __asm__ volatile("mov %%fs, %0" : "=r"(sel)); break;
	case 3: __asm__ volatile("mov %%gs, %0" : "=r"(sel)); break;
	}
	return sel & 0xffff;
}

/* The hardware-like part, ending below the guest's stack top @sp; new sp or 0 on a fault.  Inline, and
 * so is bounce(): what @b says is mostly known. */
static __attribute__((always_inline)) inline u64 *push_frame(u64 *sp, const struct cpu_regs *regs,
							     const struct bounce *b, u64 cs, bool masked)
{
	u64 rflags = regs->rflags & ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

	if (!masked)
		rflags |= X86_EFLAGS_IF;
	put_guest_or_goto(regs->ss, sp - 1, fault);
	put_guest_or_goto(regs->rsp, sp - 2, fault);
	put_guest_or_goto(rflags, sp - 3, fault);
	put_guest_or_goto(cs | (u64)masked << 32, sp - 4, fault);
	put_guest_or_goto(regs->rip, sp - 5, fault);
	sp -= 5;
	if (b->has_code) {
		put_guest_or_goto(b->code, sp - 1, fault);
		sp--;
	}
	if (b->segments) {
		for (unsigned i = 0; i < 4; i++)
			put_guest_or_goto(read_selectors(i), sp - 4 + i, fault);
		sp -= 4;
	}
	put_guest_or_goto(regs->r11, sp - 1, fault);
	put_guest_or_goto(regs->rcx, sp - 2, fault);
	return sp - 2;
fault:
	return NULL;
}

/* Enter the guest kernel at b->rip with the interrupted state on its stack. False: the domain has
 * crashed, and must not be returned to. */
static __attribute__((always_inline)) inline bool bounce(struct vcpu *v, struct cpu_regs *regs,
							 const struct bounce *b)
{
	u8 *mask = &v->info->evtchn_upcall_mask;
	bool masked = READ_ONCE(*mask);
	u64 cs = regs->cs, *sp;

	if (v->pv.kernel_mode) {
		sp = (u64 *)(regs->rsp & ~15UL);
		cs &= ~3UL; /* what the guest takes for "was in the kernel" */
	} else {
		pv_enter_mode(v, true);
		sp = (u64 *)(v->pv.kernel_sp & ~15UL);
	}
	if (unlikely(!b->rip)) {
		domain_crash(v->domain, "no handler for the trap at rip %lx", (unsigned long)regs->rip);
		return false;
	}
	if (unlikely(!guest_range_ok((u64)sp - 128, 128)))
		goto bad_stack;
	sp = push_frame(sp, regs, b, cs, masked);
	if (unlikely(!sp))
		goto bad_stack;
	if (b->mask_events)
		*mask = 1;
	regs->rip = b->rip;
	regs->cs = SEL_RING3_CS64;
	regs->rflags &= ~(u64)(X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_VM |
			       X86_EFLAGS_AC);
	regs->rsp = (u64)sp;
	regs->ss = SEL_RING3_DS;
	return true;
bad_stack:
	domain_crash(v->domain, "cannot build a trap frame: stack %lx, rip %lx",
		     (unsigned long)regs->rsp, (unsigned long)regs->rip);
	return false;
}

static __attribute__((always_inline)) inline void inject(struct vcpu *v, struct cpu_regs *regs,
							 unsigned vector, bool has_code, u32 code)
{
	const struct pv_trap *t = &v->pv.traps[vector];
	struct bounce b = { t->address, t->mask_events, has_code, code, 0 };

	if (unlikely(!t->address)) {
		domain_crash(v->domain, "exception %u at rip %lx (code %x) and no handler for it",
			     vector, (unsigned long)regs->rip, code);
		return;
	}
	bounce(v, regs, &b);
}

void pv_inject_trap(struct vcpu *v, struct cpu_regs *regs, unsigned vector)
{
	trace_pv_trap(regs->rip, vector, 0);
	inject(v, regs, vector, false, 0);
}

void pv_inject_trap_code(struct vcpu *v, struct cpu_regs *regs, unsigned vector, u32 code)
{
	trace_pv_trap(regs->rip, vector | TRACE_TRAP_HAS_ERROR, code);
	inject(v, regs, vector, true, code);
}

void pv_inject_page_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr, u32 code)
{
	v->pv.cr2 = addr;
	v->info->arch.cr2 = addr;
	/* To the guest only its own user mode is "user". */
	code &= ~PF_USER;
	if (!v->pv.kernel_mode)
		code |= PF_USER;
	trace_pv_page_fault(regs->rip, addr, code);
	inject(v, regs, VEC_PF, true, code);
}

void pv_inject_software_int(struct vcpu *v, struct cpu_regs *regs, unsigned vector, unsigned len)
{
	const struct pv_trap *t = &v->pv.traps[vector];

	/* DPL 3 gates are for user mode; the guest kernel may use any that is set. */
	if (!t->address || (!v->pv.kernel_mode && t->dpl < 3)) {
		pv_inject_trap_code(v, regs, VEC_GP, vector << 3 | 2);
		return;
	}
	regs->rip += len;
	pv_inject_trap(v, regs, vector);
}

void pv_user_syscall(struct vcpu *v, struct cpu_regs *regs)
{
	struct bounce b = { v->pv.syscall_callback, v->pv.syscall_masks, false, 0, 0 };

	bounce(v, regs, &b);
}

void pv_user_syscall32(struct vcpu *v, struct cpu_regs *regs)
{
	struct bounce b = { v->pv.syscall32_callback, v->pv.syscall32_masks, false, 0, 0 };

	if (!b.rip) {
		regs->rip -= 2;
		pv_inject_trap(v, regs, VEC_UD);
		return;
	}
	bounce(v, regs, &b);
}

void pv_deliver_upcall(struct vcpu *v, struct cpu_regs *regs)
{
	struct bounce b = { v->pv.event_callback, true, false, 0, 0 };

	if (unlikely(!b.rip))
		return;
	trace_evtchn_upcall(v->id, v->domain->id, regs->rip);
	/* The caller has looked for softirqs already; a crash has raised one. */
	if (unlikely(!bounce(v, regs, &b)))
		reset_stack_and_return_to_guest();
}

void pv_bounce_nmi(struct vcpu *v, struct cpu_regs *regs)
{
	struct bounce b = { v->pv.traps[TRAP_NMI].address, false, false, 0, 0 };

	trace_pv_trap(regs->rip, TRAP_NMI, 0);
	bounce(v, regs, &b);
}

void pv_failsafe(struct vcpu *v, struct cpu_regs *regs)
{
	struct bounce b = { v->pv.failsafe_callback, v->pv.failsafe_masks, false, 0, 1 };

	if (v->pv.kernel_mode) {
		/* The guest kernel's own frame is bad: there is nowhere to report it. */
		domain_crash(v->domain, "cannot return to cs %x rip %lx ss %x rsp %lx", regs->cs,
			     (unsigned long)regs->rip, regs->ss, (unsigned long)regs->rsp);
		return;
	}
	bounce(v, regs, &b);
}

/*
 * #GP with a code: a soft interrupt through a gate ring 3 may not use, perhaps.  The IDT bit of
 * the code says so; the vector is read from the instruction, because QEMU 7.2's TCG puts a wrong
 * one into the code.
 */
static __attribute__((noinline)) void fault_with_code(struct vcpu *v, struct cpu_regs *regs, u32 code)
{
	u8 insn[2];

	irq_enable();
	if ((code & 2) && !(code & 1) && !copy_from_guest(insn, regs->rip, 2) && insn[0] == 0xcd) {
		pv_inject_software_int(v, regs, insn[1], 2);
		return;
	}
	pv_inject_trap_code(v, regs, VEC_GP, code);
}

static __attribute__((noinline)) void guest_invalid_opcode(struct vcpu *v, struct cpu_regs *regs)
{
	irq_enable();
	if (!pv_emulate_forced_cpuid(v, regs))
		pv_inject_trap(v, regs, VEC_UD);
}

static __attribute__((noinline)) void guest_device_not_available(struct vcpu *v, struct cpu_regs *regs)
{
	clts();
	if (v->pv.task_switched) {
		/* As Xen: the trap clears the virtual TS as well. */
		v->pv.task_switched = false;
		pv_inject_trap(v, regs, VEC_NM);
	}
}

static __attribute__((noinline)) void guest_debug(struct vcpu *v, struct cpu_regs *regs)
{
	u64 dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0UL));
	v->pv.debugreg[6] = (v->pv.debugreg[6] & ~0xfUL) | (dr6 & 0xe00f) | 0xffff0ff0;
	pv_inject_trap(v, regs, VEC_DB);
}

static __attribute__((noinline)) void other_exception(struct vcpu *v, struct cpu_regs *regs,
						      unsigned vector)
{
	if (HAS_CODE_MASK >> vector & 1)
		pv_inject_trap_code(v, regs, vector, regs->error_code);
	else
		pv_inject_trap(v, regs, vector);
}

/* Each way ends in a jump, so this saves no registers. */
void handle_guest_exception(struct cpu_regs *regs)
{
	struct vcpu *v = current;
	unsigned vector = regs->entry_vector;

	if (vector == VEC_GP && likely(!regs->error_code))
		pv_privileged_fault(v, regs);
	else if (vector == VEC_GP)
		fault_with_code(v, regs, regs->error_code);
	else if (vector == VEC_UD)
		guest_invalid_opcode(v, regs);
	else if (vector == VEC_NM)
		guest_device_not_available(v, regs);
	else if (vector == VEC_DB)
		guest_debug(v, regs);
	else
		other_exception(v, regs, vector);
}

/* In the hypervisor's hole: in the part where this vCPU's LDT appears, perhaps. */
static __attribute__((noinline)) void hole_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr,
						 u32 code)
{
	u64 offset = addr - v->pv.ldt_va;

	if (!(code & PF_PRESENT) && offset < 16 * PAGE_SIZE) {
		irq_enable();
		if (pv_map_ldt_page(v, offset)) {
			trace_pv_descriptor_fault(regs->rip, offset);
			return;
		}
		/* To the guest it is its own LDT that is not there. */
		addr = v->pv.ldt_base + offset;
	}
	pv_inject_page_fault(v, regs, addr, code);
}

/* By the guest's own tables.  Each way ends in a jump: the most frequent one saves no registers. */
static inline void guest_page_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr, u32 code)
{
	if ((code & (PF_PRESENT | PF_WRITE | PF_RESERVED | PF_FETCH)) == (PF_PRESENT | PF_WRITE) &&
	    v->pv.kernel_mode)
		pv_write_fault(v, regs, addr);
	else if (unlikely(!guest_addr_ok(addr)))
		hole_fault(v, regs, addr, code);
	else
		pv_inject_page_fault(v, regs, addr, code);
}

/* The processor walks other tables than the guest's: what does the fault mean by those? */
static __attribute__((noinline, cold)) void logged_page_fault(struct cpu_regs *regs, struct vcpu *v)
{
	u64 addr = read_cr2();
	u32 code = regs->error_code;

	if (guest_addr_ok(addr)) {
		code = vtlb_fault(v, addr, code);
		if (code == VTLB_FILLED)
			return;
	}
	guest_page_fault(v, regs, addr, code);
}

void handle_guest_page_fault(struct cpu_regs *regs, struct vcpu *v)
{
	if (unlikely(v->pv.logged))
		logged_page_fault(regs, v);
	else
		guest_page_fault(v, regs, read_cr2(), regs->error_code);
}
