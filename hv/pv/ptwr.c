/* SPDX-License-Identifier: MIT */
/*
 * Writable page tables: a PV kernel with that assist stores to a page table it
 * has mapped read-only as if it could.  The fault comes here; the instruction is
 * decoded, its result computed, checked like an mmu_update and written.  Only
 * L1 tables, only naturally aligned stores within one entry: what kernels do.
 */
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "memory/guest.h"
#include "pv/decode.h"
#include "pv/mmu.h"
#include "trace/trace.h"
#include "pv/traps.h"
#include "x86/asm-fixup.h"
#include "x86/cpu.h"

#define PF_PRESENT_WRITE 3 /* error code */
#define ARITH_FLAGS 0x8d5 /* CF PF AF ZF SF OF */

/* A store as decoded: what to write where, and what else the instruction changes. */
struct store {
	u64 value;          /* new contents of the operand, operand-sized */
	bool exchanges;     /* register operand gets the old contents */
	bool compares;      /* CMPXCHG: only if RAX equals the old contents */
	bool counts;        /* STOS or MOVS: registers advance */
};

static u64 size_mask(unsigned size)
{
	return size == 8 ? ~0UL : (1UL << 8 * size) - 1;
}

/* Run the ALU on @a op @b so that the flags are the processor's own. */
#define ALU(insn, a, b, flags)                                                  \
	__asm__ volatile(insn " %2, %0; pushfq; popq %1" : "+r"(a), "=r"(flags) : "r"(b) : "cc")

static bool alu(unsigned op, u64 *a, u64 b, unsigned size, u64 *rflags)
{
	unsigned shift = 64 - 8 * size;
	u64 x = *a << shift, y = b << shift, f;

	switch (op) {
	case 0: ALU("addq", x, y, f); break;
	case 1: ALU("orq", x, y, f); break;
	case 4: ALU("andq", x, y, f); break;
	case 5: ALU("subq", x, y, f); break;
	case 6: ALU("xorq", x, y, f); break;
	default: return false;
	}
	*a = x >> shift;
	*rflags = (*rflags & ~(u64)ARITH_FLAGS) | (f & ARITH_FLAGS);
	return true;
}

static bool bit_op(unsigned op, u64 *a, unsigned bit, u64 *rflags)
{
	u64 m = 1UL << bit;

	*rflags = (*rflags & ~1UL) | !!(*a & m);
	switch (op) {
	case 5: *a |= m; return true;
	case 6: *a &= ~m; return true;
	case 7: *a ^= m; return true;
	}
	return false;
}

/* Two-byte opcodes: @old is the operand now. */
static bool compute_0f(struct cpu_regs *regs, const struct insn *in, u64 old, struct store *st)
{
	unsigned bits = 8 * insn_size(in);

	st->value = old;
	switch (in->opcode) {
	case 0xb0: case 0xb1:
		st->value = insn_read_reg(regs, in, in->reg);
		st->compares = true;
		return true;
	case 0xc0: case 0xc1:
		st->exchanges = true;
		return alu(0, &st->value, insn_read_reg(regs, in, in->reg), insn_size(in), &regs->rflags);
	case 0xba:
		return bit_op(in->reg & 7, &st->value, in->imm & (bits - 1), &regs->rflags);
	case 0xab: case 0xb3: case 0xbb: {
		u64 bit = insn_read_reg(regs, in, in->reg);

		/* A bit number past the operand would address another word. */
		return bit < bits && bit_op(in->opcode == 0xab ? 5 : in->opcode == 0xb3 ? 6 : 7,
					    &st->value, bit, &regs->rflags);
	}
	}
	return false;
}

static bool compute(struct cpu_regs *regs, const struct insn *in, u64 old, struct store *st)
{
	unsigned size = insn_size(in);

	if (in->map == MAP_0F)
		return compute_0f(regs, in, old, st);
	st->value = old;
	switch (in->opcode) {
	case 0x88: case 0x89:
		st->value = insn_read_reg(regs, in, in->reg);
		return true;
	case 0xc6: case 0xc7:
		st->value = in->imm;
		return !(in->reg & 7);
	case 0x86: case 0x87:
		st->value = insn_read_reg(regs, in, in->reg);
		st->exchanges = true;
		return true;
	case 0x80: case 0x81: case 0x83:
		return alu(in->reg & 7, &st->value, in->imm, size, &regs->rflags);
	case 0xaa: case 0xab:
		st->value = regs->rax;
		st->counts = true;
		return true;
	case 0xa4: case 0xa5:
		st->counts = true;
		return !in->segment && !copy_from_guest(&st->value, regs->rsi, size);
	}
	if (in->opcode < 0x38)
		return alu(in->opcode >> 3, &st->value, insn_read_reg(regs, in, in->reg), size,
			   &regs->rflags);
	return false;
}

enum outcome { WRITTEN, AGAIN, REFUSED };

/* Check and write the whole entry.  AGAIN: not written, let the guest repeat the instruction. */
static enum outcome write_entry(struct vcpu *v, u64 *pte, u64 old, u64 val)
{
	struct domain *d = v->domain;
	int rc = l1_replace(pte, old, val, d);

	if (likely(!rc))
		return WRITTEN;
	if (rc != -EAGAIN)
		rc = pv_finish_partial(val, d, rc);
	return rc == -EAGAIN || rc == -ERESTART ? AGAIN : REFUSED;
}

static void advance_string(struct cpu_regs *regs, const struct insn *in)
{
	s64 step = regs->rflags & X86_EFLAGS_DF ? -(s64)insn_size(in) : insn_size(in);

	regs->rdi += step;
	if ((in->opcode & ~1) == 0xa4)
		regs->rsi += step;
	if (!in->rep || --regs->rcx == 0)
		regs->rip += in->len;
}

static bool emulate_on(struct vcpu *v, struct cpu_regs *regs, const struct insn *in, u64 addr,
		       u64 *pte)
{
	unsigned size = insn_size(in), shift = 8 * (addr & 7);
	u64 entry = READ_ONCE(*pte), mask = size_mask(size), rflags = regs->rflags;
	u64 old = entry >> shift & mask, val;
	struct store st = { 0 };
	enum outcome outcome;

	if (!compute(regs, in, old, &st))
		return false;
	val = (entry & ~(mask << shift)) | (st.value & mask) << shift;
	if (st.compares) {
		u64 acc = regs->rax & mask, diff = acc;

		alu(5, &diff, old, size, &regs->rflags);
		if (acc != old) { /* the locked write-back of the old value changes nothing */
			insn_write_reg(regs, in, 0, old);
			regs->rip += in->len;
			return true;
		}
	}
	outcome = write_entry(v, pte, entry, val);
	if (unlikely(outcome != WRITTEN)) {
		regs->rflags = rflags;
		return outcome == AGAIN;
	}
	trace_pv_ptwr_emulation(val, addr, regs->rip);
	if (st.exchanges)
		insn_write_reg(regs, in, in->reg, old);
	if (st.counts)
		advance_string(regs, in);
	else
		regs->rip += in->len;
	return true;
}

/* A word from a register on @pte: nearly every page-table store.  False: nothing done, and the general
 * way is to be tried. */
static inline bool store_whole_entry(struct vcpu *v, struct cpu_regs *regs, u64 addr, u64 *pte)
{
	u64 bytes, *reg, old, val;
	unsigned len;

	if (unlikely(addr & 7) || unlikely(!guest_range_ok(regs->rip, sizeof(bytes))))
		return false;
	get_guest_or_goto(bytes, regs->rip, refused);
	len = insn_word_store(bytes);
	if (unlikely(!len))
		return false;
	reg = insn_reg(regs, insn_word_store_reg(bytes));
	val = *reg;
	old = READ_ONCE(*pte);
	if (unlikely(l1_replace(pte, old, val, v->domain)))
		return false;
	trace_pv_ptwr_emulation(val, addr, regs->rip);
	if (insn_word_store_exchanges(bytes))
		*reg = old;
	regs->rip += len;
	return true;
refused:
	return false;
}

/* Whatever else stores to memory. */
static __attribute__((noinline)) bool store_anything(struct vcpu *v, struct cpu_regs *regs, u64 addr,
						     u64 *pte)
{
	u8 bytes[INSN_MAX];
	struct insn in;

	return !insn_decode(bytes, INSN_MAX - copy_from_guest(bytes, regs->rip, INSN_MAX), &in) &&
	       !(addr & (insn_size(&in) - 1)) && emulate_on(v, regs, &in, addr, pte);
}

/* Device memory Dom0 has mapped and must not write (an MSI-X table): what it stores is dropped. */
static __attribute__((noinline, cold)) bool drop_device_store(const struct vcpu *v, struct cpu_regs *regs,
							      mfn_t mfn, u64 addr)
{
	u8 bytes[INSN_MAX];
	struct insn in;

	if (!v->domain->privileged || !pv_device_read_only(mfn) ||
	    insn_decode(bytes, INSN_MAX - copy_from_guest(bytes, regs->rip, INSN_MAX), &in) ||
	    in.map != MAP_ONE_BYTE || (addr & (insn_size(&in) - 1)))
		return false;
	if ((in.opcode & ~1) != 0x88 && (in.opcode & ~1) != 0xc6)
		return false;
	regs->rip += in.len;
	return true;
}

static bool emulate_device_write(struct vcpu *v, struct cpu_regs *regs, u64 addr)
{
	u64 e;

	return guest_pte_peek(v, addr, &e) && (e & (PTE_PRESENT | PTE_RW)) == PTE_PRESENT &&
	       drop_device_store(v, regs, pte_mfn(e), addr);
}

static inline bool emulate_pt_write(struct vcpu *v, struct cpu_regs *regs, u64 addr)
{
	struct domain *d = v->domain;
	struct page_info *target;
	u64 e, *pte;
	bool done;

	/* The page at @addr must be one of our L1 tables, mapped read-only. */
	if (unlikely(!guest_pte_peek(v, addr, &e)) ||
	    unlikely((e & (PTE_PRESENT | PTE_RW)) != PTE_PRESENT))
		return false;
	target = mfn_to_page(pte_mfn(e));
	if (unlikely(!mfn_valid(pte_mfn(e))) || unlikely(!get_table(target, d, d->id, PGT_l1)))
		return drop_device_store(v, regs, pte_mfn(e), addr);
	pte = maddr_to_virt((e & PTE_ADDR_MASK) | (addr & ~PAGE_MASK & ~7UL));
	done = store_whole_entry(v, regs, addr, pte) || store_anything(v, regs, addr, pte);
	put_table(target);
	return done;
}

void pv_write_fault(struct vcpu *v, struct cpu_regs *regs, u64 addr)
{
	bool done;

	irq_enable();
	if (likely(v->domain->vm_assist & 1U << VMASST_TYPE_writable_pagetables))
		done = emulate_pt_write(v, regs, addr);
	else
		done = v->domain->privileged && emulate_device_write(v, regs, addr);
	if (unlikely(!done))
		pv_inject_page_fault(v, regs, addr, PF_PRESENT_WRITE);
}
