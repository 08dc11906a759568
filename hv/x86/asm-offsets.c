/* SPDX-License-Identifier: MIT */
/*
 * Field offsets for assembly.  Never linked: the build compiles this to
 * assembler text and turns the "=>" lines into build/gen/asm-offsets.h.
 */
#include "domain/domain.h"
#include "trace/trace.h"
#include "x86/percpu.h"

#define DEFINE(name, value) __asm__ volatile("\n=> " #name " %0" : : "i"((long)(value)))

void asm_offsets(void);
void asm_offsets(void)
{
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, pv.kernel_mode));
	DEFINE(VCPU_kernel_l4, offsetof(struct vcpu, pv.kernel_l4));
	DEFINE(VCPU_user_l4, offsetof(struct vcpu, pv.user_l4));
	DEFINE(VCPU_info, offsetof(struct vcpu, info));
	DEFINE(VCPU_domain, offsetof(struct vcpu, domain));
	DEFINE(DOMAIN_hypercalls, offsetof(struct domain, hypercalls));
	DEFINE(PCPU_softirq_pending, offsetof(struct pcpu, softirq_pending));
	DEFINE(PCPU_cr3, offsetof(struct pcpu, cr3));
	DEFINE(INFO_upcall_pending, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(INFO_upcall_mask, offsetof(struct vcpu_info, evtchn_upcall_mask));
	DEFINE(TRACE_ID_HYPERCALL, TRACE_ID_hypercall);
	DEFINE(CPUINFO_current, offsetof(struct cpu_info, running));
	DEFINE(CPUINFO_pcpu, offsetof(struct cpu_info, pcpu));
}
