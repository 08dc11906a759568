/* SPDX-License-Identifier: MIT */
/*
 * The register frame every entry path builds on the pCPU's stack: the leading
 * part of Xen's struct cpu_user_regs (<xen/arch-x86/xen-x86_64.h>), so that a
 * frame can be copied into guest-visible structures as it is.
 */
#ifndef ORRERY_X86_REGS_H
#define ORRERY_X86_REGS_H

#define REGS_r15 0
#define REGS_r14 8
#define REGS_r13 16
#define REGS_r12 24
#define REGS_rbp 32
#define REGS_rbx 40
#define REGS_r11 48
#define REGS_r10 56
#define REGS_r9 64
#define REGS_r8 72
#define REGS_rax 80
#define REGS_rcx 88
#define REGS_rdx 96
#define REGS_rsi 104
#define REGS_rdi 112
#define REGS_error_code 120
#define REGS_entry_vector 124
#define REGS_rip 128
#define REGS_cs 136
#define REGS_rflags 144
#define REGS_rsp 152
#define REGS_ss 160
#define REGS_SIZE 168

/* entry_vector of a SYSCALL; exceptions and interrupts carry their vector. */
#define ENTRY_SYSCALL 0x100

#define X86_EFLAGS_CF 0x0001
#define X86_EFLAGS_RESERVED 0x0002
#define X86_EFLAGS_TF 0x0100
#define X86_EFLAGS_IF 0x0200
#define X86_EFLAGS_DF 0x0400
#define X86_EFLAGS_IOPL 0x3000
#define X86_EFLAGS_NT 0x4000
#define X86_EFLAGS_RF 0x10000
#define X86_EFLAGS_VM 0x20000
#define X86_EFLAGS_AC 0x40000

#ifndef __ASSEMBLER__
#include "lib/types.h"

struct cpu_regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u32 error_code, entry_vector;
	u64 rip;
	u16 cs, pad0[1];
	u8 saved_upcall_mask, pad1[3];
	u64 rflags;
	u64 rsp;
	u16 ss, pad2[3];
};
_Static_assert(sizeof(struct cpu_regs) == REGS_SIZE, "frame layout");
_Static_assert(offsetof(struct cpu_regs, rip) == REGS_rip, "frame layout");
_Static_assert(offsetof(struct cpu_regs, rdi) == REGS_rdi, "frame layout");

/* Did this frame come from ring 3, that is from a PV guest? */
static inline bool regs_from_guest(const struct cpu_regs *regs)
{
	return regs->cs & 3;
}
#endif
#endif
