/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_iret: the most frequent call of a 64-bit PV kernel, made at every
 * return from an exception or event.  The frame on the guest's stack is struct
 * iret_context of <xen/arch-x86/xen-x86_64.h>.
 */
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "pv/nmi.h"
#include "pv/traps.h"
#include "x86/asm-fixup.h"
#include "console/console.h"

enum { W_RAX, W_R11, W_RCX, W_FLAGS, W_RIP, W_CS, W_RFLAGS, W_RSP, W_SS };

#define FRAME_BYTES 72
#define NOT_THE_GUESTS (X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_NT)

static __attribute__((noinline, cold)) long no_user_tables(struct vcpu *v, long rax)
{
	domain_crash(v->domain, "return to user mode without user page tables");
	return rax;
}

static __attribute__((noinline, cold)) long unreadable(struct vcpu *v, const u64 *frame)
{
	domain_crash(v->domain, "iret frame at %lx cannot be read", (unsigned long)frame);
	return -EFAULT;
}

static __attribute__((noinline, cold)) long from_nmi(struct vcpu *v)
{
	pv_nmi_done(v);
	return hypercall_iret();
}

/*
 * Each word goes where it belongs as soon as it is read, so that few registers are needed and none
 * saved.  The frame's two ends come first: if they can be read, so can the rest.
 */
long hypercall_iret(void)
{
	struct cpu_info *info = cpu_info();
	struct vcpu *v = info->running;
	struct cpu_regs *regs = &info->guest_regs;
	const u64 *frame = (const u64 *)regs->rsp;
	u64 rax, cs, rflags, flags, word;

	if (unlikely(!guest_range_ok((u64)frame, FRAME_BYTES)))
		return unreadable(v, frame);
	if (unlikely(v->pv.nmi_masked))
		return from_nmi(v);
	get_guest_or_goto(word, &frame[W_SS], fault);
	get_guest_or_goto(rax, &frame[W_RAX], fault);
	regs->ss = word | 3;
	get_guest_or_goto(word, &frame[W_RSP], fault);
	regs->rsp = word;
	get_guest_or_goto(word, &frame[W_R11], fault);
	regs->r11 = word;
	get_guest_or_goto(word, &frame[W_RCX], fault);
	regs->rcx = word;
	get_guest_or_goto(word, &frame[W_RIP], fault);
	regs->rip = word;
	get_guest_or_goto(rflags, &frame[W_RFLAGS], fault);
	v->info->evtchn_upcall_mask = !(rflags & X86_EFLAGS_IF);
	rflags = (rflags & ~(u64)NOT_THE_GUESTS) | X86_EFLAGS_IF | X86_EFLAGS_RESERVED;
	regs->rflags = rflags;
	get_guest_or_goto(flags, &frame[W_FLAGS], fault);
	if (flags & VGCF_in_syscall) { /* as SYSRET would leave them */
		regs->r11 = rflags;
		regs->rcx = word;
	}
	get_guest_or_goto(cs, &frame[W_CS], fault);
	regs->cs = cs | 3;
	if ((cs & 3) == 3) {
		if (unlikely(!v->pv.user_l4))
			return no_user_tables(v, rax);
		pv_enter_mode(v, false);
	}
	return rax;
fault:
	return unreadable(v, frame);
}
