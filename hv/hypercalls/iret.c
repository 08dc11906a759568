/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_iret: the most frequent call of a 64-bit PV kernel, made at every
 * return from an exception or event.  The frame on the guest's stack is struct
 * iret_context of <xen/arch-x86/xen-x86_64.h>.
 */
#include "hypercalls/hypercall.h"
#include "lib/errno.h"
#include "pv/traps.h"
#include "x86/asm-fixup.h"
#include "console/console.h"

enum { W_RAX, W_R11, W_RCX, W_FLAGS, W_RIP, W_CS, W_RFLAGS, W_RSP, W_SS };

#define NOT_THE_GUESTS (X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_NT)

long hypercall_iret(void)
{
	struct cpu_info *info = cpu_info();
	struct vcpu *v = info->running;
	struct cpu_regs *regs = &info->guest_regs;
	const u64 *frame = (const u64 *)regs->rsp;
	u64 rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;

	if (unlikely(!guest_addr_ok((u64)frame) || !guest_addr_ok((u64)frame + 71)))
		goto fault;
	get_guest_or_goto(cs, &frame[W_CS], fault);
	get_guest_or_goto(flags, &frame[W_FLAGS], fault);
	get_guest_or_goto(rip, &frame[W_RIP], fault);
	get_guest_or_goto(rflags, &frame[W_RFLAGS], fault);
	get_guest_or_goto(rsp, &frame[W_RSP], fault);
	get_guest_or_goto(ss, &frame[W_SS], fault);
	get_guest_or_goto(r11, &frame[W_R11], fault);
	get_guest_or_goto(rcx, &frame[W_RCX], fault);
	get_guest_or_goto(rax, &frame[W_RAX], fault);
	if ((cs & 3) == 3) {
		if (unlikely(!v->pv.user_l4)) {
			domain_crash(v->domain, "return to user mode without user page tables");
			return rax;
		}
		pv_toggle_mode(v);
	}
	regs->rip = rip;
	regs->cs = cs | 3;
	v->info->evtchn_upcall_mask = !(rflags & X86_EFLAGS_IF);
	rflags = (rflags & ~(u64)NOT_THE_GUESTS) | X86_EFLAGS_IF | X86_EFLAGS_RESERVED;
	regs->rflags = rflags;
	regs->rsp = rsp;
	regs->ss = ss | 3;
	if (flags & VGCF_in_syscall) { /* as SYSRET would leave them */
		r11 = rflags;
		rcx = rip;
	}
	regs->r11 = r11;
	regs->rcx = rcx;
	return rax;
fault:
	domain_crash(v->domain, "iret frame at %lx cannot be read", (unsigned long)frame);
	return -EFAULT;
}
