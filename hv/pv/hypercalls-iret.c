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

enum { W_RAX, W_R11, W_RCX, W_FLAGS, W_RIP, W_CS, W_RFLAGS, W_RSP, W_SS, IRET_WORDS };

#define NOT_THE_GUESTS (X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_NT)

static inline int read_frame(u64 *w, u64 sp)
{
	int bad = 0;

	if (unlikely(!guest_addr_ok(sp) || !guest_addr_ok(sp + IRET_WORDS * 8 - 1)))
		return -EFAULT;
	for (unsigned i = 0; i < IRET_WORDS; i++)
		bad |= get_guest_word(w[i], sp + i * 8);
	return bad;
}

long hypercall_iret(void)
{
	struct vcpu *v = current;
	struct cpu_regs *regs = &cpu_info()->guest_regs;
	u64 w[IRET_WORDS];

	if (unlikely(read_frame(w, regs->rsp))) {
		domain_crash(v->domain, "iret frame at %lx cannot be read", (unsigned long)regs->rsp);
		return -EFAULT;
	}
	if ((w[W_CS] & 3) == 3) {
		if (unlikely(!v->pv.user_l4)) {
			domain_crash(v->domain, "return to user mode without user page tables");
			return w[W_RAX];
		}
		pv_toggle_mode(v);
	}
	regs->rip = w[W_RIP];
	regs->cs = w[W_CS] | 3;
	regs->rflags = (w[W_RFLAGS] & ~(u64)NOT_THE_GUESTS) | X86_EFLAGS_IF | X86_EFLAGS_RESERVED;
	regs->rsp = w[W_RSP];
	regs->ss = w[W_SS] | 3;
	if (w[W_FLAGS] & VGCF_in_syscall) { /* as SYSRET would leave them */
		regs->r11 = regs->rflags;
		regs->rcx = regs->rip;
	} else {
		regs->r11 = w[W_R11];
		regs->rcx = w[W_RCX];
	}
	v->info->evtchn_upcall_mask = !(w[W_RFLAGS] & X86_EFLAGS_IF);
	return w[W_RAX];
}
