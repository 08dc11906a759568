/* SPDX-License-Identifier: MIT */
/*
 * Boot, in order.  Each step says what it needs by its place: reordering is
 * where bugs come from.  Ends in the idle loop of the boot pCPU, with Dom0
 * unpaused and due to be scheduled.
 */
#include <xen/xen.h>

#include "boot/dom0.h"
#include "boot/e820.h"
#include "boot/multiboot.h"
#include "boot/options.h"
#include "console/console.h"
#include "console/internal.h"
#include "domain/lifecycle.h"
#include "hypercalls/dispatch.h"
#include "lib/cmdline.h"
#include "memory/frame-alloc.h"
#include "memory/heap.h"
#include "pv/nmi.h"
#include "sched/idle.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/guest-time.h"
#include "time/timer.h"
#include "trace/trace.h"
#include "version.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/desc.h"
#include "x86/entry.h"
#include "x86/ioapic.h"
#include "x86/irq-line.h"
#include "x86/irq.h"
#include "x86/layout.h"
#include "x86/paging.h"
#include "x86/setup.h"
#include "x86/smp.h"

void hv_main(u32 magic, u32 info);

static unsigned opt_tbuf_size, opt_tevt_mask;
CMDLINE_UINT("tbuf_size", opt_tbuf_size, 0, 65535);
CMDLINE_UINT("tevt_mask", opt_tevt_mask, 0, 0xffffffff);

extern u8 bsp_stack[], __image_start[], __image_end[];

static void banner(void)
{
	log_info("Orrery 4.17-orrery (" ORRERY_COMMIT "), a Xen-compatible hypervisor");
	if (boot_info.loader[0])
		log_info("loaded by %s", boot_info.loader);
	log_info("command line: %s", boot_cmdline());
}

static void memory_map_init(void)
{
	if (!e820_count)
		boot_fail("the boot loader gave no memory map");
	if (boot_info.lost_ranges)
		log_warn("memory map: %u ranges beyond the first %u are not used", boot_info.lost_ranges,
			 E820_MAX);
	e820_sanitise();
	for (unsigned i = 0; i < e820_count; i++)
		log_debug("memory %012lx-%012lx type %u", (unsigned long)e820_map[i].addr,
			  (unsigned long)(e820_map[i].addr + e820_map[i].size), e820_map[i].type);
	boot_mem_init();
	boot_mem_reserve(HV_LOAD_PADDR, image_to_maddr(__image_end));
	boot_mem_reserve(SMP_TRAMPOLINE_PADDR, SMP_TRAMPOLINE_PADDR + PAGE_SIZE);
	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		boot_mem_reserve(boot_info.module[i].start, boot_info.module[i].end);
	log_info("memory: %lu MiB", (unsigned long)(e820_ram_bytes() >> 20));
}

/* All RAM as frame ranges, for frames that boot gives back later. */
static unsigned ram_ranges(struct mem_range *out, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < e820_count && n < max; i++) {
		mfn_t start = DIV_ROUND_UP(e820_map[i].addr, PAGE_SIZE);
		mfn_t end = (e820_map[i].addr + e820_map[i].size) >> PAGE_SHIFT;

		if (e820_map[i].type == E820_RAM && start < end)
			out[n++] = (struct mem_range){ start, end };
	}
	return n;
}

static void allocators_init(void)
{
	static struct mem_range ram[E820_MAX];
	const struct mem_range *free;
	unsigned n_free = boot_mem_ranges(&free), n_ram = ram_ranges(ram, E820_MAX);

	frame_alloc_init(free, n_free, ram, n_ram);
	paging_boot_alloc_over();
	heap_init();
}

static void boot_pcpu_init(void)
{
	struct pcpu *p = this_cpu();

	if (desc_alloc_pcpu(p, bsp_stack + STACK_SIZE))
		boot_fail("out of memory for the boot processor's tables");
	desc_init_pcpu(p);
	cpu_init_this();
}

static void interrupts_init(void)
{
	irq_init();
	acpi_init();
	clock_init();
	apic_init();
	apic_init_this();
	ioapic_init();
	irq_lines_init();
	if (timers_init_pcpu(0))
		boot_fail("out of memory for timers");
	apic_timer_calibrate();
	smp_identify_boot_pcpu();
}

static void scheduling_init(void)
{
	struct vcpu *idle;

	sched_init();
	idle = idle_vcpu_create(0);
	if (!idle)
		boot_fail("out of memory for the idle vCPU");
	cpu_info()->running = idle;
	this_cpu()->idle_vcpu = idle;
	if (sched_init_pcpu(0, idle, true))
		boot_fail("the boot processor cannot be scheduled");
}

static void NORETURN boot_rest(void)
{
	interrupts_init();
	scheduling_init();
	console_init_late();
	irq_enable();
	guest_time_init();
	clock_start_correction();
	smp_boot_others();
	paging_drop_identity();
	trace_init(opt_tbuf_size, opt_tevt_mask, (u64)tsc_khz * 1000);
	hypercall_tracing_changed();
	dom0_build();
	log_info("%lu MiB free, %lu KiB used by the hypervisor",
		 (unsigned long)(frame_free_count() >> 8),
		 (unsigned long)((e820_ram_bytes() >> 10) - (frame_free_count() << 2) -
				 (dom0->tot_pages << 2)));
	domain_unpause(dom0);
	reset_stack_and_call(idle_loop);
}

void hv_main(u32 magic, u32 info)
{
	bool multiboot;

	cpu_info()->running = NULL;
	ex_table_init();
	smp_init_boot_pcpu();
	clock_start();
	multiboot = multiboot_parse(magic, info);
	boot_rsdp = boot_info.rsdp;
	boot_options_parse(boot_info.cmdline, boot_info.loader);
	console_init();
	if (!multiboot)
		boot_fail("not started by a multiboot loader (magic %x)", magic);
	banner();
	cpu_detect();
	memory_map_init();
	paging_init();
	dom0_open_kernel();
	allocators_init();
	pv_nmi_init();
	boot_pcpu_init();
	boot_rest();
}
