/* SPDX-License-Identifier: MIT */
/*
 * Bringing up the other pCPUs, and the per-pCPU records.  `maxcpus=` limits
 * them.  The start code of a pCPU runs in the page at SMP_TRAMPOLINE_PADDR,
 * which the boot code keeps out of the allocators for good.
 */
#ifndef ORRERY_X86_SMP_H
#define ORRERY_X86_SMP_H

#define SMP_TRAMPOLINE_PADDR 0x8000
#define CPU_INFO_BYTES 208 /* room for struct cpu_info and more, a multiple of 16 */

#ifndef __ASSEMBLER__
#include "lib/types.h"
#include "x86/percpu.h"
_Static_assert(CPU_INFO_SIZE <= CPU_INFO_BYTES, "stack of a new pCPU");

#define VECTOR_STOP 0xf9 /* stop for good */

/* First thing on the boot pCPU: its record (cpu_info()->pcpu), pcpus[0], pcpu_count = 1. */
void smp_init_boot_pcpu(void);

/* Once its local APIC is up: its APIC id. */
void smp_identify_boot_pcpu(void);

/*
 * Start every other pCPU of the ACPI tables, one at a time, up to maxcpus=.  Each ends in
 * idle_loop().  One that does not answer costs 100 ms and a line, nothing else.
 * @pre scheduler ready for sched_init_pcpu().  Uses the identity slot of hv_l4 and clears it.
 */
void smp_boot_others(void);

/* Ask all other pCPUs to stop for good (halted, interrupts off); waits at most 10 ms. */
void smp_stop_others(void);
#endif
#endif
