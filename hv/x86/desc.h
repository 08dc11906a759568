/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables of a pCPU: the reserved GDT page, TSS, IDT and the SYSCALL
 * stub.  Built once per pCPU before it takes its first interrupt.
 */
#ifndef ORRERY_X86_DESC_H
#define ORRERY_X86_DESC_H

#include "x86/percpu.h"

/* Allocate what @p needs (GDT page, TSS with IST stacks, stub): 0 or -ENOMEM.
 * @stack_top: end of its STACK_SIZE block. */
int desc_alloc_pcpu(struct pcpu *p, void *stack_top);
/* Load them on the running pCPU. */
void desc_init_pcpu(struct pcpu *p);
/* GDT register back to the pCPU's own table (no guest's): before idling. */
void desc_load_own_gdt(const struct pcpu *p);
void desc_load_gdt(u64 base);
/* LDT of the running vCPU: @entries 0 loads none. */
void desc_load_ldt(struct pcpu *p, u64 base, unsigned entries);

#endif
