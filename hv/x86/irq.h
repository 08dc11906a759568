/* SPDX-License-Identifier: MIT */
/*
 * Interrupt vectors and their handlers: the local APIC's own, IPIs, and those
 * of physical lines (IO-APIC pins, MSIs) that are delivered to Dom0 as PIRQs.
 */
#ifndef ORRERY_X86_IRQ_H
#define ORRERY_X86_IRQ_H

#include "lib/types.h"

struct cpu_regs;

/* Fixed vectors, highest priority on top. */
#define VECTOR_SPURIOUS 0xff
#define VECTOR_ERROR 0xfe
#define VECTOR_CALL 0xfb      /* cross-pCPU function call */
#define VECTOR_EVENT_CHECK 0xfc /* nothing to do but leave the guest: softirqs, events */
#define VECTOR_TIMER 0xfa
#define VECTOR_SERIAL 0xf0
#define VECTOR_DYNAMIC_FIRST 0x30
#define VECTOR_DYNAMIC_LAST 0xef

/* Called by entry code with interrupts off, for vectors 0x20 and up. */
void handle_interrupt(struct cpu_regs *regs);

/* Handler of one fixed vector; boot only. It runs with interrupts off and must not
 * acknowledge: the dispatcher sends the EOI before calling it. */
void set_vector_handler(u8 vector, void (*fn)(struct cpu_regs *regs));

void apic_send_ipi(unsigned cpu, u8 vector);
void apic_send_nmi(unsigned cpu);
/* To this pCPU; the one that may be used in an NMI. */
void apic_send_self(u8 vector);
/* Program this pCPU's one-shot timer for @deadline (TIME_MAX: off); the past means now. */
void apic_timer_set(s_time_t deadline);

/* Run @fn(@arg) on every pCPU of the mask (64-bit words, MAX_PCPUS bits; this one
 * included if set) and wait. @pre interrupts on or no lock held that the others may want. */
void call_on_pcpus(const u64 *mask, void (*fn)(void *), void *arg);

/* Whoever waits with interrupts off for something another pCPU holds must answer its calls. */
void serve_cross_call(void);

#endif
