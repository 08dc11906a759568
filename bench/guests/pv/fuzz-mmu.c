/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest at its page tables and its memory.  Updates go to tables of
 * its play area, to frames that may become tables, and, with values that must
 * be refused, to the tables it runs on.
 */
#include <xen/memory.h>

#include "bench/guests/pv/fuzz.h"

#define MAX_REQUESTS 24

static bool is_own_table(u64 mfn)
{
	u64 first = (start_info->pt_base - 0xffffffff80000000UL) >> 12;

	for (u64 i = 0; i < start_info->nr_pt_frames; i++)
		if (pfn_to_mfn(first + i) == mfn)
			return true;
	return false;
}

/* Names the tables we run on, and what is refused there whatever the slot. */
static void request_for_own_tables(struct mmu_update *u)
{
	u64 pt = ((start_info->pt_base - 0xffffffff80000000UL) >> 12) +
		 rnd_below(start_info->nr_pt_frames);
	u64 root = va_to_mfn((void *)start_info->pt_base) << 12;
	const u64 refused[] = { 0x200000 | PTE_RW_PAGE, root | PTE_RW_PAGE,
				(max_ram + 7) << 12 | PTE_RW_PAGE | 1UL << 51 };

	u->ptr = pfn_to_mfn(pt) << 12 | rnd_below(512) << 3;
	u->val = PICK(refused);
}

static void one_request(struct mmu_update *u)
{
	static const u8 cmds[] = { 0, 0, 0, 0, 1, 2, 2, 3 };
	u64 mfn;

	if (one_in(10)) {
		request_for_own_tables(u);
		return;
	}
	mfn = one_in(3) ? table_mfn() : one_in(4) ? any_mfn() : play_l1[rnd_below(2)];
	if (is_own_table(mfn))
		mfn = table_mfn();
	u->ptr = mfn << 12 | rnd_below(512) << 3 | PICK(cmds);
	u->val = one_in(8) ? 0 : one_in(6) ? table_mfn() << 12 | PTE_RW_PAGE : any_pte();
}

static long act_mmu_update(void)
{
	unsigned n = 1 + rnd_below(one_in(4) ? MAX_REQUESTS : 4);
	struct mmu_update *u = calm_argument(n * sizeof(*u));
	u64 domid = one_in(6) ? any_domid() : DOMID_SELF, count = n;

	/* Never what calls have left behind: it may name the frames we run on. */
	if (one_in(40)) {
		u = (struct mmu_update *)(calm_args + PAGE_SIZE) - n; /* goes on where nothing is */
		count = any_value() & ~0xffffUL;
	}
	for (unsigned i = 0; i < n; i++)
		one_request(&u[i]);
	return hypercall4(__HYPERVISOR_mmu_update, one_in(40) ? wild_address() : (u64)u, count,
			  one_in(3) ? any_address() & ~7UL : 0, one_in(50) ? domid | rnd() << 16 : domid);
}

static long act_va_mapping(void)
{
	u64 va = one_in(8) ? PLAY_BASE + any_value() * PAGE_SIZE : play_va() + (one_in(4) ? rnd_below(4096) : 0);
	u64 flags = rnd_below(4) | (one_in(2) ? 0 : one_in(2) ? 1 << 2 : any_address());

	if (va - 0xffffffff80000000UL < 1UL << 31)
		va = play_va();
	if (one_in(5))
		return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, va, any_pte(), flags,
				  any_domid());
	return hypercall3(__HYPERVISOR_update_va_mapping, va, any_pte(), flags);
}

static void mmuext_arguments(struct mmuext_op *op)
{
	u64 root = va_to_mfn((void *)start_info->pt_base);

	op->arg1.mfn = one_in(3) ? any_mfn() : table_mfn();
	op->arg2.src_mfn = any_mfn();
	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR: /* another one that is accepted would not have us in it */
		op->arg1.mfn = one_in(2) ? root : one_in(2) ? any_value() | 1UL << 40 : play_l1[0];
		break;
	case MMUEXT_NEW_USER_BASEPTR:
		op->arg1.mfn = one_in(3) ? root : one_in(3) ? 0 : op->arg1.mfn;
		break;
	case MMUEXT_SET_LDT:
		op->arg1.linear_addr = one_in(2) ? (u64)table_pages[rnd_below(PLAY_TABLES)] : any_address();
		op->arg2.nr_ents = one_in(2) ? rnd_below(1025) : any_value();
		break;
	case MMUEXT_INVLPG_LOCAL: case MMUEXT_INVLPG_ALL: case MMUEXT_INVLPG_MULTI:
		op->arg1.linear_addr = any_address();
		/* fallthrough */
	case MMUEXT_TLB_FLUSH_MULTI:
		op->arg2.src_mfn = any_address();
	}
}

static long act_mmuext(void)
{
	unsigned n = 1 + rnd_below(3);
	struct mmuext_op *op = calm_argument(n * sizeof(*op));

	for (unsigned i = 0; i < n; i++) {
		op[i].cmd = one_in(3) ? MMUEXT_PIN_L1_TABLE + rnd_below(5) : rnd_below(22);
		mmuext_arguments(&op[i]);
	}
	return hypercall4(__HYPERVISOR_mmuext_op, op, n, one_in(3) ? any_address() & ~7UL : 0,
			  one_in(6) ? any_domid() : DOMID_SELF);
}

/* What a table of @level, or one of descriptors (0), might hold. */
static u64 entry_for(unsigned level)
{
	if (one_in(24))
		return any_value();
	if (level == 0)
		return 0x00cf93000000ffff | rnd_below(16) << 40 | (rnd() & 0x80ff00000000ff);
	if (one_in(3))
		return 0;
	if (level == 1)
		return va_to_mfn(data_pages[rnd_below(PLAY_DATA)]) << 12 | PTE_RW_PAGE;
	return table_mfn() << 12 | PTE_RW_PAGE;
}

/* Give a table frame new contents, if it is none at the moment. */
static long act_fill_table(void)
{
	u64 *page = (u64 *)table_pages[rnd_below(PLAY_TABLES)], mfn = va_to_mfn(page) << 12;
	unsigned level = rnd_below(5), entries = one_in(3) ? 512 : 4;
	long rc = hypercall3(__HYPERVISOR_update_va_mapping, page, mfn | PTE_RW_PAGE, UVMF_INVLPG);

	if (rc)
		return rc;
	for (unsigned i = 0; i < 512; i++)
		page[i] = i < entries ? entry_for(level) : 0;
	if (one_in(4))
		page[511] = any_value(); /* found last */
	hypercall3(__HYPERVISOR_update_va_mapping, page, mfn | PTE_RO_PAGE, UVMF_INVLPG);
	return 0;
}

/* Pin a frame as what it may be good for, and let go of it sooner or later. */
static long act_pin(void)
{
	struct mmuext_op op = { .cmd = one_in(2) ? MMUEXT_UNPIN_TABLE : MMUEXT_PIN_L1_TABLE + rnd_below(4),
				.arg1.mfn = table_mfn() };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static long act_reservation(void)
{
	static const u8 ops[] = { XENMEM_increase_reservation, XENMEM_decrease_reservation,
				  XENMEM_populate_physmap };
	struct xen_memory_reservation *r = calm_argument(sizeof(*r) + 64);
	u64 *list = (u64 *)(r + 1);
	unsigned op = PICK(ops), n = 1 + rnd_below(4);
	long rc;

	for (unsigned i = 0; i < n; i++)
		list[i] = op == XENMEM_decrease_reservation ? spare_frame() : any_value();
	set_xen_guest_handle(r->extent_start, one_in(20) ? (u64 *)any_address() : list);
	r->nr_extents = one_in(30) ? any_value() & ~0xfffUL : n;
	r->extent_order = one_in(8) ? any_value() : rnd_below(2);
	r->mem_flags = one_in(4) ? rnd() & 0xff : 0;
	r->domid = one_in(3) ? any_domid() : DOMID_SELF;
	rc = hypercall2(__HYPERVISOR_memory_op, op | (one_in(20) ? rnd_below(8) << 6 : 0), r);
	if (op != XENMEM_decrease_reservation && r->domid == DOMID_SELF)
		for (unsigned i = 0; i < n && (long)i < rc; i++)
			spare_keep(list[i]);
	return rc;
}

static long act_exchange(void)
{
	struct xen_memory_exchange *x = calm_argument(sizeof(*x) + 256);
	u64 *in = (u64 *)(x + 1), *out = in + 16;
	unsigned in_order = one_in(8) ? rnd_below(20) : rnd_below(2), out_order = one_in(3) ? rnd_below(4) : 0;
	unsigned n = 1 << rnd_below(4);
	long rc;

	if (in_order > 3) { /* or the list of what we get would run over all our memory */
		out_order = in_order;
		n = 1;
	}
	for (unsigned i = 0; i < 16; i++) {
		in[i] = one_in(20) ? any_mfn() : spare_frame();
		out[i] = any_value();
	}
	x->in = (struct xen_memory_reservation){ .nr_extents = one_in(16) ? any_value() : n,
						 .extent_order = in_order, .domid = DOMID_SELF };
	x->out = (struct xen_memory_reservation){ .nr_extents = n << in_order >> out_order,
						  .extent_order = one_in(16) ? any_value() : out_order,
						  .mem_flags = one_in(4) ? rnd_below(64) : 0,
						  .domid = one_in(16) ? any_domid() : DOMID_SELF };
	set_xen_guest_handle(x->in.extent_start, in);
	set_xen_guest_handle(x->out.extent_start, one_in(20) ? (u64 *)any_address() : out);
	x->nr_exchanged = one_in(16) ? any_value() : 0;
	rc = hypercall2(__HYPERVISOR_memory_op, XENMEM_exchange, x);
	if (!rc)
		for (unsigned i = 0; i < 16 && i < n << in_order >> out_order; i++)
			spare_keep(out[i]);
	return rc;
}

/* The sub-operations that only tell something or keep a list. */
static long act_memory_other(void)
{
	u64 *a = argument(96);

	fill(a, 96);
	if (one_in(2))
		a[0] = any_domid() | (u64)rnd_below(4) << 16; /* most begin with a domain */
	if (one_in(2))
		a[0] = any_domid() | (rnd_below(3) << 32), a[1] = rnd_below(8) | rnd_below(4) << 32,
		a[2] = rnd_below(4), a[3] = (u64)args;
	return hypercall2(__HYPERVISOR_memory_op, rnd_below(32), one_in(20) ? (void *)any_address() : a);
}

/* Stores to page tables that are mapped read-only: emulated, or #PF. */
static long act_table_store(void)
{
	u64 *at = (u64 *)table_pages[rnd_below(PLAY_TABLES)] + rnd_below(512);
	u64 val = one_in(3) ? 0 : any_pte(), caught;
	register u64 p __asm__("rdi") = (u64)at + (one_in(8) ? rnd_below(8) : 0);
	register u64 v __asm__("rsi") = val;

	hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	__asm__ volatile("" : "+r"(p), "+r"(v));
	switch (rnd_below(12)) {
	case 0: caught = TRY_GUARDED("mov %%esi, (%%rdi)"); break;
	case 1: caught = TRY_GUARDED("mov %%si, 2(%%rdi)"); break;
	case 2: caught = TRY_GUARDED("mov %%sil, (%%rdi)"); break;
	case 3: caught = TRY_GUARDED("xchg %%rsi, (%%rdi)"); break;
	case 4: caught = TRY_GUARDED("mov (%%rdi), %%rax; lock cmpxchg %%rsi, (%%rdi)"); break;
	case 5: caught = TRY_GUARDED("lock orq $0x20, (%%rdi)"); break;
	case 6: caught = TRY_GUARDED("lock btrq $1, (%%rdi)"); break;
	case 7: caught = TRY_GUARDED("mov %%rsi, %%rax; mov $2, %%ecx; rep stosq"); break;
	case 8: caught = TRY_GUARDED("lock xadd %%rsi, (%%rdi)"); break;
	case 9: caught = TRY_GUARDED("movq $0, (%%rdi)"); break;
	default: caught = TRY_GUARDED("mov %%rsi, (%%rdi)");
	}
	__asm__ volatile("" : : "r"(p), "r"(v));
	if (one_in(4))
		hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
	return -(long)caught;
}

const struct act mmu_acts[] = {
	{ "mmu_update", act_mmu_update, 12, false },
	{ "update_va_mapping", act_va_mapping, 8, false },
	{ "mmuext_op", act_mmuext, 8, false },
	{ "fill a table", act_fill_table, 6, false },
	{ "pin", act_pin, 8, false },
	{ "reservation", act_reservation, 4, false },
	{ "exchange", act_exchange, 3, false },
	{ "memory_op", act_memory_other, 4, false },
	{ "table store", act_table_store, 5, false },
	{ 0 },
};
