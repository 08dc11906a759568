/* SPDX-License-Identifier: MIT */
/*
 * The decoder against hand-assembled bytes: lengths, operands, and refusal of
 * whatever is cut off or unknown.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "pv/decode.h"

#define DECODE(in, ...)                                                         \
	({                                                                      \
		static const u8 b_[] = { __VA_ARGS__ };                         \
		insn_decode(b_, sizeof(b_), in);                                \
	})

Test(decode, store_to_memory)
{
	struct cpu_regs regs = { .rdi = 0x1000, .rsi = 0xabcdef };
	struct insn in;

	cr_assert_eq(DECODE(&in, 0x48, 0x89, 0x37), 0); /* mov %rsi,(%rdi) */
	cr_assert_eq(in.len, 3);
	cr_assert(in.mem);
	cr_assert_eq(insn_size(&in), 8);
	cr_assert_eq(insn_address(&regs, &in), 0x1000);
	cr_assert_eq(insn_read_reg(&regs, &in, in.reg), 0xabcdef);
}

Test(decode, sib_displacement_and_rex)
{
	struct cpu_regs regs = { .r12 = 0x100, .r9 = 0x10 };
	struct insn in;

	/* mov %r8,0x12345678(%r12,%r9,8) */
	cr_assert_eq(DECODE(&in, 0x4f, 0x89, 0x84, 0xcc, 0x78, 0x56, 0x34, 0x12), 0);
	cr_assert_eq(in.len, 8);
	cr_assert_eq(in.reg, 8);
	cr_assert_eq(insn_address(&regs, &in), 0x12345678 + 0x100 + 0x80);
}

Test(decode, rip_relative_counts_from_the_end)
{
	struct cpu_regs regs = { .rip = 0x400000 };
	struct insn in;

	/* movq $1, 0x10(%rip) */
	cr_assert_eq(DECODE(&in, 0x48, 0xc7, 0x05, 0x10, 0, 0, 0, 1, 0, 0, 0), 0);
	cr_assert_eq(in.len, 11);
	cr_assert_eq(in.imm, 1);
	cr_assert_eq(insn_address(&regs, &in), 0x400000 + 11 + 0x10);
}

Test(decode, locked_cmpxchg_and_high_byte)
{
	struct cpu_regs regs = { .rax = 0x1234 };
	struct insn in;

	cr_assert_eq(DECODE(&in, 0xf0, 0x48, 0x0f, 0xb1, 0x17), 0);
	cr_assert(in.lock);
	cr_assert_eq(in.map, MAP_0F);
	cr_assert_eq(DECODE(&in, 0x88, 0x27), 0); /* mov %ah,(%rdi) */
	cr_assert_eq(insn_read_reg(&regs, &in, in.reg), 0x12);
	insn_write_reg(&regs, &in, in.reg, 0xff);
	cr_assert_eq(regs.rax, 0xff34);
}

Test(decode, privileged)
{
	struct insn in;

	cr_assert_eq(DECODE(&in, 0x0f, 0x32), 0); /* rdmsr */
	cr_assert_eq(in.len, 2);
	cr_assert_eq(DECODE(&in, 0x66, 0xef), 0); /* outw */
	cr_assert_eq(insn_size(&in), 2);
	cr_assert_eq(DECODE(&in, 0xe4, 0x71), 0); /* inb $0x71 */
	cr_assert_eq((u8)in.imm, 0x71);
	cr_assert_eq(DECODE(&in, 0x0f, 0x22, 0xd8), 0); /* mov %rax,%cr3 */
	cr_assert_eq(in.reg, 3);
	cr_assert_eq(in.rm, 0);
}

Test(decode, refuses_unknown_and_truncated)
{
	static const u8 store[] = { 0x4f, 0x89, 0x84, 0xcc, 0x78, 0x56, 0x34, 0x12 };
	struct insn in;

	cr_assert_neq(DECODE(&in, 0x0f, 0x05), 0);
	cr_assert_neq(DECODE(&in, 0xd9, 0xc0), 0);
	for (unsigned n = 0; n < sizeof(store); n++)
		cr_assert_neq(insn_decode(store, n, &in), 0, "accepted %u bytes", n);
}

/* All REX prefixes, opcodes, ModRM and SIB bytes: as the decoder says, and none of the common left out. */
Test(decode, word_stores_by_their_length_alone)
{
	u8 bytes[INSN_MAX] = { 0 };
	struct insn in;
	u64 word;

	for (u32 i = 0; i < 1U << 27; i += 7) {
		unsigned len;

		bytes[0] = 0x48 | i >> 24;
		bytes[1] = i & 1 << 23 ? 0x89 : i & 1 << 22 ? 0x87 : 0x80 | (i >> 16 & 15);
		bytes[2] = i >> 8;
		bytes[3] = i;
		memcpy(&word, bytes, sizeof(word));
		len = insn_word_store(word);
		if (!len) {
			cr_assert(insn_decode(bytes, INSN_MAX, &in) || !in.mem || in.rip_relative || in.base == 16 ||
				  (in.opcode != 0x89 && in.opcode != 0x87));
			continue;
		}
		cr_assert_eq(insn_decode(bytes, INSN_MAX, &in), 0);
		cr_assert(in.mem && in.len == len && in.op_size == 8 && in.reg == insn_word_store_reg(word));
		cr_assert(in.opcode == (insn_word_store_exchanges(word) ? 0x87 : 0x89));
	}
}

Test(decode, any_bytes_are_survived)
{
	struct cpu_regs regs;
	struct insn in;
	u8 bytes[INSN_MAX];

	memset(&regs, 0x5a, sizeof(regs));
	srand(7);
	for (int i = 0; i < 200000; i++) {
		for (unsigned j = 0; j < sizeof(bytes); j++)
			bytes[j] = rand() >> 7;
		if (insn_decode(bytes, sizeof(bytes), &in))
			continue;
		cr_assert(in.len >= 1 && in.len <= INSN_MAX);
		insn_address(&regs, &in);
		insn_read_reg(&regs, &in, in.reg);
	}
}
