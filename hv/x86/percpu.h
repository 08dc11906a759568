/* SPDX-License-Identifier: MIT */
/*
 * Per-pCPU data.  Each pCPU's stack is a STACK_SIZE-aligned block whose top
 * holds struct cpu_info: the guest's register frame lands there on entry, so
 * the frame, the current vCPU and the pCPU's own record are all found from
 * the stack pointer with one mask.
 */
#ifndef ORRERY_X86_PERCPU_H
#define ORRERY_X86_PERCPU_H

#include "lib/list.h"
#include "x86/layout.h"
#include "x86/regs.h"

#define MAX_PCPUS 256

struct vcpu;
struct timer_queue;
struct trace_ring;
struct sched_pcpu;
struct vtlb;

struct pcpu {
	unsigned id;             /* 0..pcpu_count-1, dense */
	u32 apic_id;
	u32 softirq_pending;     /* bit per SOFTIRQ_*, set by any pCPU atomically */
	bool online;
	bool idle;               /* halted or about to: a wake-up needs an IPI */
	struct vcpu *idle_vcpu;
	struct vcpu *fpu_owner;  /* whose extended state is in the registers */
	struct timer_queue *timers;
	struct trace_ring *trace;
	struct sched_pcpu *sched;
	u64 cr3;                 /* what CR3 holds now */
	u32 tlb_generation;      /* bumped by every full flush here; see pv/tlb.h */
	u64 *gdt;                /* the reserved descriptors: one page, see x86/desc.c */
	void *tss;
	u64 syscall_stub;
	u64 stack_top;           /* end of its STACK_SIZE block */
	u64 tsc_stamp;           /* time calibration: TSC at @stime_stamp */
	s_time_t stime_stamp;
	u32 tsc_mul;             /* ns = (tsc << shift) * mul >> 32 */
	s8 tsc_shift;
	u64 irq_count;
	struct vtlb *vtlb;       /* pv/vtlb.h; NULL while no domain needs it */
};

struct cpu_info {
	struct cpu_regs guest_regs; /* valid while a guest is interrupted */
	struct vcpu *running; /* see current */
	struct pcpu *pcpu;
	u64 scratch;                /* syscall stub: the guest's stack pointer */
	u64 pad;                    /* the CPU aligns RSP to 16 before it pushes a frame */
};
#define CPU_INFO_SIZE (REGS_SIZE + 32)
_Static_assert(sizeof(struct cpu_info) == CPU_INFO_SIZE, "offset used by entry code");

static inline struct cpu_info *cpu_info(void)
{
	unsigned long sp;

	__asm__("movq %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1 - sizeof(struct cpu_info));
}

/* The running pCPU.  @pre interrupts off or the caller cannot migrate (always true
 * in the hypervisor: a vCPU changes pCPU only in schedule()). */
static inline struct pcpu *this_cpu(void)
{
	return cpu_info()->pcpu;
}

static inline unsigned smp_processor_id(void)
{
	return this_cpu()->id;
}

static inline struct vcpu *current_vcpu(void)
{
	return cpu_info()->running;
}
#define current current_vcpu()

extern struct pcpu *pcpus[MAX_PCPUS]; /* by id; entries below pcpu_count are never NULL */
extern unsigned pcpu_count;

#define for_each_online_pcpu(id)                                               \
	for (id = 0; id < pcpu_count; id++)                                    \
		if (pcpus[id]->online)

#endif
