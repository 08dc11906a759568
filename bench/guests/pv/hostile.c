/* SPDX-License-Identifier: MIT */
/*
 * A PV kernel that means harm.  Each check is one thing no guest may achieve:
 * the answer must be an errno or an exception, and afterwards the hypervisor
 * must still work.  Runs as Dom0 (or, later, as any domain); the same binary
 * runs on Xen, which is how the expected answers were found.  With crash=NAME
 * it does the one thing that must end this domain alone.
 */
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "bench/guests/pv/hostile.h"

u64 scratch_frame;
u8 *scratch;

long set_pte(u64 maddr, u64 val)
{
	struct mmu_update u = { maddr, val };

	return hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, DOMID_SELF);
}

long set_va(void *va, u64 pte)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG);
}

static void wild_pointers(void)
{
	static const u64 wild[] = {
		0xffff818000200000, /* the hypervisor's image */
		0xffff830000000000, /* its direct map */
		0xffff87fffffffff8, /* the hole's last word */
		0xffff7ffffffffffc, /* not canonical, runs into the hole */
		0x0000800000000000, /* not canonical */
		0x1000,		    /* nothing there */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
		u64 p = wild[i];

		check("xen_version into wild memory", hypercall2(__HYPERVISOR_xen_version, 1, p), -14);
		check("mmu_update from wild memory",
		      hypercall4(__HYPERVISOR_mmu_update, p, 1, 0, DOMID_SELF), -14);
		check("mmuext_op from wild memory",
		      hypercall4(__HYPERVISOR_mmuext_op, p, 1, 0, DOMID_SELF), -14);
		check("trap table in wild memory", hypercall1(__HYPERVISOR_set_trap_table, p), -14);
		check("set_gdt from wild memory", hypercall2(__HYPERVISOR_set_gdt, p, 16), -14);
		check("event channel argument",
		      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, p), -14);
		check("memory_op argument", hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, p), -14);
		check("multicall list", hypercall2(__HYPERVISOR_multicall, p, 1), -14);
		check("timer argument",
		      hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, p), -14);
	}
}

static void unknown_calls(void)
{
	static const u64 numbers[] = { 27, 28, 37, 38, 63, 64, 1000, ~0UL, 1UL << 32 };

	for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
		check("unknown hypercall", hypercall1(numbers[i], ~0UL), -38);
}

static void foreign_frames(void)
{
	u64 pte = pte_maddr(scratch);
	u64 self_table = pte & PTE_FRAME;

	check("hypervisor image, read-only", set_pte(pte, 0x200000 | PTE_RO_PAGE), -16);
	check("hypervisor image, writable", set_pte(pte, 0x200000 | PTE_RW_PAGE), -16);
	check_refused("frame past the end", set_pte(pte, 0x000ffffffffff000 | PTE_RW_PAGE));
	check("own page table, writable", set_pte(pte, self_table | PTE_RW_PAGE), -16);
	check("own root, writable",
	      set_va(scratch, va_to_mfn((void *)start_info->pt_base) << 12 | PTE_RW_PAGE), -16);
	check("I/O APIC", set_pte(pte, 0xfec00000 | PTE_RW_PAGE), 0);
	check("I/O APIC is not writable", *pte_va(scratch) & PTE_W, 0);
	check("local APIC", set_pte(pte, 0xfee00000 | PTE_RO_PAGE), -1);
	check("where interrupt messages go", set_pte(pte, 0xfee01000 | PTE_RW_PAGE), -1);
	check("table in a frame that is not ours", set_pte(0x200000, 0), -22);
	check("table beyond memory", set_pte(1UL << 51, 0), -22);
	check("mapping of a hypervisor address", set_va((void *)0xffff830000000000, 0), -22);
	check("still mapped", set_va(scratch, scratch_frame | PTE_RW_PAGE), 0);
	scratch[0] = 1;
}

static void upper_tables(void)
{
	u64 l4 = va_to_mfn((void *)start_info->pt_base) << 12;
	u64 l1 = pte_maddr(scratch) & PTE_FRAME;
	volatile u64 *l4_va = (volatile u64 *)start_info->pt_base;
	u64 l3 = l4_va[511];

	check("L4 slot of the hypervisor", set_pte(l4 + 256 * 8, 0), -22);
	check("L4 slot of the hypervisor, last", set_pte(l4 + 271 * 8, l3), -22);
	check("L4 entry that names the L4", set_pte(l4 + 300 * 8, l4 | PTE_RW_PAGE), -22);
	check("L4 entry that names an L1", set_pte(l4 + 300 * 8, l1 | PTE_RW_PAGE), -22);
	check("L4 entry that names data", set_pte(l4 + 300 * 8, scratch_frame | PTE_RW_PAGE), -22);
	check("large page in an L3", set_pte((l3 & PTE_FRAME) + 8, scratch_frame | PTE_RW_PAGE | 0x80),
	      -22);
	check("root untouched", l4_va[300], 0);
	check("new base that is no L4", mmuext(MMUEXT_NEW_BASEPTR, l1 >> 12), -22);
	check("new base beyond memory", mmuext(MMUEXT_NEW_BASEPTR, 1UL << 40), -22);
	check("new user base that is data", mmuext(MMUEXT_NEW_USER_BASEPTR, scratch_frame >> 12), -22);
}

static void pinning(void)
{
	u64 *table = page_alloc();
	u64 frame = va_to_mfn(table) << 12;

	check("pin of a writable page", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12), -22);
	check("unpin of what is not pinned", mmuext(MMUEXT_UNPIN_TABLE, frame >> 12), -22);
	table[7] = frame | PTE_RW_PAGE; /* maps itself writable */
	check("read-only", set_va(table, frame | PTE_RO_PAGE), 0);
	check("pin of a table that maps itself", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12), -16);
	check("writable again", set_va(table, frame | PTE_RW_PAGE), 0);
	table[7] = 0x200000 | PTE_RO_PAGE;
	check("read-only", set_va(table, frame | PTE_RO_PAGE), 0);
	check("pin of a table that maps the hypervisor", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12), -16);
	check("writable again", set_va(table, frame | PTE_RW_PAGE), 0);
	table[7] = spare_mfn(3) << 12 | PTE_RW_PAGE;
	check("read-only", set_va(table, frame | PTE_RO_PAGE), 0);
	check("pin of a good one", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12), 0);
	check("pinned twice", mmuext(MMUEXT_PIN_L1_TABLE, frame >> 12), -22);
	check("as another level", mmuext(MMUEXT_PIN_L2_TABLE, frame >> 12), -22);
	check("writable while pinned", set_va(table, frame | PTE_RW_PAGE), -16);
	check("store to it", TRY_STORE(table, 0), VEC_PF);
	check("clear it", mmuext(MMUEXT_CLEAR_PAGE, frame >> 12), -22);
	check("use as GDT", set_gdt(frame >> 12, 16), -22);
	check("unpin", mmuext(MMUEXT_UNPIN_TABLE, frame >> 12), 0);
	check("writable again", set_va(table, frame | PTE_RW_PAGE), 0);
	table[0] = 0;
}

static void emulated_stores(void)
{
	volatile u64 *pte = pte_va(scratch);
	u64 good = *pte;

	check("store without the assist", TRY_STORE(pte, good), VEC_PF);
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	check("store of what is there", TRY_STORE(pte, good), 0);
	check("store of a hypervisor frame", TRY_STORE(pte, 0x200000 | PTE_RW_PAGE), VEC_PF);
	check("store of the table itself", TRY_STORE(pte, (pte_maddr(scratch) & PTE_FRAME) | PTE_RW_PAGE),
	      VEC_PF);
	check("store of nothing", TRY_STORE(pte, 0), 0);
	check("back", TRY_STORE(pte, good), 0);
	check("store to the root", TRY_STORE((u64 *)start_info->pt_base + 300, good), VEC_PF);
	check("entry is as it was", *pte & PTE_FRAME, good & PTE_FRAME);
	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
}

static void descriptors(void)
{
	u64 *gdt = page_alloc();
	u64 frame = va_to_mfn(gdt) << 12;

	check("GDT in a writable page", set_gdt(frame >> 12, 16), -22);
	gdt[2] = 0x0000ec0000080000; /* a call gate to ring 0 code */
	set_va(gdt, frame | PTE_RO_PAGE);
	check("GDT with a call gate", set_gdt(frame >> 12, 16), -22);
	set_va(gdt, frame | PTE_RW_PAGE);
	gdt[2] = 0x00af9b000000ffff; /* ring 0 code: comes out as ring 3 */
	set_va(gdt, frame | PTE_RO_PAGE);
	check("GDT with ring 0 code", set_gdt(frame >> 12, 16), 0);
	check("its privilege is taken away", gdt[2] >> 45 & 3, 3);
	check("too many entries", set_gdt(frame >> 12, 14 * 512 + 1), -22);
	check("gate by update_descriptor",
	      hypercall2(__HYPERVISOR_update_descriptor, frame + 24, 0x0000ec0000080000), -22);
	check("TSS by update_descriptor",
	      hypercall2(__HYPERVISOR_update_descriptor, frame + 24, 0x0000890000000067), -22);
	check("unaligned descriptor", hypercall2(__HYPERVISOR_update_descriptor, frame + 25, 0), -22);
	check("data by update_descriptor",
	      hypercall2(__HYPERVISOR_update_descriptor, frame + 24, 0x00cf93000000ffff), 0);
	check("GDT page writable", set_va(gdt, frame | PTE_RW_PAGE), -16);
	check("LDT at a wild address", set_ldt(0xffff830000000000, 16), -22);
	check("unaligned LDT", set_ldt(0x1001, 16), -22);
	check("LDT too long", set_ldt(0x1000, 8193), -22);
	check("no GDT", set_gdt(0, 0), 0);
	check("GDT page writable again", set_va(gdt, frame | PTE_RW_PAGE), 0);
}

static void registers(void)
{
	check("FS base not canonical", hypercall2(__HYPERVISOR_set_segment_base, 0, 1UL << 63), -22);
	check("segment that is none", hypercall2(__HYPERVISOR_set_segment_base, 9, 0), -22);
	check("bad GS selector", hypercall2(__HYPERVISOR_set_segment_base, 3, 0xe008), 0);
	check("debug address in the hypervisor", hypercall2(__HYPERVISOR_set_debugreg, 0, 0xffff830000000000),
	      -1);
	check_refused("I/O breakpoint", hypercall2(__HYPERVISOR_set_debugreg, 7, 0x20001));
	check("debug register 9", hypercall2(__HYPERVISOR_set_debugreg, 9, 0), -19);
	check("hlt", TRY("hlt"), VEC_GP);
	check("lgdt", TRY("lgdt (%%rsp)"), VEC_GP);
	check("mov to cr3", TRY("xor %%eax, %%eax; mov %%rax, %%cr3"), VEC_GP);
	check("unknown MSR", TRY("mov $0x12345678, %%ecx; rdmsr"), VEC_GP);
	check("LSTAR", TRY("mov $0xc0000082, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr"), VEC_GP);
	check("XCR0 without x87", TRY("xor %%ecx, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; xsetbv"), VEC_UD); /* CR4.OSXSAVE is not set */
	check("read of the hypervisor", TRY("movabs 0xffff830000200000, %%rax"), VEC_PF);
	check("write to the M2P", TRY("movabs $0xffff800000000000, %%rcx; mov %%rax, (%%rcx)"), VEC_PF);
	check("jump to the hypervisor", TRY("movabs $0xffff818000200000, %%rcx; push %%rcx; pop %%rcx"), 0);
	check("int 0x20 through our gate", TRY("int $0x20"), 32 + 1);
	check("int without a gate", TRY("int $0x40"), VEC_GP);
	check("int 13", TRY("int $0x21"), VEC_GP);
	check("stack in nowhere is ours to set", hypercall2(__HYPERVISOR_stack_switch, 0xe02b, boot_stack), 0);
}

static void events(void)
{
	struct evtchn_send send = { .port = 5 };
	struct evtchn_bind_virq virq = { .virq = 99 };
	struct evtchn_bind_ipi ipi = { .vcpu = 500 };
	struct evtchn_close close = { .port = 0xffffffff };
	struct sched_poll poll = { .nr_ports = 100000 };

	check("send on a free port", evtchn(EVTCHNOP_send, &send), -22);
	send.port = 0xffffffff;
	check("send on no port", evtchn(EVTCHNOP_send, &send), -22);
	check("VIRQ 99", evtchn(EVTCHNOP_bind_virq, &virq), -22);
	check("IPI to vCPU 500", evtchn(EVTCHNOP_bind_ipi, &ipi), -2);
	check("close of no port", evtchn(EVTCHNOP_close, &close), -22);
	check("event channel operation 99", evtchn(99, &send), -38);
	check("poll of 100000 ports", hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), -22);
	check("vCPU 5000 up", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 5000, 0), -2);
	check("vCPU operation 99", hypercall3(__HYPERVISOR_vcpu_op, 99, 0, 0), -38);
	check("assist 63", hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 63), -22);
}

static void memory(void)
{
	xen_pfn_t frame = 0x200;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, &frame);
	check("release of a hypervisor frame",
	      hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r), 0);
	r.extent_order = 60;
	check("release of 2^60 frames",
	      hypercall2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r) <= 0, 1);
	r.domid = 77;
	r.extent_order = 0;
	check("another domain's memory", hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), 0);
	check("memory operation 63", hypercall2(__HYPERVISOR_memory_op, 63, &r), -38);
}

static const struct {
	const char *name;
	void (*run)(void);
} suites[] = {
	{ "wild pointers", wild_pointers }, { "unknown calls", unknown_calls },
	{ "foreign frames", foreign_frames }, { "upper tables", upper_tables },
	{ "pinning", pinning }, { "emulated stores", emulated_stores },
	{ "descriptors", descriptors }, { "registers", registers },
	{ "events", events }, { "memory", memory },
};

static void run_suite(const char *name, void (*fn)(void))
{
	u64 before = guest_failures();

	fn();
	print("%s %s\n", guest_failures() == before ? "ok  " : "FAIL", name);
}

void guest_main(const char *cmdline)
{
	char crash[32];

	print("ORRERY-INIT start\n");
	scratch = page_alloc();
	scratch_frame = va_to_mfn(scratch) << 12;
	if (option(cmdline, "crash", crash, sizeof(crash))) {
		crash_by_name(crash);
		print("FAIL %s did not end this domain\nORRERY result=fail\n", crash);
		return;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(suites); i++)
		run_suite(suites[i].name, suites[i].run);
	deep_suites(run_suite);
	run_suite("long calls", long_calls);
	guest_verdict(0);
}
