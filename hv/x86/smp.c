/* SPDX-License-Identifier: MIT */
/*
 * Bring-up of the other pCPUs, one at a time; see smp.h.  The boot pCPU leads:
 * it starts a processor, prepares its record while that one waits, lets it
 * initialise itself, and measures its TSC.  Delays are what MP hardware of the
 * last twenty years needs, not the 10 ms of the first MP specification.
 *
 * The record of a processor that never answers is kept out of pcpus[]; its
 * stack is not freed, as it might still wake up on it.
 */
#include "x86/smp.h"

#include "console/console.h"
#include "domain/domain.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "memory/page.h"
#include "sched/idle.h"
#include "time/clock.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/desc.h"
#include "x86/entry.h"
#include "x86/irq.h"
#include "x86/paging.h"
#include "x86/setup.h"

#define INIT_DELAY_NS (10 * NS_PER_US)
#define STARTUP_WAIT_NS (200 * NS_PER_US) /* before the second start-up IPI */
#define ANSWER_WAIT_NS (100 * NS_PER_MS)
#define STOP_WAIT_NS (10 * NS_PER_MS)
#define XAPIC_MAX_ID 254
#define L2_COVERS (2UL << 20)

struct pcpu *pcpus[MAX_PCPUS];
unsigned pcpu_count;

static struct pcpu boot_pcpu;
static unsigned max_cpus = MAX_PCPUS;
CMDLINE_UINT("maxcpus", max_cpus, 1, MAX_PCPUS);
static bool no_smp;
CMDLINE_BOOL("nosmp", no_smp);

extern const u8 trampoline_start[], trampoline_end[];
extern u8 bsp_stack[];
extern u64 ap_stack_top;
void NORETURN ap_start(void);

u64 ap_stack_top; /* read by trampoline.S */

/* Where the processor being started stands. */
enum ap_stage { AP_NONE, AP_ALIVE, AP_GO, AP_FAILED, AP_ONLINE };
static u32 ap_stage;

static void set_stage(enum ap_stage stage)
{
	__atomic_store_n(&ap_stage, stage, __ATOMIC_RELEASE);
}

static enum ap_stage get_stage(void)
{
	return __atomic_load_n(&ap_stage, __ATOMIC_ACQUIRE);
}

void smp_init_boot_pcpu(void)
{
	boot_pcpu.stack_top = (u64)bsp_stack + STACK_SIZE;
	boot_pcpu.online = true;
	boot_pcpu.cr3 = hv_l4_maddr;
	cpu_info()->pcpu = &boot_pcpu;
	pcpus[0] = &boot_pcpu;
	pcpu_count = 1;
}

void smp_identify_boot_pcpu(void)
{
	boot_pcpu.apic_id = apic_id_this();
}

/* --- the new processor's side ------------------------------------------------------------- */

/* First C code on a new pCPU, on its own stack, interrupts off. */
void ap_start(void)
{
	struct pcpu *p = this_cpu();

	set_stage(AP_ALIVE);
	while (get_stage() != AP_GO)
		cpu_relax();
	cpu_init_this();
	desc_init_pcpu(p);
	apic_init_this();
	clock_sync_follow();
	if (timers_init_pcpu(p->id) || sched_init_pcpu(p->id, p->idle_vcpu, true)) {
		set_stage(AP_FAILED);
		for (;;)
			__asm__ volatile("cli; hlt");
	}
	p->online = true;
	set_stage(AP_ONLINE);
	reset_stack_and_call(idle_loop);
}

/* --- the boot pCPU's side ------------------------------------------------------------------ */

/*
 * The trampoline turns paging on while it runs at its physical address: map the first
 * 2 MiB there, executable, for as long as processors are being started.
 */
static bool map_trampoline(void)
{
	u64 *l3 = alloc_hv_pages(0), *l2 = alloc_hv_pages(0);

	if (!l3 || !l2) {
		free_hv_pages(l3, 0);
		free_hv_pages(l2, 0);
		return false;
	}
	_Static_assert(SMP_TRAMPOLINE_PADDR + PAGE_SIZE <= L2_COVERS, "within the large page");
	l2[0] = PTE_PRESENT | PTE_RW | PTE_ACCESSED | PTE_DIRTY | PTE_PSE;
	l3[0] = virt_to_maddr(l2) | PTE_PRESENT | PTE_RW | PTE_ACCESSED;
	hv_l4[0] = virt_to_maddr(l3) | PTE_PRESENT | PTE_RW | PTE_ACCESSED;
	memcpy(maddr_to_virt(SMP_TRAMPOLINE_PADDR), trampoline_start,
	       trampoline_end - trampoline_start);
	return true;
}

static void unmap_trampoline(void)
{
	u64 *l3 = maddr_to_virt(hv_l4[0] & PTE_ADDR_MASK);

	hv_l4[0] = 0;
	write_cr3(hv_l4_maddr);
	free_hv_pages(maddr_to_virt(l3[0] & PTE_ADDR_MASK), 0);
	free_hv_pages(l3, 0);
}

/* Record, stack and descriptor tables of the next pCPU. NULL when out of memory. */
static struct pcpu *pcpu_create(u32 apic_id)
{
	struct pcpu *p = alloc_hv_pages(0);
	u8 *stack = alloc_hv_pages(STACK_ORDER);
	struct cpu_info *info;

	if (!p || !stack || desc_alloc_pcpu(p, stack + STACK_SIZE))
		return NULL; /* the machine is too small for its processors: leaks do not matter */
	BUG_ON((u64)stack & (STACK_SIZE - 1));
	info = (struct cpu_info *)(stack + STACK_SIZE) - 1;
	info->pcpu = p;
	p->id = pcpu_count;
	p->apic_id = apic_id;
	p->cr3 = hv_l4_maddr;
	p->stack_top = (u64)stack + STACK_SIZE;
	return p;
}

static bool wait_stage(enum ap_stage from, u64 ns)
{
	s_time_t end = now_ns() + ns;

	while (get_stage() == from)
		if (now_ns() > end)
			return false;
		else
			cpu_relax();
	return true;
}

/* INIT, then a start-up IPI, and another one if the first was lost. */
static bool start_processor(u32 apic_id)
{
	const u32 startup = APIC_DM_STARTUP | APIC_ICR_ASSERT | SMP_TRAMPOLINE_PADDR >> PAGE_SHIFT;

	apic_send_raw(apic_id, APIC_DM_INIT | APIC_ICR_LEVEL | APIC_ICR_ASSERT);
	delay_ns(INIT_DELAY_NS);
	apic_send_raw(apic_id, APIC_DM_INIT | APIC_ICR_LEVEL);
	apic_send_raw(apic_id, startup);
	if (wait_stage(AP_NONE, STARTUP_WAIT_NS))
		return true;
	apic_send_raw(apic_id, startup);
	if (wait_stage(AP_NONE, ANSWER_WAIT_NS))
		return true;
	apic_send_raw(apic_id, APIC_DM_INIT | APIC_ICR_LEVEL | APIC_ICR_ASSERT); /* and stay there */
	return false;
}

/* It is alive and waiting: give it its place, let it go on, compare clocks. */
static bool admit(struct pcpu *p)
{
	struct cpu_info *info = (struct cpu_info *)p->stack_top - 1;

	pcpus[p->id] = p;
	pcpu_count++;
	p->idle_vcpu = idle_vcpu_create(p->id);
	info->running = p->idle_vcpu;
	set_stage(AP_GO);
	if (!clock_sync_lead(p->id))
		log_warn("CPU%u: its TSC differs from CPU0's; compensated", p->id);
	wait_stage(AP_GO, ANSWER_WAIT_NS);
	return get_stage() == AP_ONLINE;
}

static bool boot_one(u32 apic_id)
{
	struct pcpu *p;

	if (apic_mmio && apic_id > XAPIC_MAX_ID) {
		log_warn("the pCPU with APIC id %u needs x2APIC mode, which the firmware left off", apic_id);
		return false;
	}
	p = pcpu_create(apic_id);
	if (!p) {
		log_warn("out of memory for the pCPU with APIC id %u", apic_id);
		return false;
	}
	ap_stack_top = p->stack_top;
	set_stage(AP_NONE);
	if (!start_processor(apic_id)) {
		log_warn("the pCPU with APIC id %u does not start; going on without it", apic_id);
		return false;
	}
	if (admit(p))
		return true;
	log_warn("CPU%u (APIC id %u) failed to initialise; it stays offline", p->id, apic_id);
	return false;
}

void smp_boot_others(void)
{
	unsigned limit = no_smp ? 1 : max_cpus, online = 1;

	if (limit > 1 && acpi.nr_cpus > 1 && map_trampoline()) {
		for (unsigned i = 0; i < acpi.nr_cpus && pcpu_count < limit; i++)
			if (acpi.cpus[i].apic_id != boot_pcpu.apic_id)
				online += boot_one(acpi.cpus[i].apic_id);
		unmap_trampoline();
	}
	log_info("%u of %u pCPUs online", online, MAX(acpi.nr_cpus, 1));
}

/* --- the end --------------------------------------------------------------------------------- */

static void stop_this_pcpu(struct cpu_regs *regs)
{
	this_cpu()->online = false;
	for (;;)
		__asm__ volatile("cli; hlt");
}

static bool others_online(void)
{
	unsigned cpu;

	for_each_online_pcpu(cpu)
		if (cpu != smp_processor_id())
			return true;
	return false;
}

void smp_stop_others(void)
{
	s_time_t end = now_ns() + STOP_WAIT_NS;
	unsigned cpu;

	set_vector_handler(VECTOR_STOP, stop_this_pcpu);
	for_each_online_pcpu(cpu)
		if (cpu != smp_processor_id())
			apic_send_ipi(cpu, VECTOR_STOP);
	while (others_online() && now_ns() < end)
		cpu_relax();
}
