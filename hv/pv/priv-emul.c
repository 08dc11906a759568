/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions of PV kernels, which run in ring 3 and fault with
 * #GP(0).  One function a kind; whatever is not here stays a #GP for the guest.
 * Ports are in ports.c, MSRs in msr.c.
 */
#include "lib/errno.h"
#include "memory/guest.h"
#include "pv/context.h"
#include "pv/decode.h"
#include "pv/mmu.h"
#include "pv/ports.h"
#include "pv/msr.h"
#include "pv/roots.h"
#include "trace/trace.h"
#include "pv/traps.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/fpu.h"
#include "x86/setup.h"

#define VEC_UD 6
#define VEC_GP 13

enum result { DONE, DONE_NO_ADVANCE, FAULT, UNDEFINED };

static enum result read_cr(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	u64 val;

	switch (in->reg) {
	case 0:
		val = (read_cr0() & ~(u64)X86_CR0_TS) | (v->pv.task_switched ? X86_CR0_TS : 0);
		break;
	case 2:
		val = v->pv.cr2;
		break;
	case 3: /* the kernel's root, as xen_pfn_to_cr3() packs it: 64-bit guests see it plain */
		val = v->pv.kernel_l4;
		break;
	case 4:
		val = v->pv.cr4;
		break;
	default:
		return FAULT;
	}
	*insn_reg(regs, in->rm) = val;
	return DONE;
}

#define CR4_GUEST_MAY (X86_CR4_TSD | X86_CR4_DE | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE)

static __attribute__((noinline)) enum result write_cr(struct vcpu *v, struct cpu_regs *regs,
						     const struct insn *in)
{
	u64 val = *insn_reg(regs, in->rm);

	switch (in->reg) {
	case 0:
		/* Only TS is the guest's to change. */
		if ((val ^ read_cr0()) & ~(u64)X86_CR0_TS)
			return FAULT;
		pv_set_task_switched(v, val & X86_CR0_TS);
		return DONE;
	case 2:
		v->pv.cr2 = val;
		v->info->arch.cr2 = val;
		return DONE;
	case 3: {
		int rc = val & ~PTE_ADDR_MASK ? -EINVAL : pv_new_root(v, val >> PAGE_SHIFT);

		/* Too much to check in one go: the guest executes it again. */
		return !rc ? DONE : rc == -ERESTART ? DONE_NO_ADVANCE : FAULT;
	}
	case 4:
		pv_write_cr4(v, val);
		return DONE;
	}
	return FAULT;
}

static __attribute__((noinline)) enum result debug_register(struct vcpu *v, struct cpu_regs *regs,
							   const struct insn *in, bool write)
{
	u64 *gpr = insn_reg(regs, in->rm);

	if (!write)
		return pv_get_debugreg(v, in->reg, gpr) ? FAULT : DONE;
	if (in->reg >= 4 && *gpr >> 32)
		return FAULT;
	return pv_set_debugreg(v, in->reg, *gpr) ? FAULT : DONE;
}

static enum result read_msr(struct vcpu *v, struct cpu_regs *regs)
{
	u64 val;

	if (pv_read_msr(v, regs->rcx, &val))
		return FAULT;
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
	return DONE;
}

static enum result write_msr(struct vcpu *v, struct cpu_regs *regs)
{
	return pv_write_msr(v, regs->rcx, (u32)regs->rax | regs->rdx << 32) ? FAULT : DONE;
}

/* 0F 01: XSETBV is the one a PV kernel may use. */
static enum result group_0f01(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	if (in->mem || in->reg != 2 || in->rm != 1)
		return FAULT;
	if (!(v->pv.cr4 & X86_CR4_OSXSAVE))
		return UNDEFINED;
	if ((u32)regs->rcx)
		return FAULT;
	return fpu_set_xcr0(v, (u32)regs->rax | regs->rdx << 32) ? FAULT : DONE;
}

static enum result two_byte(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	switch (in->opcode) {
	case 0x01:
		return group_0f01(v, regs, in);
	case 0x06: /* CLTS */
		pv_set_task_switched(v, false);
		return DONE;
	case 0x09: /* WBINVD: only who programs devices has a use for it */
		if (v->domain->pv.io_memory)
			wbinvd();
		return DONE;
	case 0x20:
		return read_cr(v, regs, in);
	case 0x22:
		return write_cr(v, regs, in);
	case 0x21:
		return debug_register(v, regs, in, false);
	case 0x23:
		return debug_register(v, regs, in, true);
	case 0x30:
		return write_msr(v, regs);
	case 0x32:
		return read_msr(v, regs);
	case 0x31: { /* RDTSC with the guest's own CR4.TSD set */
		u64 tsc = rdtsc();

		regs->rax = (u32)tsc;
		regs->rdx = tsc >> 32;
		return DONE;
	}
	}
	return FAULT;
}

/* INS and OUTS move between memory and a port, one element a call. */
static enum result string_io(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	unsigned size = MIN(insn_size(in), 4);
	s64 step = regs->rflags & X86_EFLAGS_DF ? -(s64)size : size;
	bool out = in->opcode >= 0x6e;
	u32 val = 0;

	if (in->rep && !regs->rcx)
		return DONE;
	if (out) {
		if (copy_from_guest(&val, regs->rsi, size))
			return FAULT;
		pv_port_out(v, regs->rdx, size, val);
		regs->rsi += step;
	} else {
		val = pv_port_in(v, regs->rdx, size);
		if (copy_to_guest(regs->rdi, &val, size))
			return FAULT;
		regs->rdi += step;
	}
	return in->rep && --regs->rcx ? DONE_NO_ADVANCE : DONE;
}

static enum result port_io(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	unsigned size = MIN(insn_size(in), 4);
	u16 port = in->opcode >= 0xec || in->opcode < 0xe0 ? regs->rdx : (u8)in->imm;

	if (!pv_port_allowed(v, port, size))
		return FAULT;
	if (in->opcode < 0xe0)
		return string_io(v, regs, in);
	if (in->opcode & 2)
		pv_port_out(v, port, size, regs->rax);
	else
		switch (size) {
		case 1: regs->rax = (regs->rax & ~0xffUL) | (pv_port_in(v, port, 1) & 0xff); break;
		case 2: regs->rax = (regs->rax & ~0xffffUL) | (pv_port_in(v, port, 2) & 0xffff); break;
		default: regs->rax = pv_port_in(v, port, 4);
		}
	return DONE;
}

static enum result one_byte(struct vcpu *v, struct cpu_regs *regs, const struct insn *in)
{
	switch (in->opcode) {
	case 0x6c ... 0x6f:
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return port_io(v, regs, in);
	case 0xfa: case 0xfb: /* CLI, STI: the event mask is what counts */
		return pv_iopl_ok(v) ? DONE : FAULT;
	}
	return FAULT;
}

union code {
	u8 bytes[16];
	u64 word[2];
};

/* Decode and do it; what is no privileged operation, or a refused one, is the guest's #GP. */
static void emulate(struct vcpu *v, struct cpu_regs *regs, const u8 *bytes, unsigned n)
{
	enum result result = FAULT;
	struct insn in;

	if (!insn_decode(bytes, n, &in)) {
		trace_pv_emulate_privop(regs->rip);
		if (in.map != MAP_0F)
			result = one_byte(v, regs, &in);
		else if (v->pv.kernel_mode)
			result = two_byte(v, regs, &in);
	}
	if (likely(result == DONE)) {
		regs->rip += in.len;
		regs->rflags &= ~(u64)X86_EFLAGS_RF;
	} else if (result == UNDEFINED) {
		pv_inject_trap(v, regs, VEC_UD);
	} else if (result == FAULT) {
		pv_inject_trap_code(v, regs, VEC_GP, 0);
	}
}

static __attribute__((noinline)) void emulate_words(struct vcpu *v, struct cpu_regs *regs, u64 first,
						    u64 second)
{
	union code code = { .word = { first, second } };

	emulate(v, regs, code.bytes, INSN_MAX);
}

static __attribute__((noinline, cold)) void emulate_slow_fetch(struct vcpu *v, struct cpu_regs *regs)
{
	union code code;

	emulate(v, regs, code.bytes, INSN_MAX - copy_from_guest(code.bytes, regs->rip, INSN_MAX));
}

/* The kernel's RDMSR of its inactive GS base comes with every context switch of Linux. */
static bool is_rdmsr_of_gs(const struct vcpu *v, const struct cpu_regs *regs, u64 bytes)
{
	return (u16)bytes == 0x320f && (u32)regs->rcx == MSR_KERNEL_GS_BASE && v->pv.kernel_mode;
}

/* The trace comes last: so nothing has to be saved for it. */
static inline void read_inactive_gs(struct cpu_regs *regs)
{
	u64 base = rdmsr(MSR_KERNEL_GS_BASE), rip = regs->rip;

	regs->rax = (u32)base;
	regs->rdx = base >> 32;
	regs->rip = rip + 2;
	trace_pv_emulate_privop(rip);
}

/* IN and OUT without a prefix: what kernels probe for devices with. */
static bool is_plain_port_io(u64 bytes)
{
	return (bytes & 0xf4) == 0xe4;
}

static __attribute__((noinline)) void plain_port_io(struct vcpu *v, struct cpu_regs *regs, u64 first,
						    u64 second)
{
	unsigned size = first & 1 ? 4 : 1;
	u16 port = first & 8 ? regs->rdx : (u8)(first >> 8);

	if (unlikely(!pv_port_allowed(v, port, size))) {
		emulate_words(v, regs, first, second);
		return;
	}
	trace_pv_emulate_privop(regs->rip);
	if (first & 2)
		pv_port_out(v, port, size, regs->rax);
	else if (size == 1)
		*(u8 *)&regs->rax = pv_port_in(v, port, 1);
	else
		regs->rax = pv_port_in(v, port, 4);
	regs->rip += first & 8 ? 1 : 2;
	regs->rflags &= ~(u64)X86_EFLAGS_RF;
}

void pv_privileged_fault(struct vcpu *v, struct cpu_regs *regs)
{
	u64 first, second, rip = regs->rip;

	irq_enable();
	if (unlikely(!guest_range_ok(rip, 16)))
		goto slow;
	get_guest_or_goto(first, rip, slow);
	get_guest_or_goto(second, rip + 8, slow);
	if (likely(is_rdmsr_of_gs(v, regs, first)))
		read_inactive_gs(regs);
	else if (is_plain_port_io(first))
		plain_port_io(v, regs, first, second);
	else
		emulate_words(v, regs, first, second);
	return;
slow:
	emulate_slow_fetch(v, regs);
}
