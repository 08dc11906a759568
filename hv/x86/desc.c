/* SPDX-License-Identifier: MIT */
/*
 * GDT, TSS, IDT and SYSCALL stubs.  A guest's GDT fills the first 14 pages of
 * its vCPU's window and the pCPU's reserved page follows at selector 0xe000
 * (<xen/arch-x86/xen.h>, FIRST_RESERVED_GDT_PAGE), so the base register points
 * 0xe000 below that page in either case.
 */
#include "x86/desc.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/page.h"
#include "x86/cpu.h"
#include "x86/entry.h"
#include "x86/paging.h"

#define IDT_ENTRIES 256
#define GATE_INTERRUPT 0xe
#define IST_DF 1
#define IST_NMI 2
#define IST_MC 3
#define IST_DB 4
#define IST_STACKS 4

struct tss64 {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iobase;
} PACKED;

struct idt_gate {
	u64 low, high;
};

struct table_ptr {
	u16 limit;
	u64 base;
} PACKED;

static struct idt_gate idt[IDT_ENTRIES] ALIGNED(4096);

#define DECLARE_VECTOR(n) void entry_vector_##n(void)
DECLARE_VECTOR(0); DECLARE_VECTOR(1); DECLARE_VECTOR(2); DECLARE_VECTOR(3);
DECLARE_VECTOR(4); DECLARE_VECTOR(5); DECLARE_VECTOR(6); DECLARE_VECTOR(7);
DECLARE_VECTOR(8); DECLARE_VECTOR(9); DECLARE_VECTOR(10); DECLARE_VECTOR(11);
DECLARE_VECTOR(12); DECLARE_VECTOR(13); DECLARE_VECTOR(14); DECLARE_VECTOR(15);
DECLARE_VECTOR(16); DECLARE_VECTOR(17); DECLARE_VECTOR(18); DECLARE_VECTOR(19);
DECLARE_VECTOR(20); DECLARE_VECTOR(21);

/* Exceptions: handler, privilege that may use INT n on it, own stack. */
static const struct {
	void (*entry)(void);
	u8 dpl, ist;
} exception_gates[22] = {
	[0] = { entry_vector_0, 0, 0 },	  [1] = { entry_vector_1, 0, IST_DB },
	[2] = { entry_vector_2, 0, IST_NMI }, [3] = { entry_vector_3, 3, 0 },
	[4] = { entry_vector_4, 3, 0 },	  [5] = { entry_vector_5, 0, 0 },
	[6] = { entry_vector_6, 0, 0 },	  [7] = { entry_vector_7, 0, 0 },
	[8] = { entry_vector_8, 0, IST_DF }, [9] = { entry_vector_9, 0, 0 },
	[10] = { entry_vector_10, 0, 0 }, [11] = { entry_vector_11, 0, 0 },
	[12] = { entry_vector_12, 0, 0 }, [13] = { entry_vector_13, 0, 0 },
	[14] = { entry_vector_14, 0, 0 }, [15] = { entry_vector_15, 0, 0 },
	[16] = { entry_vector_16, 0, 0 }, [17] = { entry_vector_17, 0, 0 },
	[18] = { entry_vector_18, 0, IST_MC }, [19] = { entry_vector_19, 0, 0 },
	[20] = { entry_vector_20, 0, 0 }, [21] = { entry_vector_21, 0, 0 },
};

/* AMD64 APM vol. 2, 4.8.4: 64-bit interrupt gate. */
static void set_gate(unsigned vector, u64 addr, u8 dpl, u8 ist)
{
	idt[vector].low = (addr & 0xffff) | (u64)SEL_HV_CS << 16 | (u64)ist << 32 |
			  (u64)(0x80 | dpl << 5 | GATE_INTERRUPT) << 40 | (addr >> 16 & 0xffff) << 48;
	idt[vector].high = addr >> 32;
}

static void idt_build(void)
{
	for (unsigned v = 0; v < ARRAY_SIZE(exception_gates); v++)
		set_gate(v, (u64)exception_gates[v].entry, exception_gates[v].dpl,
			 exception_gates[v].ist);
	for (unsigned v = 0x20; v < IDT_ENTRIES; v++)
		set_gate(v, (u64)interrupt_stubs + (v - 0x20) * 16, 0, 0);
}

static void set_system_desc(u64 *slot, u64 base, u32 limit, u8 type)
{
	slot[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | (u64)(0x80 | type) << 40 |
		  (u64)(limit >> 16 & 15) << 48 | (base >> 24 & 0xff) << 56;
	slot[1] = base >> 32;
}

static u64 *reserved_slot(u64 *gdt, u16 selector)
{
	return &gdt[(selector - GDT_RESERVED_BASE) / 8];
}

static void gdt_build(u64 *gdt, const struct tss64 *tss)
{
	*reserved_slot(gdt, SEL_HV_CS) = 0x00af9b000000ffff;
	*reserved_slot(gdt, SEL_HV_DS) = 0x00cf93000000ffff;
	*reserved_slot(gdt, SEL_RING3_CS32 & ~3) = 0x00cffb000000ffff;
	*reserved_slot(gdt, SEL_RING3_DS & ~3) = 0x00cff3000000ffff;
	*reserved_slot(gdt, SEL_RING3_CS64 & ~3) = 0x00affb000000ffff;
	set_system_desc(reserved_slot(gdt, SEL_TSS), (u64)tss, sizeof(*tss) - 1, 9);
}

/*
 * The SYSCALL stub: SYSCALL changes no stack, so each pCPU has its own few
 * instructions that know where its stack is.
 *	mov  %rsp, scratch(%rip)
 *	movabs $&guest_regs.ss + 8, %rsp
 *	push $SEL_RING3_DS; push scratch(%rip); jmp *target(%rip)
 * Code page read-only, data page (scratch, targets) behind it.
 */
static u8 *emit_rip_op(u8 *at, const u8 *op, unsigned op_len, u64 va, u64 target)
{
	s32 rel = target - (va + op_len + 4);

	memcpy(at, op, op_len);
	memcpy(at + op_len, &rel, 4);
	return at + op_len + 4;
}

static u8 *emit_stub(u8 *base, u8 *at, u64 code_va, u64 data_va, u64 frame_end, u64 target_slot)
{
	static const u8 save[] = { 0x48, 0x89, 0x25 }, push_mem[] = { 0xff, 0x35 };
	static const u8 jump[] = { 0xff, 0x25 };
	u32 ss = SEL_RING3_DS;

	at = emit_rip_op(at, save, 3, code_va + (at - base), data_va);
	*at++ = 0x48; /* movabs imm64, %rsp */
	*at++ = 0xbc;
	memcpy(at, &frame_end, 8);
	at += 8;
	*at++ = 0x68; /* push imm32 */
	memcpy(at, &ss, 4);
	at += 4;
	at = emit_rip_op(at, push_mem, 2, code_va + (at - base), data_va);
	return emit_rip_op(at, jump, 2, code_va + (at - base), target_slot);
}

static int stub_alloc(struct pcpu *p, u64 frame_end)
{
	u64 va = vmap_reserve(2);
	u8 *code = alloc_hv_pages(0), *at;
	u64 *data = alloc_hv_pages(0);

	if (!code || !data)
		return -ENOMEM;
	at = emit_stub(code, code, va, va + PAGE_SIZE, frame_end, va + PAGE_SIZE + 8);
	at = code + 64;
	emit_stub(code, at, va, va + PAGE_SIZE, frame_end, va + PAGE_SIZE + 16);
	data[1] = (u64)entry_syscall;
	data[2] = (u64)entry_cstar;
	p->syscall_stub = va;
	if (map_pages(va, virt_to_mfn(code), 1, PTE_HV_RX))
		return -ENOMEM;
	return map_pages(va + PAGE_SIZE, virt_to_mfn(data), 1, PTE_HV);
}

int desc_alloc_pcpu(struct pcpu *p, void *stack_top)
{
	u64 *gdt = alloc_hv_pages(0);
	u8 *ist = alloc_hv_pages(STACK_ORDER);
	struct tss64 *tss = alloc_hv_pages(0);
	struct cpu_info *ist_info;
	u64 frame_end = (u64)stack_top - CPU_INFO_SIZE + REGS_SIZE;

	if (!gdt || !ist || !tss)
		return -ENOMEM;
	tss->rsp[0] = frame_end;
	/* One block like a pCPU stack, so that this_cpu() works there: cpu_info on top. */
	ist_info = (void *)(ist + STACK_SIZE - CPU_INFO_SIZE);
	ist_info->pcpu = p;
	ist_info->running = NULL;
	for (unsigned i = 0; i < IST_STACKS; i++)
		tss->ist[i] = (u64)ist + (i + 1) * PAGE_SIZE;
	tss->ist[IST_STACKS - 1] = (u64)ist_info & ~15UL;
	tss->iobase = sizeof(*tss); /* no bitmap: ring 3 ports always trap */
	gdt_build(gdt, tss);
	p->gdt = gdt;
	p->tss = tss;
	p->stack_top = (u64)stack_top;
	return stub_alloc(p, frame_end);
}

void desc_load_gdt(u64 base)
{
	struct table_ptr ptr = { GDT_RESERVED_BASE + PAGE_SIZE - 1, base };

	__asm__ volatile("lgdt %0" : : "m"(ptr));
}

void desc_load_own_gdt(const struct pcpu *p)
{
	desc_load_gdt((u64)p->gdt - GDT_RESERVED_BASE);
}

void desc_load_ldt(struct pcpu *p, u64 base, unsigned entries)
{
	u16 sel = 0;

	if (entries) {
		set_system_desc(reserved_slot(p->gdt, SEL_LDT), base, entries * 8 - 1, 2);
		sel = SEL_LDT;
	}
	__asm__ volatile("lldt %0" : : "r"(sel));
}

void desc_init_pcpu(struct pcpu *p)
{
	struct table_ptr idt_ptr = { sizeof(idt) - 1, (u64)idt };

	if (!idt[0].low)
		idt_build();
	desc_load_own_gdt(p);
	/* Far return loads CS; the data segments stay null in 64-bit mode. */
	__asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:\n\t"
			 "mov %w1, %%ss; mov %w2, %%ds; mov %w2, %%es"
			 : : "i"(SEL_HV_CS), "r"(SEL_HV_DS), "r"(0) : "rax", "memory");
	*reserved_slot(p->gdt, SEL_TSS) &= ~(2ULL << 40); /* not busy */
	__asm__ volatile("lidt %0; ltr %w1" : : "m"(idt_ptr), "r"(SEL_TSS));
	wrmsr(MSR_STAR, (u64)SEL_HV_CS << 32 | (u64)(SEL_RING3_CS32) << 48);
	wrmsr(MSR_LSTAR, p->syscall_stub);
	wrmsr(MSR_CSTAR, p->syscall_stub + 64);
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_NT |
					X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_IOPL);
}
