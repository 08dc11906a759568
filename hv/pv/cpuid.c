/* SPDX-License-Identifier: MIT */
/*
 * The CPUID policy of PV guests: the processor's own leaves without what a
 * ring-3 kernel cannot use, plus the hypervisor leaves of the ABI
 * (<xen/arch-x86/cpuid.h>).  Masks are by feature, from AMD64 APM vol. 3,
 * appendix E, and Intel's SDM vol. 2A.
 */
#include "pv/cpuid.h"

#include <xen/arch-x86/cpuid.h>

#include "memory/guest.h"
#include "pv/cpu-policy.h"
#include "pv/traps.h"
#include "time/clock.h"
#include "trace/trace.h"
#include "x86/setup.h"

#define BIT(n) (1U << (n))

/* Leaf 1: paging and monitor features that are the hypervisor's. */
#define L1C_HIDDEN (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(10) |    \
		    BIT(11) | BIT(14) | BIT(15) | BIT(17) | BIT(18) | BIT(21) | BIT(24) | BIT(27))
#define L1C_HYPERVISOR BIT(31)
#define L1C_OSXSAVE BIT(27)
/* VME PSE MTRR PGE PSE36 PN DS TM PBE, HTT: topology is virtual */
#define PAGING_D (BIT(1) | BIT(3) | BIT(12) | BIT(13) | BIT(17))
#define L1D_HIDDEN (PAGING_D | BIT(18) | BIT(21) | BIT(22) | BIT(28) | BIT(29) | BIT(31))
/* Leaf 7: TSC_ADJUST SMEP INVPCID PQM MPX PQE SMAP PT; UMIP PKU OSPKE LA57 RDPID; C: none */
#define L7B_HIDDEN (BIT(1) | BIT(2) | BIT(4) | BIT(7) | BIT(10) | BIT(11) | BIT(12) | BIT(14) |  \
		    BIT(15) | BIT(20) | BIT(25))
#define L7C_HIDDEN (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(7) | BIT(16) | BIT(22) | 0xff800000)
/* 80000001: SVM EXTAPIC OSVW.. kept few; no 1 GiB pages, FFXSR, RDTSCP stays */
#define E1C_HIDDEN (BIT(1) | BIT(2) | BIT(3) | BIT(9) | BIT(10) | BIT(12) | BIT(13) | BIT(15) |  \
		    BIT(17) | BIT(19) | BIT(22) | BIT(23) | BIT(24) | BIT(27) | BIT(28) | BIT(29))
#define E1D_HIDDEN (PAGING_D | BIT(25) | BIT(26))

#define MAX_BASIC 0xd
#define MAX_EXTENDED 0x80000021

static struct cpuid_regs leaf_1(struct cpuid_regs r)
{
	r.b &= 0xffff;
	r.c = (r.c & ~L1C_HIDDEN) | L1C_HYPERVISOR;
	r.d &= ~L1D_HIDDEN;
	return r;
}

static struct cpuid_regs leaf_7(struct cpuid_regs r, u32 subleaf)
{
	if (subleaf)
		return (struct cpuid_regs){ 0 };
	r.a = 0;
	r.b &= ~L7B_HIDDEN;
	r.c &= ~L7C_HIDDEN;
	r.d = 0;
	return r;
}

static struct cpuid_regs leaf_d(struct cpuid_regs r, u32 subleaf)
{
	if (subleaf == 0) {
		r.a &= cpu_features.xcr0_mask;
		r.d = 0;
	} else if (subleaf == 1) {
		r.a &= 1; /* XSAVEOPT; compaction and XSAVES are supervisor matters */
		r.b = r.c = r.d = 0;
	} else if (subleaf >= 63 || !(cpu_features.xcr0_mask >> subleaf & 1)) {
		return (struct cpuid_regs){ 0 };
	}
	return r;
}

static struct cpuid_regs basic_leaf(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	switch (leaf) {
	case 0:
		r.a = MIN(r.a, MAX_BASIC);
		return r;
	case 1:
		return leaf_1(r);
	case 2: case 4:
		return r;
	case 7:
		return leaf_7(r, subleaf);
	case 0xd:
		return leaf_d(r, subleaf);
	}
	return (struct cpuid_regs){ 0 };
}

static struct cpuid_regs extended_leaf(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	switch (leaf) {
	case 0x80000000:
		r.a = MIN(r.a, MAX_EXTENDED);
		return r;
	case 0x80000001:
		r.c &= ~E1C_HIDDEN;
		r.d &= ~E1D_HIDDEN;
		return r;
	case 0x80000002 ... 0x80000006:
		return r;
	case 0x80000007:
		return (struct cpuid_regs){ .d = r.d & BIT(8) };
	case 0x80000008:
		return (struct cpuid_regs){ .a = r.a & 0xffff, .b = r.b & (BIT(0) | BIT(2) | BIT(9)) };
	case 0x80000021:
		return (struct cpuid_regs){ .a = r.a & BIT(2) };
	}
	return (struct cpuid_regs){ 0 };
}

static struct cpuid_regs time_leaf(u32 subleaf)
{
	const struct pcpu *cpu = this_cpu();

	switch (subleaf) {
	case 0: /* TSC not emulated; reliable if invariant; mode "default" */
		return (struct cpuid_regs){ cpu_features.invariant_tsc ? 2 : 0, 0, tsc_khz, 0 };
	case 1: /* offset 0, scale */
		return (struct cpuid_regs){ 0, 0, cpu->tsc_mul, (u8)cpu->tsc_shift };
	case 2:
		return (struct cpuid_regs){ tsc_khz, 0, 0, 0 };
	}
	return (struct cpuid_regs){ 0 };
}

static struct cpuid_regs hypervisor_leaf(u32 index, u32 subleaf)
{
	switch (index) {
	case 0:
		return (struct cpuid_regs){ XEN_CPUID_FIRST_LEAF + 5, XEN_CPUID_SIGNATURE_EBX,
					    XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX };
	case 1: /* 4.17 */
		return (struct cpuid_regs){ 4 << 16 | 17, 0, 0, 0 };
	case 2: /* one hypercall page, its MSR */
		return (struct cpuid_regs){ 1, XEN_CPUID_FIRST_LEAF,
					    XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0 };
	case 3:
		return time_leaf(subleaf);
	case 5:
		return (struct cpuid_regs){ 0, subleaf ? 0 : cpu_features.paddr_bits, 0, 0 };
	}
	return (struct cpuid_regs){ 0 };
}

struct cpuid_regs pv_cpuid_most(u32 leaf, u32 subleaf)
{
	if (leaf < 0x10000)
		return basic_leaf(leaf, subleaf);
	if (leaf - 0x80000000 < 0x10000)
		return extended_leaf(leaf, subleaf);
	return (struct cpuid_regs){ 0 };
}

static struct cpuid_regs from_policy(const struct cpu_policy *p, u32 leaf, u32 subleaf)
{
	const struct xen_cpuid_leaf *l;
	u32 first = leaf & 0x80000000;

	l = cpu_policy_find(p, first, 0);
	if (!l || leaf > l->a)
		return (struct cpuid_regs){ 0 };
	l = cpu_policy_find(p, leaf, subleaf);
	return l ? (struct cpuid_regs){ l->a, l->b, l->c, l->d } : (struct cpuid_regs){ 0 };
}

/* What depends on the vCPU and its state. */
static void add_state(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_regs *r)
{
	if (leaf == 1) {
		r->b = (r->b & 0xffff) | (v->id * 2) << 24;
		r->c &= ~L1C_OSXSAVE;
		if (v->pv.cr4 & X86_CR4_OSXSAVE)
			r->c |= L1C_OSXSAVE;
	} else if (leaf == 0xd && !subleaf && r->a) {
		r->b = cpuid(0xd, 0).b; /* size for the XCR0 in force */
	}
}

struct cpuid_regs pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf)
{
	const struct cpu_policy *p = v->domain->cpu_policy;
	struct cpuid_regs r;

	if (leaf - XEN_CPUID_FIRST_LEAF < 0x100)
		return hypervisor_leaf(leaf & 0xff, subleaf);
	r = p ? from_policy(p, leaf, subleaf) : pv_cpuid_most(leaf, subleaf);
	add_state(v, leaf, subleaf, &r);
	return r;
}

bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_regs *regs)
{
	static const u8 prefix[7] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	u8 bytes[sizeof(prefix)];
	struct cpuid_regs r;

	if (copy_from_guest(bytes, regs->rip, sizeof(bytes)) ||
	    __builtin_memcmp(bytes, prefix, sizeof(prefix)))
		return false;
	trace_pv_forced_invalid_op(regs->rip);
	r = pv_cpuid(v, regs->rax, regs->rcx);
	regs->rax = r.a;
	regs->rbx = r.b;
	regs->rcx = r.c;
	regs->rdx = r.d;
	regs->rip += sizeof(prefix);
	return true;
}
