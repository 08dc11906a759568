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
#include "memory/page.h"
#include "pv/cpu-policy.h"
#include "pv/traps.h"
#include "time/clock.h"
#include "trace/trace.h"
#include "x86/setup.h"

#define BIT(n) (1U << (n))

/*
 * What a PV guest may have, by register: the features that
 * <xen/arch-x86/cpufeatureset.h> marks as for all guests, without those that
 * come with an MSR we do not offer (speculation control) and those that are off unless asked for.
 */
#define L1C_PV 0xf6d83203U   /* SSE3.. FMA CX16 MOVBE POPCNT AES XSAVE AVX F16C RDRAND HYPERVISOR */
#define L1C_HYPERVISOR BIT(31)
#define L1C_OSXSAVE BIT(27)
#define L1D_PV 0x0fc9cbf5U   /* not VME PSE MTRR PGE PSE36 DS TM PBE; not HTT: topology is virtual */
#define L1D_SEP BIT(11)      /* in 64-bit mode on Intel's processors only */
#define L1D_MTRR BIT(12)     /* Dom0 may look */
#define L7B_PV 0xfdaf0b29U
#define L7C_PV 0x02405f43U
#define L7D_PV 0x0000401cU
#define L71A_PV 0x00001c30U
#define LD1A_PV 0x00000007U  /* XSAVEOPT XSAVEC XGETBV1; XSAVES is a supervisor's */
#define E1C_PV 0x042109e3U
#define E1D_PV 0xe8500800U
#define E1D_AS_1D 0x0183f3ffU /* on AMD's processors these repeat leaf 1 */
#define E7D_PV BIT(8)        /* invariant TSC */
#define E8B_PV 0x24000005U
#define E21A_PV 0x00000044U  /* LFENCE serialises; null selectors clear bases */
#define E21A_LFENCE BIT(2)

#define MAX_BASIC 0xd
#define MAX_EXTENDED 0x80000021
#define LINEAR_BITS 48
#define XSAVE_HEADER_END 576

static struct cpuid_regs leaf_1(struct cpuid_regs r)
{
	r.b &= 0xffff;
	r.c = (r.c & L1C_PV) | L1C_HYPERVISOR;
	r.d &= L1D_PV & ~(cpu_features.amd ? L1D_SEP : 0);
	return r;
}

static struct cpuid_regs leaf_7(struct cpuid_regs r, u32 subleaf)
{
	if (subleaf == 0)
		return (struct cpuid_regs){ MIN(r.a, 1), r.b & L7B_PV, r.c & L7C_PV, r.d & L7D_PV };
	if (subleaf == 1 && cpuid(7, 0).a >= 1)
		return (struct cpuid_regs){ .a = r.a & L71A_PV };
	return (struct cpuid_regs){ 0 };
}

/* Bytes of the largest image a guest can have. */
static u32 xsave_bytes(void)
{
	u32 bytes = XSAVE_HEADER_END;

	for (u32 i = 2; i < 63; i++)
		if (cpu_features.xcr0_mask >> i & 1) {
			struct cpuid_regs r = cpuid(0xd, i);

			bytes = MAX(bytes, r.a + r.b);
		}
	return bytes;
}

static struct cpuid_regs leaf_d(struct cpuid_regs r, u32 subleaf)
{
	if (subleaf == 0) {
		r.a &= cpu_features.xcr0_mask;
		r.c = xsave_bytes();
		r.d = 0;
	} else if (subleaf == 1) {
		r.a &= LD1A_PV;
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

/* LFENCE serialises on every processor we run on, which AMD's may not say themselves. */
static u32 max_extended(u32 said)
{
	return cpu_features.amd ? MAX_EXTENDED : MIN(said, MAX_EXTENDED);
}

static struct cpuid_regs extended_leaf(u32 leaf, u32 subleaf)
{
	u32 said = cpuid(0x80000000, 0).a;
	struct cpuid_regs r = { 0 };

	if (leaf <= said)
		r = cpuid(leaf, subleaf);
	switch (leaf) {
	case 0x80000000:
		r.a = max_extended(r.a);
		return r;
	case 0x80000001:
		r.c &= E1C_PV;
		r.d &= E1D_PV | (cpu_features.amd ? E1D_AS_1D & L1D_PV & ~L1D_SEP : 0);
		return r;
	case 0x80000002 ... 0x80000006:
		return r;
	case 0x80000007:
		return (struct cpuid_regs){ .d = r.d & E7D_PV };
	case 0x80000008:
		return (struct cpuid_regs){ .a = (r.a & 0xff) | LINEAR_BITS << 8, .b = r.b & E8B_PV };
	case 0x80000021:
		return (struct cpuid_regs){ .a = (r.a & E21A_PV) | (cpu_features.amd ? E21A_LFENCE : 0) };
	}
	return (struct cpuid_regs){ 0 };
}

#define TIME_TSC_RELIABLE 2
#define TIME_RDTSCP 4

/* Dom0's clock was never set up by tools: it has no frequency or scale here. */
static struct cpuid_regs time_leaf(const struct domain *d, u32 subleaf)
{
	const struct pcpu *cpu = this_cpu();

	switch (subleaf) {
	case 0:
		return (struct cpuid_regs){ (cpu_features.invariant_tsc ? TIME_TSC_RELIABLE : 0) |
						    (cpu_features.rdtscp ? TIME_RDTSCP : 0),
					    d->tsc.mode, d->tsc.khz, d->tsc.incarnation };
	case 1: /* offset 0, scale */
		if (!d->tsc.khz)
			break;
		return (struct cpuid_regs){ 0, 0, cpu->tsc_mul, (u8)cpu->tsc_shift };
	case 2:
		return (struct cpuid_regs){ tsc_khz, 0, 0, 0 };
	}
	return (struct cpuid_regs){ 0 };
}

/* Width of the addresses of memory there is. */
static u32 machine_address_bits(void)
{
	return 64 - __builtin_clzl(max_mfn) + PAGE_SHIFT;
}

static struct cpuid_regs hypervisor_leaf(const struct domain *d, u32 index, u32 subleaf)
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
		return time_leaf(d, subleaf);
	case 5:
		return (struct cpuid_regs){ .b = subleaf ? 0 : machine_address_bits() };
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

/* What depends on the vCPU and its state.  A kernel finds the processor's own OSXSAVE, for those
 * that look at it before they set it in what they take for CR4. */
static void add_state(const struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_regs *r)
{
	switch (leaf) {
	case 1:
		r->b = (r->b & 0xffff) | (v->id * 2) << 24;
		if (cpu_features.xsave && (v->pv.kernel_mode || v->pv.cr4 & X86_CR4_OSXSAVE))
			r->c |= L1C_OSXSAVE;
		break;
	case 0xd: /* size for the XCR0 in force */
		if (!subleaf && r->a)
			r->b = cpuid(0xd, 0).b;
		return;
	case 0x80000001:
		if (cpu_features.amd)
			break;
		return;
	default:
		return;
	}
	if (v->domain->privileged)
		r->d |= cpuid(1, 0).d & L1D_MTRR;
}

struct cpuid_regs pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf)
{
	const struct cpu_policy *p = v->domain->cpu_policy;
	struct cpuid_regs r;

	if (leaf - XEN_CPUID_FIRST_LEAF < 0x100)
		return hypervisor_leaf(v->domain, leaf & 0xff, subleaf);
	r = p ? from_policy(p, leaf, subleaf) : pv_cpuid_most(leaf, subleaf);
	add_state(v, leaf, subleaf, &r);
	return r;
}

/* UD2, 'x', 'e', 'n', CPUID: the eighth byte is whatever follows. */
#define FORCED_CPUID 0xa20f6e65780b0fULL
#define FORCED_CPUID_BYTES 7

bool pv_emulate_forced_cpuid(struct vcpu *v, struct cpu_regs *regs)
{
	struct cpuid_regs r;
	u64 bytes = 0;

	if (copy_from_guest(&bytes, regs->rip, FORCED_CPUID_BYTES) || bytes != FORCED_CPUID)
		return false;
	trace_pv_forced_invalid_op(regs->rip);
	r = pv_cpuid(v, regs->rax, regs->rcx);
	regs->rax = r.a;
	regs->rbx = r.b;
	regs->rcx = r.c;
	regs->rdx = r.d;
	regs->rip += FORCED_CPUID_BYTES;
	return true;
}
