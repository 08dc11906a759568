/* SPDX-License-Identifier: MIT */
/*
 * Processor state common to all pCPUs: control registers, EFER, PAT, XCR0.
 */
#ifndef ORRERY_X86_SETUP_H
#define ORRERY_X86_SETUP_H

#include "lib/types.h"

/* What the boot pCPU found, fixed afterwards. */
struct cpu_features {
	bool xsave, xsaveopt, fsgsbase, smep, page1gb, x2apic, invariant_tsc, rdtscp, amd;
	bool tcg;           /* emulated by QEMU */
	u64 xcr0_mask;      /* components XSETBV accepts */
	u32 xsave_size;     /* bytes of the largest image */
	unsigned paddr_bits;
};
extern struct cpu_features cpu_features;

void cpu_detect(void);    /* boot pCPU, first */
void cpu_init_this(void); /* every pCPU: CR0, CR4, EFER, PAT, XCR0, clean FPU */
u64 hv_cr4(void);         /* CR4 bits the hypervisor itself wants */

#endif
