/* SPDX-License-Identifier: MIT */
/*
 * MSR emulation for PV kernels.  What Debian's kernel asks for and what Xen
 * 4.17 answers was measured; numbers are from the AMD64 APM vol. 2, appendix A,
 * and AMD's processor guides.  Segment bases are the guest's own, the machine
 * check banks are virtual and empty, the rest reads as a quiet default.
 */
#include "pv/msr.h"

#include "x86/cpu.h"
#include "x86/setup.h"

#define MSR_TSC 0x10
#define MSR_PLATFORM_ID 0x17
#define MSR_MICROCODE 0x8b
#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MISC_ENABLE 0x1a0
#define MSR_MC0_CTL 0x400
#define MC_BANKS 2
#define MSR_K7_EVNTSEL0 0xc0010000
#define MSR_K7_PERFCTR3 0xc0010007
#define MSR_HWCR 0xc0010015
#define MSR_PATCH_LEVEL MSR_MICROCODE
#define MSR_DE_CFG 0xc0011029
#define DE_CFG_LFENCE_SERIALISE 2

static bool is_mc_bank(u32 msr)
{
	return msr >= MSR_MC0_CTL && msr < MSR_MC0_CTL + 4 * MC_BANKS;
}

static bool is_perf_counter(u32 msr)
{
	return msr >= MSR_K7_EVNTSEL0 && msr <= MSR_K7_PERFCTR3;
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
	case MSR_APIC_BASE: /* enabled, at its usual place; the boot flag on vCPU 0 */
		*val = 0xfee00800 | (v->id ? 0 : 0x100);
		return 0;
	case MSR_MCG_CAP:
		*val = MC_BANKS;
		return 0;
	case MSR_DE_CFG:
		if (!cpu_features.amd)
			return -1;
		*val = DE_CFG_LFENCE_SERIALISE;
		return 0;
	case MSR_EFER:
		*val = EFER_SCE | EFER_LME | 0x400 | EFER_NXE;
		return 0;
	case MSR_HWCR:
		return cpu_features.amd ? 0 : -1;
	case MSR_MCG_STATUS:
	case MSR_TSC_AUX:
		return 0;
	case MSR_PLATFORM_ID:
	case MSR_MISC_ENABLE:
		return cpu_features.amd ? -1 : 0;
	}
	if (is_mc_bank(msr)) {
		*val = (msr & 3) == 0 ? ~0UL : 0;
		return 0;
	}
	return cpu_features.amd && is_perf_counter(msr) ? 0 : -1;
}

int pv_write_msr(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!is_canonical(val))
			return -1;
		wrmsr(msr, val);
		return 0;
	case MSR_PAT: /* the ABI's layout is fixed; writing that one is no change */
		return val == rdmsr(MSR_PAT) ? 0 : -1;
	case MSR_EFER:
		return (val & ~(u64)0x400) == (EFER_SCE | EFER_LME | EFER_NXE) ? 0 : -1;
	case MSR_TSC_AUX:
		return val >> 32 ? -1 : 0;
	case MSR_MCG_STATUS:
	case MSR_APIC_BASE:
	case MSR_MICROCODE:
		return 0;
	case MSR_HWCR:
	case MSR_DE_CFG:
		return cpu_features.amd ? 0 : -1;
	case MSR_MISC_ENABLE:
		return cpu_features.amd ? -1 : 0;
	}
	return is_mc_bank(msr) || (cpu_features.amd && is_perf_counter(msr)) ? 0 : -1;
}
