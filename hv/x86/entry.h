/* SPDX-License-Identifier: MIT */
/*
 * What entry.S and C share: the assembler's symbols and the C functions it calls.
 */
#ifndef ORRERY_X86_ENTRY_H
#define ORRERY_X86_ENTRY_H

#include "lib/types.h"
#include "x86/regs.h"

struct vcpu;

void entry_syscall(void);
void entry_cstar(void);
extern const u8 interrupt_stubs[]; /* 16 bytes a vector, from 0x20 */

/* Drop the current stack and continue; neither returns. */
void NORETURN reset_stack_and_return_to_guest(void);
void NORETURN reset_stack_and_call(void (*fn)(void));

size_t guest_copy(void *dst, const void *src, size_t n);
size_t guest_clear(void *dst, size_t n);

/* Called by entry.S. */
void handle_guest_exception(struct cpu_regs *regs);
void handle_guest_page_fault(struct cpu_regs *regs, struct vcpu *v);
void handle_hv_exception(struct cpu_regs *regs);
void handle_ist_exception(struct cpu_regs *regs);
struct cpu_regs *move_frame_to_stack(const struct cpu_regs *ist_frame);
void pv_user_syscall(struct vcpu *v, struct cpu_regs *regs);
void pv_user_syscall32(struct vcpu *v, struct cpu_regs *regs);
/* Does not return if that crashed the domain. */
void pv_deliver_upcall(struct vcpu *v, struct cpu_regs *regs);
void pv_failsafe(struct vcpu *v, struct cpu_regs *regs);

/* Not zero: hypercalls take the C dispatcher, which traces them. */
/* Set, then send NMIs: every other pCPU halts for good. */
extern bool nmi_halt_requested;

extern u32 hypercall_slow;
extern long (*const hypercall_table[64])(u64, u64, u64, u64, u64, u64);

#endif
