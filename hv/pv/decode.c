/* SPDX-License-Identifier: MIT */
/*
 * Instruction length and operand decoding (AMD64 APM vol. 3, chapter 1 and the
 * opcode maps of appendix A), for the opcodes listed in the two tables below
 * and no others: an unknown opcode is refused, never guessed.
 */
#include "pv/decode.h"

/* What follows an opcode. */
enum {
	K = 1 << 0,   /* known */
	M = 1 << 1,   /* ModRM */
	B = 1 << 2,   /* byte operand */
	I8 = 1 << 3,  /* 8-bit immediate */
	IZ = 1 << 4,  /* 16/32-bit immediate by operand size */
	D64 = 1 << 5, /* moffs / not used: reserved */
};

static u8 one_byte_kind(u8 op)
{
	if (op < 0x40 && (op & 7) < 2) /* add or adc sbb and sub xor (cmp) r/m, r */
		return K | M | (op & 1 ? 0 : B);
	switch (op) {
	case 0x80: return K | M | B | I8;
	case 0x81: return K | M | IZ;
	case 0x83: return K | M | I8;
	case 0x86: return K | M | B;
	case 0x87: return K | M;
	case 0x88: return K | M | B;
	case 0x89: return K | M;
	case 0x8a: return K | M | B;
	case 0x8b: return K | M;
	case 0xc6: return K | M | B | I8;
	case 0xc7: return K | M | IZ;
	case 0xfe: return K | M | B;
	case 0xff: return K | M;
	case 0xa4: case 0xaa: return K | B;
	case 0xa5: case 0xab: return K;
	case 0x6c: case 0x6e: return K | B;
	case 0x6d: case 0x6f: return K;
	case 0xe4: case 0xe6: return K | B | I8;
	case 0xe5: case 0xe7: return K | I8;
	case 0xec: case 0xee: return K | B;
	case 0xed: case 0xef: return K;
	case 0xcd: return K | I8;
	case 0xcc: case 0xf1: case 0xf4: case 0xfa: case 0xfb: return K;
	}
	return 0;
}

static u8 two_byte_kind(u8 op)
{
	switch (op) {
	case 0x00: case 0x01: return K | M;
	case 0x06: case 0x08: case 0x09: case 0x0b: return K;
	case 0x20: case 0x21: case 0x22: case 0x23: return K | M;
	case 0x30: case 0x31: case 0x32: case 0x33: case 0xa2: return K;
	case 0xab: case 0xb3: case 0xbb: return K | M;
	case 0xba: return K | M | I8;
	case 0xb0: case 0xc0: return K | M | B;
	case 0xb1: case 0xc1: case 0xc7: return K | M;
	}
	return 0;
}

struct cursor {
	const u8 *p, *end;
	bool cut;
};

static u64 take(struct cursor *c, unsigned n)
{
	u64 v = 0;

	if (c->end - c->p < n) {
		c->cut = true;
		c->p = c->end;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v |= (u64)c->p[i] << 8 * i;
	c->p += n;
	return v;
}

static s64 take_signed(struct cursor *c, unsigned n)
{
	unsigned shift = 64 - 8 * n;

	return (s64)(take(c, n) << shift) >> shift;
}

/* Legacy prefixes and REX; returns the REX byte (0 none). */
static u8 decode_prefixes(struct cursor *c, struct insn *in)
{
	u8 rex = 0;

	for (; c->p < c->end; c->p++) {
		u8 b = *c->p;

		if ((b & 0xf0) == 0x40) {
			rex = b;
			continue;
		}
		switch (b) {
		case 0x66: in->op_size = 2; break;
		case 0x67: in->addr_size = 4; break;
		case 0xf0: in->lock = true; break;
		case 0xf2: in->repne = true; break;
		case 0xf3: in->rep = true; break;
		case 0x26: case 0x2e: case 0x36: case 0x3e: break;
		case 0x64: case 0x65: in->segment = b; break;
		default: return rex;
		}
		rex = 0; /* REX counts only right before the opcode */
	}
	c->cut = true;
	return rex;
}

static void decode_sib(struct cursor *c, struct insn *in, u8 rex, u8 mod)
{
	u8 sib = take(c, 1), index = (sib >> 3 & 7) | (rex & 2) << 2;

	in->scale = sib >> 6;
	in->index = index == 4 ? 16 : index;
	if ((sib & 7) == 5 && mod == 0) {
		in->base = 16;
		in->disp = take_signed(c, 4);
	} else {
		in->base = (sib & 7) | (rex & 1) << 3;
	}
}

static void decode_modrm(struct cursor *c, struct insn *in, u8 rex)
{
	u8 modrm = take(c, 1), mod = modrm >> 6, rm = modrm & 7;

	in->has_modrm = true;
	in->reg = (modrm >> 3 & 7) | (rex & 4) << 1;
	in->rm = rm | (rex & 1) << 3;
	in->base = in->index = 16;
	if (mod == 3)
		return;
	in->mem = true;
	if (rm == 4) {
		decode_sib(c, in, rex, mod);
	} else if (rm == 5 && mod == 0) {
		in->rip_relative = true;
		in->disp = take_signed(c, 4);
	} else {
		in->base = in->rm;
	}
	if (mod == 1)
		in->disp = take_signed(c, 1);
	else if (mod == 2)
		in->disp = take_signed(c, 4);
}

int insn_decode(const u8 *bytes, unsigned n, struct insn *in)
{
	struct cursor c = { bytes, bytes + MIN(n, INSN_MAX), false };
	u8 rex, kind;

	*in = (struct insn){ .op_size = 4, .addr_size = 8, .base = 16, .index = 16 };
	rex = decode_prefixes(&c, in);
	in->has_rex = rex;
	if (rex & 8)
		in->op_size = 8;
	in->opcode = take(&c, 1);
	kind = one_byte_kind(in->opcode);
	if (in->opcode == 0x0f) {
		in->map = MAP_0F;
		in->opcode = take(&c, 1);
		kind = two_byte_kind(in->opcode);
	}
	if (!kind || c.cut)
		return -1;
	in->is_byte = kind & B;
	if (kind & M)
		decode_modrm(&c, in, rex);
	if (kind & I8)
		in->imm_size = 1;
	else if (kind & IZ)
		in->imm_size = in->op_size == 2 ? 2 : 4;
	if (in->imm_size)
		in->imm = take_signed(&c, in->imm_size);
	in->len = c.p - bytes;
	return c.cut ? -1 : 0;
}

u64 *insn_reg(struct cpu_regs *regs, unsigned n)
{
	static const u8 offset[16] = {
		offsetof(struct cpu_regs, rax), offsetof(struct cpu_regs, rcx),
		offsetof(struct cpu_regs, rdx), offsetof(struct cpu_regs, rbx),
		offsetof(struct cpu_regs, rsp), offsetof(struct cpu_regs, rbp),
		offsetof(struct cpu_regs, rsi), offsetof(struct cpu_regs, rdi),
		offsetof(struct cpu_regs, r8),	offsetof(struct cpu_regs, r9),
		offsetof(struct cpu_regs, r10), offsetof(struct cpu_regs, r11),
		offsetof(struct cpu_regs, r12), offsetof(struct cpu_regs, r13),
		offsetof(struct cpu_regs, r14), offsetof(struct cpu_regs, r15),
	};

	return (u64 *)((u8 *)regs + offset[n & 15]);
}

/* AH, CH, DH, BH: byte registers 4 to 7 without REX. */
static bool is_high_byte(const struct insn *in, unsigned n)
{
	return in->is_byte && !in->has_rex && n >= 4 && n < 8;
}

u64 insn_read_reg(struct cpu_regs *regs, const struct insn *in, unsigned n)
{
	u64 v;

	if (is_high_byte(in, n))
		return *insn_reg(regs, n - 4) >> 8 & 0xff;
	v = *insn_reg(regs, n);
	switch (insn_size(in)) {
	case 1: return v & 0xff;
	case 2: return v & 0xffff;
	case 4: return v & 0xffffffff;
	}
	return v;
}

void insn_write_reg(struct cpu_regs *regs, const struct insn *in, unsigned n, u64 value)
{
	u64 *r = insn_reg(regs, n);

	if (is_high_byte(in, n)) {
		r = insn_reg(regs, n - 4);
		*r = (*r & ~0xff00UL) | (value & 0xff) << 8;
		return;
	}
	switch (insn_size(in)) {
	case 1: *r = (*r & ~0xffUL) | (value & 0xff); break;
	case 2: *r = (*r & ~0xffffUL) | (value & 0xffff); break;
	case 4: *r = value & 0xffffffff; break;
	default: *r = value;
	}
}

u64 insn_address(struct cpu_regs *regs, const struct insn *in)
{
	u64 a = in->disp;

	if (in->rip_relative)
		a += regs->rip + in->len;
	if (in->base < 16)
		a += *insn_reg(regs, in->base);
	if (in->index < 16)
		a += *insn_reg(regs, in->index) << in->scale;
	return in->addr_size == 4 ? a & 0xffffffff : a;
}
