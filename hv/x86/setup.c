/* SPDX-License-Identifier: MIT */
/*
 * Detecting what the processor offers and putting each pCPU into the state the
 * hypervisor and its guests expect.  PV guests see the fixed PAT layout of the
 * ABI: WB WT UC- UC WC WP UC UC (XEN_MSR_PAT, <xen/arch-x86/xen.h>).
 */
#include "x86/setup.h"

#include "console/console.h"
#include "x86/cpu.h"
#include "x86/fpu.h"

#define PAT_ABI 0x0000050100070406ULL
#define XCR0_X87_SSE 3

struct cpu_features cpu_features;

static void detect_xsave(void)
{
	struct cpuid_regs r;

	if (!(cpuid(1, 0).c >> 26 & 1)) {
		cpu_features.xsave_size = 512;
		return;
	}
	cpu_features.xsave = true;
	r = cpuid(0xd, 0);
	/* What a PV guest can use and XRSTOR alone restores: x87, SSE, AVX, AVX-512. */
	cpu_features.xcr0_mask = ((u64)r.d << 32 | r.a) & 0xe7;
	cpu_features.xsave_size = r.c;
	cpu_features.xsaveopt = cpuid(0xd, 1).a & 1;
}

/* QEMU's emulator says so in the leaf where hypervisors sign (target/i386/cpu.c, "expose-tcg"). */
static bool is_tcg(void)
{
	struct cpuid_regs r;

	if (!(cpuid(1, 0).c >> 31 & 1))
		return false;
	r = cpuid(0x40000000, 0);
	return r.b == 0x54474354 && r.c == 0x43544743 && r.d == 0x47435447; /* "TCGTCGTCGTCG" */
}

void cpu_detect(void)
{
	struct cpuid_regs l0 = cpuid(0, 0), l1 = cpuid(1, 0), l7 = { 0 }, e1;
	u32 max_ext = cpuid(0x80000000, 0).a;

	if (l0.a >= 7)
		l7 = cpuid(7, 0);
	e1 = cpuid(0x80000001, 0);
	if (!(e1.d >> 11 & 1) || !(e1.d >> 20 & 1))
		boot_fail("this processor lacks SYSCALL or NX: Orrery needs both");
	cpu_features.amd = l0.b == 0x68747541; /* "Auth" */
	cpu_features.x2apic = l1.c >> 21 & 1;
	cpu_features.fsgsbase = l7.b & 1;
	cpu_features.smep = l7.b >> 7 & 1;
	cpu_features.page1gb = e1.d >> 26 & 1;
	cpu_features.rdtscp = e1.d >> 27 & 1;
	cpu_features.paddr_bits = max_ext >= 0x80000008 ? cpuid(0x80000008, 0).a & 0xff : 36;
	cpu_features.invariant_tsc = max_ext >= 0x80000007 && (cpuid(0x80000007, 0).d >> 8 & 1);
	cpu_features.tcg = is_tcg();
	detect_xsave();
}

u64 hv_cr4(void)
{
	return X86_CR4_PAE | X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_DE |
	       (cpu_features.xsave ? X86_CR4_OSXSAVE : 0) | (cpu_features.smep ? X86_CR4_SMEP : 0) |
	       (cpu_features.fsgsbase ? X86_CR4_FSGSBASE : 0);
}

void cpu_init_this(void)
{
	write_cr0(X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | X86_CR0_MP | 0x11);
	write_cr4(hv_cr4());
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	wrmsr(MSR_PAT, PAT_ABI);
	if (cpu_features.rdtscp)
		wrmsr(MSR_TSC_AUX, 0);
	fpu_init_this();
}
