/* SPDX-License-Identifier: MIT */
/*
 * The local APIC of each pCPU: registers, end of interrupt, one-shot timer.
 * xAPIC through its memory window, x2APIC through MSRs when the firmware left
 * it on; never switched by us.  Sending IPIs and setting the timer is declared
 * in x86/irq.h.  Register numbers: Intel SDM vol. 3, table 11-1 (10-1).
 */
#ifndef ORRERY_X86_APIC_H
#define ORRERY_X86_APIC_H

#include "lib/types.h"

#define APIC_ID 0x20
#define APIC_VERSION 0x30
#define APIC_TPR 0x80
#define APIC_EOI 0xb0
#define APIC_LDR 0xd0
#define APIC_DFR 0xe0
#define APIC_SPIV 0xf0
#define APIC_ISR 0x100
#define APIC_ESR 0x280
#define APIC_ICR 0x300
#define APIC_ICR2 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF 0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0

#define APIC_DM_FIXED 0x000
#define APIC_DM_NMI 0x400
#define APIC_DM_INIT 0x500
#define APIC_DM_STARTUP 0x600
#define APIC_ICR_BUSY 0x1000
#define APIC_ICR_ASSERT 0x4000
#define APIC_ICR_LEVEL 0x8000
#define APIC_ICR_SELF 0x40000
#define APIC_LVT_MASKED 0x10000

extern volatile u32 *apic_mmio; /* NULL: x2APIC */

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 value);

static inline void apic_eoi(void)
{
	if (apic_mmio)
		apic_mmio[APIC_EOI / 4] = 0;
	else
		__asm__ volatile("wrmsr" : : "c"(0x80b), "a"(0), "d"(0) : "memory");
}

/* Boot pCPU: find the APIC and its registers.  Needs acpi_init(); boot_fail() without one. */
void apic_init(void);
/* Every pCPU, interrupts off: enable, mask all local sources but NMI, set up the timer. */
void apic_init_this(void);
/* Boot pCPU: timer frequency against now_ns().  After clock_init(). */
void apic_timer_calibrate(void);

u32 apic_id_this(void);
/* To a pCPU that is not online yet, by APIC id: @icr is a delivery mode with its vector. */
void apic_send_raw(u32 apic_id, u32 icr);

#endif
