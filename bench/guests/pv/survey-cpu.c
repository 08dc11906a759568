/* SPDX-License-Identifier: MIT */
/*
 * What the processor looks like from a PV kernel.  Every MSR of the ranges that
 * mean anything is read; one that answers is written, with what it said, with
 * nothing and with all ones, and read again.
 */
#include "bench/guests/pv/survey.h"

#define MSR_TSC 0x10 /* reads as the time */
#define PROBE(insn) "lea 1f(%%rip), %%rsi\n\tmov %%rsi, fault_resume(%%rip)\n\t" insn \
		    "\n1:\tmovq $0, fault_resume(%%rip)"

static void cpuid_line(u32 leaf, u32 subleaf)
{
	u32 a = leaf, b, c = subleaf, d;

	__asm__ volatile(".byte 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2"
			 : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	print("ANSWER cpuid %x.%x = %x %x %x %x\n", leaf, subleaf, a, b, c, d);
}

static void cpuid_range(u32 first, u32 last, u32 subleaves)
{
	for (u32 leaf = first; leaf <= last; leaf++)
		for (u32 i = 0; i < subleaves; i++)
			cpuid_line(leaf, i);
}

static void survey_cpuid(void)
{
	cpuid_range(0, 3, 1);
	cpuid_range(4, 4, 6);
	cpuid_range(5, 6, 2);
	cpuid_range(7, 7, 4);
	cpuid_range(8, 0xa, 2);
	cpuid_range(0xb, 0xb, 4);
	cpuid_range(0xd, 0xd, 12);
	cpuid_range(0xe, 0x21, 2);
	cpuid_range(0x40000000, 0x40000008, 4);
	cpuid_range(0x40000100, 0x40000101, 1);
	cpuid_range(0x80000000, 0x80000028, 2);
	cpuid_line(0xc0000000, 0);
	cpuid_line(0xffffffff, 0);
}

static bool msr_read(u32 msr, u64 *val)
{
	u32 lo = 0, hi = 0;

	last_vector = ~0UL;
	__asm__ volatile(PROBE("rdmsr") : "+a"(lo), "+d"(hi) : "c"(msr) : "rsi", "memory");
	*val = (u64)hi << 32 | lo;
	return !probe_result();
}

static bool msr_write(u32 msr, u64 val)
{
	last_vector = ~0UL;
	__asm__ volatile(PROBE("wrmsr") : : "a"((u32)val), "d"((u32)(val >> 32)), "c"(msr)
			 : "rsi", "memory");
	return !probe_result();
}

static void msr_written(u32 msr, const char *what, u64 val)
{
	bool taken = msr_write(msr, val);
	u64 now = 0;

	msr_read(msr, &now);
	print("ANSWER msr %x write %s = %s, then %lx\n", msr, what, taken ? "taken" : "refused", now);
}

static void msr_line(u32 msr)
{
	u64 val;

	if (msr == MSR_TSC)
		return;
	if (!msr_read(msr, &val)) {
		if (msr_write(msr, 0))
			print("ANSWER msr %x write-only = taken\n", msr);
		return;
	}
	print("ANSWER msr %x = %lx\n", msr, val);
	msr_written(msr, "same", val);
	msr_written(msr, "0", 0);
	msr_written(msr, "1", 1);
	msr_written(msr, "ones", ~0UL);
	msr_write(msr, val);
}

static void msr_range(u32 first, u32 last)
{
	for (u32 msr = first; msr <= last; msr++)
		msr_line(msr);
}

static void survey_msrs(void)
{
	msr_range(0, 0x1fff);
	msr_range(0x40000000, 0x400002ff);
	msr_range(0xc0000000, 0xc00003ff);
	msr_range(0xc0010000, 0xc00113ff);
}

/* One instruction that moves between a special register and RAX. */
#define READ_LINE(name, insn)                                                          \
	do {                                                                           \
		u64 v_ = 0;                                                            \
		last_vector = ~0UL;                                                    \
		__asm__ volatile(PROBE(insn) : "+a"(v_) : : "rcx", "rdx", "rsi", "memory"); \
		print("ANSWER read %s = %lx, trap %lx\n", name, v_, probe_result());     \
	} while (0)
#define WRITE_LINE(name, value, insn)                                                  \
	do {                                                                           \
		u64 v_ = (value);                                                      \
		last_vector = ~0UL;                                                    \
		__asm__ volatile(PROBE(insn) : "+a"(v_) : : "rcx", "rdx", "rsi", "memory"); \
		print("ANSWER write %s %lx = trap %lx\n", name, (u64)(value), probe_result()); \
	} while (0)

static u64 read_cr0(void)
{
	u64 v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static void survey_cr0(void)
{
	u64 cr0 = read_cr0();

	READ_LINE("cr0", "mov %%cr0, %%rax");
	for (unsigned bit = 0; bit < 64; bit++) {
		WRITE_LINE("cr0", cr0 ^ 1UL << bit, "mov %%rax, %%cr0");
		if (read_cr0() != cr0)
			print("ANSWER cr0 with bit %u changed = %lx\n", bit, read_cr0());
		__asm__ volatile("clts");
	}
	READ_LINE("smsw without TS", "smsw %%rax; and $~8, %%rax");
	WRITE_LINE("lmsw", cr0 | 8, "lmsw %%ax");
	WRITE_LINE("lmsw", cr0 & ~8UL, "lmsw %%ax");
	READ_LINE("cr0 at the end", "mov %%cr0, %%rax");
}

static u64 read_cr4(void)
{
	u64 v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static void survey_cr4(void)
{
	u64 cr4 = read_cr4();

	READ_LINE("cr4", "mov %%cr4, %%rax");
	for (unsigned bit = 0; bit < 64; bit++) {
		WRITE_LINE("cr4", cr4 ^ 1UL << bit, "mov %%rax, %%cr4");
		print("ANSWER cr4 with bit %u changed = %lx\n", bit, read_cr4());
		WRITE_LINE("cr4 back", cr4, "mov %%rax, %%cr4");
	}
	WRITE_LINE("cr4", ~0UL, "mov %%rax, %%cr4");
	print("ANSWER cr4 with all = %lx\n", read_cr4());
	WRITE_LINE("cr4", 0, "mov %%rax, %%cr4");
	print("ANSWER cr4 with none = %lx\n", read_cr4());
	WRITE_LINE("cr4", cr4, "mov %%rax, %%cr4");
}

static u64 cr3_frame_is_root(void)
{
	u64 v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return v == va_to_mfn((void *)start_info->pt_base) << 12;
}

static void survey_other_cr(void)
{
	print("ANSWER cr3 is the root's address = %lu\n", cr3_frame_is_root());
	READ_LINE("cr2", "mov %%cr2, %%rax");
	WRITE_LINE("cr2", 0x1234, "mov %%rax, %%cr2");
	READ_LINE("cr2 again", "mov %%cr2, %%rax");
	READ_LINE("cr8", "mov %%cr8, %%rax");
	WRITE_LINE("cr8", 0, "mov %%rax, %%cr8");
	last_vector = ~0UL;
	__asm__ volatile(PROBE("mov %%rax, %%cr3")
			 : : "a"(va_to_mfn((void *)start_info->pt_base) << 12) : "rsi", "memory");
	print("ANSWER write of the same cr3 = trap %lx\n", probe_result());
	WRITE_LINE("cr3", 0, "mov %%rax, %%cr3");
	print("ANSWER cr3 is still the root's address = %lu\n", cr3_frame_is_root());
}

static void survey_debug_registers(void)
{
	READ_LINE("dr0", "mov %%dr0, %%rax");
	READ_LINE("dr1", "mov %%dr1, %%rax");
	READ_LINE("dr2", "mov %%dr2, %%rax");
	READ_LINE("dr3", "mov %%dr3, %%rax");
	READ_LINE("dr4", "mov %%dr4, %%rax");
	READ_LINE("dr5", "mov %%dr5, %%rax");
	READ_LINE("dr6", "mov %%dr6, %%rax");
	READ_LINE("dr7", "mov %%dr7, %%rax");
	WRITE_LINE("dr0", 0x1000, "mov %%rax, %%dr0");
	WRITE_LINE("dr0", 0xffff830000000000, "mov %%rax, %%dr0");
	WRITE_LINE("dr0", 0x800000000000, "mov %%rax, %%dr0");
	READ_LINE("dr0 after", "mov %%dr0, %%rax");
	WRITE_LINE("dr4", 0, "mov %%rax, %%dr4");
	for (unsigned bit = 0; bit < 64; bit++) {
		WRITE_LINE("dr6", 1UL << bit, "mov %%rax, %%dr6");
		READ_LINE("dr6 after", "mov %%dr6, %%rax");
		WRITE_LINE("dr7", (1UL << bit) & ~0xffUL, "mov %%rax, %%dr7");
		READ_LINE("dr7 after", "mov %%dr7, %%rax");
	}
	WRITE_LINE("dr7", 0, "mov %%rax, %%dr7");
	WRITE_LINE("dr6", 0, "mov %%rax, %%dr6");
	WRITE_LINE("dr0", 0, "mov %%rax, %%dr0");
	for (u64 reg = 0; reg < 9; reg++)
		print("ANSWER get_debugreg %lu = %lx\n", reg, hypercall1(__HYPERVISOR_get_debugreg, reg));
	for (u64 reg = 0; reg < 9; reg++)
		print("ANSWER set_debugreg %lu not canonical = %ld\n", reg,
		      hypercall2(__HYPERVISOR_set_debugreg, reg, 0x800000000000));
	print("ANSWER set_debugreg 0 in the hypervisor = %ld\n",
	      hypercall2(__HYPERVISOR_set_debugreg, 0, 0xffff830000000000));
	print("ANSWER set_debugreg 7 on a port = %ld\n", hypercall2(__HYPERVISOR_set_debugreg, 7, 0x20001));
	print("ANSWER set_debugreg 7 on registers = %ld\n", hypercall2(__HYPERVISOR_set_debugreg, 7, 0x2000));
	for (u64 reg = 0; reg < 9; reg++)
		print("ANSWER set_debugreg %lu = %ld\n", reg,
		      hypercall2(__HYPERVISOR_set_debugreg, reg, 0));
}

static void survey_instructions(void)
{
	WRITE_LINE("xsetbv 1", 1, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("cr4 for xsave", read_cr4() | 1 << 18, "mov %%rax, %%cr4");
	WRITE_LINE("xsetbv", 0, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 1, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 3, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 5, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 7, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 0x207, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv", 0xff, "xor %%ecx, %%ecx; xor %%edx, %%edx; xsetbv");
	WRITE_LINE("xsetbv register 1", 7, "mov $1, %%ecx; xor %%edx, %%edx; xsetbv");
	READ_LINE("xcr0", "xor %%ecx, %%ecx; xgetbv");
	READ_LINE("clts", "clts");
	READ_LINE("cli", "cli");
	READ_LINE("sti", "sti");
	READ_LINE("hlt", "hlt");
	READ_LINE("invd", "invd");
	READ_LINE("wbinvd", "wbinvd");
	READ_LINE("invlpg", "invlpg (%%rsp)");
	READ_LINE("rdpmc", "xor %%ecx, %%ecx; rdpmc");
	READ_LINE("rdtscp", "rdtscp; xor %%eax, %%eax");
	READ_LINE("lgdt", "lgdt -32(%%rsp)");
	READ_LINE("lldt", "lldt %%ax");
	READ_LINE("ltr", "ltr %%ax");
	READ_LINE("swapgs", "swapgs");
	READ_LINE("sysret", "sysretq");
	READ_LINE("sysexit", "sysexitl");
	READ_LINE("monitor", "monitor");
	READ_LINE("mwait", "mwait");
	READ_LINE("vmmcall", "vmmcall");
	READ_LINE("vmcall", "vmcall");
	READ_LINE("clgi", "clgi");
	READ_LINE("ud2", "ud2");
	READ_LINE("int 32", "int $32");
	READ_LINE("int 33", "int $33");
	READ_LINE("rsm", ".byte 0x0f, 0xaa");
	READ_LINE("cpuid leaf 1 without the prefix has the APIC bit",
		  "push %%rbx; mov $1, %%eax; cpuid; mov %%edx, %%eax; pop %%rbx; and $0x200, %%eax");
}

static void survey_segments(void)
{
	for (unsigned sel = 0xdff3; sel <= 0xe07b; sel += 8) {
		u32 access = 0, limit = 0;
		u8 ok;

		__asm__ volatile("lar %3, %0\n\tsetz %2\n\tlsl %3, %1"
				 : "+r"(access), "+r"(limit), "=q"(ok) : "r"(sel));
		/* The processor sets "accessed" where that was not set before. */
		print("ANSWER selector %x = %u %x %x\n", sel, ok, access & ~0x100U, limit);
	}
}

void survey_processor(void)
{
	survey_cpuid();
	survey_segments();
	survey_cr0();
	survey_cr4();
	survey_other_cr();
	survey_debug_registers();
	survey_instructions();
	survey_msrs();
}
