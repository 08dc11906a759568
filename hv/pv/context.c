/* SPDX-License-Identifier: MIT */
/*
 * Register state of PV vCPUs; see context.h.  While a vCPU runs, its segment
 * bases and selectors live in the processor; they are read back when it stops.
 */
#include "pv/context.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "pv/descriptors.h"
#include "pv/mmu.h"
#include "pv/traps.h"
#include "pv/vtlb.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"
#include "x86/desc.h"
#include "x86/fpu.h"
#include "x86/setup.h"
#include "x86/softirq.h"

#define IOPL_SHIFT 12
#define DR7_ACTIVE 0xff
#define DR7_GD (1UL << 13)
#define DR6_DEFAULT 0xffff0ff0UL
#define DR7_DEFAULT 0x400UL

int pv_vcpu_init(struct vcpu *v)
{
	int rc = pv_window_init(v);

	v->pv.traps = rc ? NULL : xzalloc(256 * sizeof(*v->pv.traps));
	if (!v->pv.traps)
		return -ENOMEM;
	v->pv.kernel_mode = true;
	v->pv.loaded_on = ~0U;
	v->pv.logged = v->domain->log_dirty.on;
	v->pv.cr4 = PV_CR4_INITIAL;
	v->pv.debugreg[6] = DR6_DEFAULT;
	v->pv.debugreg[7] = DR7_DEFAULT;
	return fpu_vcpu_init(v);
}

void pv_vcpu_destroy(struct vcpu *v)
{
	if (v->pv.window)
		pv_window_destroy(v);
	xfree(v->pv.traps);
	v->pv.traps = NULL;
	fpu_vcpu_destroy(v);
}

/* Load selector @sel into a data segment register; a bad one becomes null. */
#define LOAD_SELECTOR(seg, sel)                                                 \
	__asm__ volatile("1: mov %w0, %%" seg "\n2:\n\t"                       \
			 ".section .text.fixup, \"ax\"\n3: xor %0, %0\n\tmov %w0, %%" seg   \
			 "\n\tjmp 2b\n\t.previous\n\t" EX_TABLE_ASM("1b", "3b")  \
			 : : "r"((unsigned)(sel)))

#define READ_SELECTOR(seg)                                                      \
	({                                                                      \
		unsigned s_;                                                    \
		__asm__ volatile("mov %%" seg ", %0" : "=r"(s_));               \
		(u16)s_;                                                        \
	})

/* The selector goes into the user GS: the one SWAPGS hides while the kernel runs. */
void pv_load_user_gs(unsigned sel)
{
	__asm__ volatile("swapgs\n1: mov %w0, %%gs\n2: swapgs\n\t"
			 ".section .text.fixup, \"ax\"\n3: xor %0, %0\n\tmov %w0, %%gs\n\t"
			 "jmp 2b\n\t.previous\n\t" EX_TABLE_ASM("1b", "3b")
			 : "+r"(sel));
}

static u64 read_gs_base(void)
{
	return rdmsr(MSR_GS_BASE);
}

/* What few vCPUs have: breakpoints, a word for RDTSCP, an NMI that waits.  The processor is left
 * without, so that all others need not look. */
void pv_note_special(struct vcpu *v)
{
	bool special = (v->pv.debugreg[7] & DR7_ACTIVE) || v->pv.tsc_aux;

	__atomic_store_n(&v->pv.special, special, __ATOMIC_SEQ_CST);
	if (READ_ONCE(v->pv.nmi_pending)) /* or comes just now: it is noted first, then says so itself */
		__atomic_store_n(&v->pv.special, true, __ATOMIC_SEQ_CST);
}

void pv_set_tsc_aux(struct vcpu *v, u32 val)
{
	v->pv.tsc_aux = val;
	pv_note_special(v);
	if (v == current && cpu_features.rdtscp)
		wrmsr(MSR_TSC_AUX, val);
}

static void save_special(const struct vcpu *v)
{
	if (v->pv.debugreg[7] & DR7_ACTIVE)
		__asm__ volatile("mov %0, %%dr7" : : "r"(DR7_DEFAULT));
	if (v->pv.tsc_aux && cpu_features.rdtscp)
		wrmsr(MSR_TSC_AUX, 0);
}

static void load_debug(const struct vcpu *v)
{
	const u64 *dr = v->pv.debugreg;

	if (likely(!(dr[7] & DR7_ACTIVE)))
		return;
	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
			 : : "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
	__asm__ volatile("mov %0, %%dr6; mov %1, %%dr7" : : "r"(DR6_DEFAULT), "r"(dr[7]));
}

static void load_special(const struct vcpu *v)
{
	load_debug(v);
	if (v->pv.tsc_aux && cpu_features.rdtscp)
		wrmsr(MSR_TSC_AUX, v->pv.tsc_aux);
	if (READ_ONCE(v->pv.nmi_pending))
		raise_softirq(SOFTIRQ_NMI);
}

void pv_save(struct vcpu *v)
{
	v->pv.ds = READ_SELECTOR("ds");
	v->pv.es = READ_SELECTOR("es");
	v->pv.fs = READ_SELECTOR("fs");
	v->pv.gs = READ_SELECTOR("gs");
	v->pv.fs_base = rdmsr(MSR_FS_BASE);
	if (v->pv.kernel_mode) {
		v->pv.gs_base_kernel = read_gs_base();
		v->pv.gs_base_user = rdmsr(MSR_KERNEL_GS_BASE);
	} else {
		v->pv.gs_base_user = read_gs_base();
		v->pv.gs_base_kernel = rdmsr(MSR_KERNEL_GS_BASE);
	}
	if (v->pv.task_switched)
		clts();
	fpu_save(v);
	if (unlikely(v->pv.special))
		save_special(v);
}

void pv_load_root(struct vcpu *v)
{
	struct pcpu *cpu = this_cpu();

	cpu->cr3 = v->pv.kernel_mode ? v->pv.kernel_cr3 : v->pv.user_cr3;
	write_cr3(cpu->cr3);
}

void pv_roots_changed(struct vcpu *v)
{
	if (unlikely(v->pv.logged)) {
		vtlb_load(v);
		return;
	}
	v->pv.kernel_cr3 = v->pv.kernel_l4;
	v->pv.user_cr3 = v->pv.user_l4;
}

void pv_load(struct vcpu *v)
{
	struct pcpu *cpu = this_cpu();

	WRITE_ONCE(v->pv.loaded_on, cpu->id);
	v->pv.window[PV_GDT_FRAMES] = pte_make(virt_to_mfn(cpu->gdt), PTE_HV);
	if (unlikely(v->pv.logged))
		vtlb_load(v);
	pv_load_root(v);
	desc_load_gdt(v->pv.gdt_va);
	desc_load_ldt(cpu, v->pv.ldt_va, v->pv.ldt_entries);
}

void pv_load_registers(struct vcpu *v)
{
	LOAD_SELECTOR("ds", v->pv.ds);
	LOAD_SELECTOR("es", v->pv.es);
	LOAD_SELECTOR("fs", v->pv.fs);
	LOAD_SELECTOR("gs", v->pv.gs);
	wrmsr(MSR_FS_BASE, v->pv.fs_base);
	wrmsr(MSR_GS_BASE, v->pv.kernel_mode ? v->pv.gs_base_kernel : v->pv.gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE, v->pv.kernel_mode ? v->pv.gs_base_user : v->pv.gs_base_kernel);
	fpu_restore(v);
	if (v->pv.task_switched)
		write_cr0(read_cr0() | X86_CR0_TS);
	if (unlikely(v->pv.special))
		load_special(v);
}

void pv_set_task_switched(struct vcpu *v, bool set)
{
	v->pv.task_switched = set;
	if (set)
		write_cr0(read_cr0() | X86_CR0_TS);
	else
		clts();
}

void pv_write_cr4(struct vcpu *v, u64 val)
{
	const u64 guest_may = X86_CR4_TSD | X86_CR4_DE |
			      (cpu_features.fsgsbase ? X86_CR4_FSGSBASE : 0) |
			      (cpu_features.xsave ? X86_CR4_OSXSAVE : 0);

	/* The rest is ours; a guest that tries to change it finds it unchanged. */
	v->pv.cr4 = PV_CR4_INITIAL | (val & guest_may);
}

static bool debug_address_ok(u64 va)
{
	return is_canonical(va) && guest_addr_ok(va) && guest_addr_ok(va + 7);
}

#define DR7_KEPT 0xffff27ffUL /* all but the bits that read as zero */
#define DR7_TYPE_IO 2

/* DR7 with its fixed bits; general detect is refused, and so are breakpoints on ports, which
 * would want every port access watched. */
static int checked_dr7(u64 val, u64 *out)
{
	val = (val & DR7_KEPT) | DR7_DEFAULT;
	if (val & DR7_GD)
		return -EPERM;
	for (unsigned i = 0; i < 4; i++)
		if ((val >> (16 + 4 * i) & 3) == DR7_TYPE_IO && (val & DR7_ACTIVE))
			return -EPERM;
	*out = val;
	return 0;
}

int pv_set_debugreg(struct vcpu *v, unsigned reg, u64 val)
{
	switch (reg) {
	case 0 ... 3:
		if (!debug_address_ok(val))
			return -EPERM;
		v->pv.debugreg[reg] = val;
		break;
	case 4: case 6: /* 4 and 5 are other names for 6 and 7 */
		v->pv.debugreg[6] = (val & 0xe00f) | DR6_DEFAULT;
		return 0;
	case 5: case 7:
		if (checked_dr7(val, &val))
			return -EPERM;
		v->pv.debugreg[7] = val;
		if (v == current && !(val & DR7_ACTIVE))
			__asm__ volatile("mov %0, %%dr7" : : "r"(DR7_DEFAULT));
		break;
	default:
		return -ENODEV;
	}
	if (v == current)
		load_debug(v);
	pv_note_special(v);
	return 0;
}

int pv_get_debugreg(const struct vcpu *v, unsigned reg, u64 *val)
{
	if (reg > 7)
		return -ENODEV;
	*val = v->pv.debugreg[reg == 4 || reg == 5 ? reg + 2 : reg];
	return 0;
}

static int set_traps(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	for (unsigned i = 0; i < 256; i++) {
		const struct trap_info *t = &ctx->trap_ctxt[i];

		if (!is_canonical(t->address))
			return -EINVAL;
		v->pv.traps[i] = (struct pv_trap){ t->address, t->cs | 3, t->flags & 3,
						   !!(t->flags & 4) };
	}
	return 0;
}

static int set_callbacks(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	if (!is_canonical(ctx->event_callback_eip) || !is_canonical(ctx->failsafe_callback_eip) ||
	    !is_canonical(ctx->syscall_callback_eip))
		return -EINVAL;
	v->pv.event_callback = ctx->event_callback_eip;
	v->pv.failsafe_callback = ctx->failsafe_callback_eip;
	v->pv.syscall_callback = ctx->syscall_callback_eip;
	v->pv.failsafe_masks = ctx->flags & VGCF_failsafe_disables_events;
	v->pv.syscall_masks = ctx->flags & VGCF_syscall_disables_events;
	return 0;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	const struct cpu_user_regs *u = &ctx->user_regs;
	struct cpu_regs *r = &v->saved_regs;

	memcpy(r, u, offsetof(struct cpu_regs, ss) + sizeof(r->ss));
	r->cs |= 3;
	r->ss |= 3;
	r->rflags = (u->rflags & ~(u64)(X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_NT)) |
		    X86_EFLAGS_IF | X86_EFLAGS_RESERVED;
	v->pv.iopl = (u->rflags & X86_EFLAGS_IOPL) >> IOPL_SHIFT;
	v->pv.ds = u->ds;
	v->pv.es = u->es;
	v->pv.fs = u->fs;
	v->pv.gs = u->gs;
	v->pv.fs_base = ctx->fs_base;
	v->pv.gs_base_kernel = ctx->gs_base_kernel;
	v->pv.gs_base_user = ctx->gs_base_user;
	v->pv.kernel_ss = ctx->kernel_ss | 3;
	v->pv.kernel_sp = ctx->kernel_sp;
	v->pv.kernel_mode = ctx->flags & VGCF_in_kernel;
}

/* Reference for a root named by a guest: 0, -EINVAL, -ERESTART. */
static int take_root(struct vcpu *v, u64 cr3, u64 *root)
{
	mfn_t mfn = cr3 >> PAGE_SHIFT;
	struct page_info *pg;
	int rc;

	if (!mfn_valid(mfn))
		return -EINVAL;
	pg = mfn_to_page(mfn);
	if (!get_page(pg, v->domain))
		return -EINVAL;
	rc = frame_type_get(pg, PGT_l4, true);
	if (rc) {
		put_page(pg);
		return rc;
	}
	*root = mfn << PAGE_SHIFT;
	return 0;
}

static int drop_root(u64 *root)
{
	struct page_info *pg;
	int rc;

	if (!*root)
		return 0;
	pg = mfn_to_page(*root >> PAGE_SHIFT);
	*root = 0;
	rc = frame_type_put(pg, true);
	put_page(pg);
	return rc;
}

int pv_drop_roots(struct vcpu *v)
{
	int rc = drop_root(&v->pv.user_l4), rc2 = drop_root(&v->pv.kernel_l4);

	return rc ? rc : rc2;
}

/* The old ones go last: a vCPU that has run never lacks tables, whatever comes of this. */
static int set_roots(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	u64 kernel = 0, user = 0, old_kernel, old_user;
	int rc = take_root(v, ctx->ctrlreg[3], &kernel), rc2;

	/* ctrlreg[1]: user root, bit 0 says present (<xen/arch-x86/xen.h>). */
	if (!rc && ctx->ctrlreg[1])
		rc = take_root(v, ctx->ctrlreg[1] & PAGE_MASK, &user);
	if (rc) {
		drop_root(&kernel);
		return rc;
	}
	old_kernel = v->pv.kernel_l4;
	old_user = v->pv.user_l4;
	v->pv.kernel_l4 = v->pv.kernel_cr3 = kernel;
	v->pv.user_l4 = v->pv.user_cr3 = user;
	rc = drop_root(&old_user);
	rc2 = drop_root(&old_kernel);
	return rc ? rc : rc2;
}

static bool context_ok(const struct vcpu_guest_context *ctx)
{
	return is_canonical(ctx->fs_base) && is_canonical(ctx->gs_base_kernel) &&
	       is_canonical(ctx->gs_base_user) && ctx->gdt_ents <= PV_GDT_FRAMES * 512 &&
	       ctx->ldt_ents <= 8192 &&
	       /* It starts in user mode: then it needs tables for that. */
	       ((ctx->flags & VGCF_in_kernel) || ctx->ctrlreg[1]);
}

static void set_fpu(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	if (ctx->flags & VGCF_i387_valid) {
		memcpy(v->fpu_area, &ctx->fpu_ctxt, 512);
		*(u32 *)((u8 *)v->fpu_area + 24) &= 0xffff; /* MXCSR reserved bits fault in XRSTOR */
		*(u64 *)((u8 *)v->fpu_area + 512) = 3;
	}
}

int pv_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
	int rc;

	if (!context_ok(ctx))
		return -EINVAL;
	rc = set_roots(v, ctx);
	if (!rc)
		rc = set_traps(v, ctx);
	if (!rc)
		rc = set_callbacks(v, ctx);
	if (!rc)
		rc = pv_set_gdt(v, ctx->gdt_frames, ctx->gdt_ents);
	if (!rc)
		rc = pv_set_ldt(v, ctx->ldt_base, ctx->ldt_ents);
	for (unsigned i = 0; !rc && i < 8; i++)
		if (i < 4 ? ctx->debugreg[i] : i >= 6)
			rc = pv_set_debugreg(v, i, ctx->debugreg[i]);
	if (rc)
		return rc;
	set_registers(v, ctx);
	set_fpu(v, ctx);
	pv_write_cr4(v, ctx->ctrlreg[4]);
	v->domain->vm_assist |= ctx->vm_assist & PV_VM_ASSISTS;
	v->initialised = true;
	return 0;
}

void pv_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *ctx)
{
	const struct cpu_regs *r = &v->saved_regs;

	memset(ctx, 0, sizeof(*ctx));
	memcpy(&ctx->user_regs, r, offsetof(struct cpu_regs, ss) + sizeof(r->ss));
	ctx->user_regs.rflags |= (u64)v->pv.iopl << IOPL_SHIFT;
	ctx->user_regs.ds = v->pv.ds;
	ctx->user_regs.es = v->pv.es;
	ctx->user_regs.fs = v->pv.fs;
	ctx->user_regs.gs = v->pv.gs;
	if (v->info->evtchn_upcall_mask)
		ctx->user_regs.rflags &= ~(u64)X86_EFLAGS_IF;
	memcpy(&ctx->fpu_ctxt, v->fpu_area, 512);
	ctx->flags = VGCF_i387_valid | (v->pv.kernel_mode ? VGCF_in_kernel : 0) |
		     (v->pv.failsafe_masks ? VGCF_failsafe_disables_events : 0) |
		     (v->pv.syscall_masks ? VGCF_syscall_disables_events : 0) |
		     (vcpu_is_up(v) ? VGCF_online : 0);
	for (unsigned i = 0; i < 256; i++) {
		const struct pv_trap *t = &v->pv.traps[i];

		ctx->trap_ctxt[i] = (struct trap_info){ i, t->dpl | (t->mask_events ? 4 : 0), t->cs,
							t->address };
	}
	ctx->ldt_base = v->pv.ldt_base;
	ctx->ldt_ents = v->pv.ldt_entries;
	ctx->gdt_ents = v->pv.gdt_entries;
	for (unsigned i = 0; i < DIV_ROUND_UP(v->pv.gdt_entries, 512); i++)
		ctx->gdt_frames[i] = v->pv.gdt_mfn[i];
	ctx->kernel_ss = v->pv.kernel_ss;
	ctx->kernel_sp = v->pv.kernel_sp;
	ctx->ctrlreg[1] = v->pv.user_l4 ? v->pv.user_l4 | 1 : 0;
	ctx->ctrlreg[2] = v->pv.cr2;
	ctx->ctrlreg[3] = v->pv.kernel_l4;
	ctx->ctrlreg[4] = v->pv.cr4;
	memcpy(ctx->debugreg, v->pv.debugreg, sizeof(ctx->debugreg));
	ctx->event_callback_eip = v->pv.event_callback;
	ctx->failsafe_callback_eip = v->pv.failsafe_callback;
	ctx->syscall_callback_eip = v->pv.syscall_callback;
	ctx->vm_assist = v->domain->vm_assist;
	ctx->fs_base = v->pv.fs_base;
	ctx->gs_base_kernel = v->pv.gs_base_kernel;
	ctx->gs_base_user = v->pv.gs_base_user;
}
