/* SPDX-License-Identifier: MIT */
/*
 * Decoder for the instructions the hypervisor emulates: privileged operations
 * of PV kernels and stores to page tables.  64-bit mode only.  Pure: bytes and
 * registers in, description out; unit-tested on the host.
 */
#ifndef ORRERY_PV_DECODE_H
#define ORRERY_PV_DECODE_H

#include "lib/types.h"
#include "x86/regs.h"

#define INSN_MAX 15

enum insn_map { MAP_ONE_BYTE, MAP_0F };

struct insn {
	u8 len;
	u8 opcode;
	enum insn_map map;
	u8 op_size;        /* 2, 4 or 8 bytes, from prefixes and REX.W; byte forms: is_byte */
	bool is_byte;      /* the opcode's 8-bit form */
	bool lock, rep, repne;
	bool has_modrm, mem; /* mem: ModRM names memory */
	bool has_rex;
	u8 addr_size;      /* 4 or 8 */
	u8 segment;        /* 0 none, else the prefix byte (0x64 FS, 0x65 GS) */
	u8 reg, rm;        /* register numbers with REX applied; rm when !mem */
	u8 base, index;    /* 16: none */
	bool rip_relative;
	u8 scale;          /* 0..3 */
	s64 disp;
	s64 imm;           /* sign-extended */
	u8 imm_size;
};

/* 0, or -1 if the bytes are not one of the known instructions (or are cut off). */
int insn_decode(const u8 *bytes, unsigned n, struct insn *in);

/* Pointer to register @n (x86 numbering) in @regs. */
u64 *insn_reg(struct cpu_regs *regs, unsigned n);
/* Register operand @n as the instruction's operand size sees it. */
u64 insn_read_reg(struct cpu_regs *regs, const struct insn *in, unsigned n);
void insn_write_reg(struct cpu_regs *regs, const struct insn *in, unsigned n, u64 value);
/* Offset within the segment (or linear address when no FS/GS prefix). */
u64 insn_address(struct cpu_regs *regs, const struct insn *in);
/* Operand size in bytes, byte forms counted. */
static inline unsigned insn_size(const struct insn *in)
{
	return in->is_byte ? 1 : in->op_size;
}

/*
 * MOV or XCHG of a 64-bit register to memory, from its first eight bytes: the instruction's length,
 * or 0 if it is another one, or an address in a form that is rare.  Says what insn_decode() says,
 * in a few instructions.
 */
static inline unsigned insn_word_store(u64 bytes)
{
	u8 modrm = bytes >> 16, mod = modrm >> 6, rm = modrm & 7;

	if ((bytes & 0xf8) != 0x48 || ((u8)(bytes >> 8) != 0x89 && (u8)(bytes >> 8) != 0x87) || mod == 3)
		return 0;
	if (likely(rm != 4 && !mod))
		return rm == 5 ? 0 : 3;
	if (!mod) /* a SIB byte without a 32-bit base-less address */
		return (bytes >> 24 & 7) == 5 ? 0 : 4;
	return 3 + (rm == 4) + (mod == 1 ? 1 : 4);
}

static inline unsigned insn_word_store_reg(u64 bytes)
{
	return (bytes >> 19 & 7) | (bytes & 4) << 1;
}

static inline bool insn_word_store_exchanges(u64 bytes)
{
	return (u8)(bytes >> 8) == 0x87;
}

#endif
