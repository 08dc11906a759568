/* SPDX-License-Identifier: MIT */
/*
 * The ways a PV kernel can lose its own life: nothing here has an errno to
 * answer with, so the domain must be stopped, and only it.
 */
#include "bench/guests/pv/hostile.h"

static void iret_from_nowhere(void)
{
	__asm__ volatile("mov $0x1000, %%rsp; mov $23, %%eax; syscall" : : : "memory");
}

static void iret_from_the_hypervisor(void)
{
	__asm__ volatile("movabs $0xffff830000200000, %%rsp; mov $23, %%eax; syscall" : : : "memory");
}

static void iret_frame(u64 rip, u64 cs, u64 ss)
{
	__asm__ volatile("push %2; push $0x1000; push $0x202; push %1; push %0\n\t"
			 "push $0; push $0; push $0; push $0; mov $23, %%eax; syscall"
			 : : "r"(rip), "r"(cs), "r"(ss) : "rax", "memory");
}

static void iret_to_non_canonical(void)
{
	iret_frame(1UL << 63, 0xe030, 0xe02b);
}

static void iret_to_hypervisor_code(void)
{
	iret_frame(0xffff818000200000, 0xe008, 0xe010);
}

static void iret_to_user_without_tables(void)
{
	iret_frame(0x1000, 0xe033, 0xe02b);
}

static void no_trap_handler(void)
{
	hypercall1(__HYPERVISOR_set_trap_table, 0);
	__asm__ volatile("ud2");
}

static void trap_on_a_bad_stack(void)
{
	__asm__ volatile("mov $0x1000, %%rsp; int3" : : : "memory");
}

static void trap_on_the_hypervisors_stack(void)
{
	__asm__ volatile("movabs $0xffff830000400000, %%rsp; int3" : : : "memory");
}

static void loses_its_own_code(void)
{
	u64 mfn = va_to_mfn((void *)start_info->pt_base) << 12;

	set_pte(mfn + 511 * 8, 0);
	mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} crashes[] = {
	{ "iret-nowhere", iret_from_nowhere },
	{ "iret-hypervisor-stack", iret_from_the_hypervisor },
	{ "iret-non-canonical", iret_to_non_canonical },
	{ "iret-hypervisor-code", iret_to_hypervisor_code },
	{ "iret-no-user-tables", iret_to_user_without_tables },
	{ "no-handler", no_trap_handler },
	{ "bad-stack", trap_on_a_bad_stack },
	{ "hypervisor-stack", trap_on_the_hypervisors_stack },
	{ "lost-code", loses_its_own_code },
};

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void crash_by_name(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(crashes); i++)
		if (same(crashes[i].name, name))
			crashes[i].run();
}
