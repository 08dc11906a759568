/* SPDX-License-Identifier: MIT */
/*
 * MSR emulation for PV kernels: the answers Xen 4.17 gives, found by asking it
 * about every number (bench/guests/pv/survey-cpu.c).  Numbers are from the AMD64 APM
 * vol. 2, appendix A, AMD's processor guides and Intel's SDM vol. 4.  Segment
 * bases are the guest's own, the machine check banks are virtual and empty;
 * what else is there reads as nothing, so that a kernel's probes end quietly.
 */
#include "pv/msr.h"

#include "pv/context.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/setup.h"

#define MSR_TSC 0x10
#define MSR_MICROCODE 0x8b
#define MSR_MISC_FEATURES 0x140
#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MISC_ENABLE 0x1a0
#define MSR_MC0_CTL 0x400
#define MC_BANKS 2
#define MC_BANKS_END 0x480
#define MSR_DE_CFG 0xc0011029
#define DE_CFG_LFENCE_SERIALISE 2
#define EFER_LMA 0x400
#define MISC_ENABLE_HIDDEN (1ULL << 7 | 1ULL << 18) /* performance monitoring, MONITOR */
#define MISC_ENABLE_SHOWN (1ULL << 11 | 1ULL << 12 | 1ULL << 23) /* no BTS, no PEBS, no xTPR */

/* Numbers that read as zero, and what becomes of a write. */
enum write_rule { REFUSED, IGNORED, ZERO_ONLY };
/* Where they are: everywhere, on AMD's processors, there but for Dom0 only. */
enum presence { ALL, AMD, AMD_DOM0 };

static const struct quiet {
	u32 first, last;
	u8 who;
	bool unreadable;
	u8 write;
} quiet[] = {
	{ 0x0, 0x1, ALL, false, REFUSED },               /* machine check of the first Pentium */
	{ 0xce, 0xce, ALL, false, REFUSED },             /* PLATFORM_INFO: no CPUID faulting */
	{ 0xe7, 0xe8, ALL, true, IGNORED },              /* MPERF, APERF */
	{ MSR_MISC_FEATURES, MSR_MISC_FEATURES, ALL, false, ZERO_ONLY },
	{ 0x17b, 0x17b, ALL, false, IGNORED },           /* MCG_CTL */
	{ 0x280, 0x29f, ALL, false, IGNORED },           /* MCi_CTL2 */
	{ 0x345, 0x345, ALL, false, REFUSED },           /* PERF_CAPABILITIES */
	{ 0x40000000, 0x40000000, ALL, false, REFUSED }, /* the hypercall page, for HVM guests */
	{ 0xc0010000, 0xc0010007, AMD, false, IGNORED },  /* performance counters */
	{ 0xc0010010, 0xc0010010, AMD_DOM0, false, REFUSED },  /* SYSCFG */
	{ 0xc0010015, 0xc0010015, AMD, false, IGNORED },  /* HWCR */
	{ 0xc0010016, 0xc001001a, AMD_DOM0, false, REFUSED },  /* IORRs, TOP_MEM */
	{ 0xc001001d, 0xc001001d, AMD_DOM0, false, REFUSED },  /* TOP_MEM2 */
	{ 0xc001001f, 0xc001001f, AMD, false, IGNORED },  /* NB_CFG */
	{ 0xc0010041, 0xc0010042, AMD, false, IGNORED },  /* FID and VID */
	{ 0xc0010061, 0xc001006b, AMD, false, IGNORED },  /* P states */
	{ 0xc0010112, 0xc0010113, AMD_DOM0, false, REFUSED },  /* TSEG */
	{ 0xc0010200, 0xc001020b, AMD, false, IGNORED },  /* more performance counters */
};

static bool is_for(const struct quiet *q, const struct vcpu *v)
{
	return q->who == ALL || (cpu_features.amd && (q->who == AMD || v->domain->privileged));
}

static const struct quiet *find_quiet(const struct vcpu *v, u32 msr)
{
	for (unsigned i = 0; i < ARRAY_SIZE(quiet); i++)
		if (msr >= quiet[i].first && msr <= quiet[i].last)
			return is_for(&quiet[i], v) ? &quiet[i] : NULL;
	return NULL;
}

/* Of the machine: false if the processor has no such MSR. */
static bool host_msr(u32 msr, u64 *val)
{
	u32 lo = 0, hi = 0;
	bool ok = true;

	__asm__ volatile("1: rdmsr\n2:\n\t.section .text.fixup, \"ax\"\n3: movb $0, %2\n\tjmp 2b\n\t"
			 ".previous\n\t" EX_TABLE_ASM("1b", "3b")
			 : "+a"(lo), "+d"(hi), "+m"(ok) : "c"(msr));
	*val = (u64)hi << 32 | lo;
	return ok;
}

static __attribute__((noinline)) int read_misc_enable(u64 *val)
{
	if (!host_msr(MSR_MISC_ENABLE, val))
		return -1;
	*val = (*val & ~MISC_ENABLE_HIDDEN) | MISC_ENABLE_SHOWN;
	return 0;
}

static bool is_mc_bank(u32 msr)
{
	return msr >= MSR_MC0_CTL && msr < MC_BANKS_END;
}

/* What kernels ask for once, if at all. */
static __attribute__((noinline)) int read_other(const struct vcpu *v, u32 msr, u64 *val)
{
	const struct quiet *q = find_quiet(v, msr);

	switch (msr) {
	case MSR_MCG_CAP:
		*val = MC_BANKS;
		return 0;
	case MSR_MCG_STATUS:
		*val = v->pv.mcg_status;
		return 0;
	case MSR_MISC_ENABLE:
		return read_misc_enable(val);
	case MSR_DE_CFG:
		*val = DE_CFG_LFENCE_SERIALISE;
		return cpu_features.amd ? 0 : -1;
	case MSR_EFER:
		*val = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
		return 0;
	}
	if (is_mc_bank(msr)) {
		*val = msr < MSR_MC0_CTL + 4 * MC_BANKS && (msr & 3) == 0 ? ~0UL : 0;
		return 0;
	}
	return q && !q->unreadable ? 0 : -1;
}

int pv_read_msr(struct vcpu *v, u32 msr, u64 *val)
{
	*val = 0;
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
	case MSR_PAT:
	case MSR_MICROCODE:
		*val = rdmsr(msr);
		return 0;
	case MSR_TSC:
		*val = rdtsc();
		return 0;
	case MSR_TSC_AUX:
		*val = v->pv.tsc_aux;
		return 0;
	case MSR_APIC_BASE: /* enabled, at its usual place; the boot flag on vCPU 0 */
		*val = 0xfee00800 | (v->id ? 0 : 0x100);
		return 0;
	}
	return read_other(v, msr, val);
}

static int write_tsc_aux(struct vcpu *v, u64 val)
{
	if (!cpu_features.rdtscp || val >> 32)
		return -1;
	pv_set_tsc_aux(v, val);
	return 0;
}

static __attribute__((noinline)) int write_other(const struct vcpu *v, u32 msr, u64 val)
{
	const struct quiet *q = find_quiet(v, msr);

	if (is_mc_bank(msr)) /* control is kept as it is; the rest can only be cleared */
		return (msr & 3) == 0 || !val || msr >= MSR_MC0_CTL + 4 * MC_BANKS ? 0 : -1;
	if (!q || q->write == REFUSED)
		return -1;
	return q->write == ZERO_ONLY && val ? -1 : 0;
}

int pv_write_msr(struct vcpu *v, u32 msr, u64 val)
{
	u64 now;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!is_canonical(val))
			return -1;
		wrmsr(msr, val);
		return 0;
	case MSR_EFER:
		return (val & ~(u64)EFER_LMA) == (EFER_SCE | EFER_LME | EFER_NXE) ? 0 : -1;
	case MSR_TSC_AUX:
		return write_tsc_aux(v, val);
	case MSR_MCG_STATUS:
		v->pv.mcg_status = val;
		return 0;
	case MSR_MCG_CAP:
		return 0;
	case MSR_DE_CFG:
		return cpu_features.amd ? 0 : -1;
	case MSR_MISC_ENABLE:
		return read_misc_enable(&now);
	}
	return write_other(v, msr, val);
}
