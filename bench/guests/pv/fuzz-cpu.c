/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing guest at the processor itself: instructions that need emulation,
 * selectors, frames to return by.  Nothing is written to a real port.
 */
#include <xen/sched.h>

#include "bench/guests/pv/fuzz.h"

/* Random bytes after prefixes and an opcode that a kernel may use; the rest faults or is harmless.
 * Registers as they come. */
static u8 code[64] __attribute__((aligned(64)));

static long run_code(void)
{
	register u64 rax_ __asm__("rax") = any_value();
	register u64 rcx_ __asm__("rcx") = one_in(2) ? 0xc0000080 + rnd_below(0x110) : any_value();
	register u64 rdx_ __asm__("rdx") = any_value() & 0xffff;
	register u64 rdi_ __asm__("rdi") = any_address();
	register u64 rsi_ __asm__("rsi") = any_address();

	register u64 rbx_ __asm__("rbx") = (u64)code;

	__asm__ volatile("call *%%rbx"
			 : "+r"(rax_), "+r"(rcx_), "+r"(rdx_), "+r"(rdi_), "+r"(rsi_), "+r"(rbx_)
			 : : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	return rax_;
}

/* 0F xx, privileged, with a register form behind them. */
static long act_privileged(void)
{
	static const u8 with_register[] = { 0x00, 0x01, 0x20, 0x20, 0x21, 0x21, 0x22, 0x23 };
	static const u8 alone[] = { 0x06, 0x08, 0x09, 0x30, 0x32, 0x32, 0x33, 0x34, 0x35, 0xa2, 0x31, 0x07 };
	static const u8 registers[] = { 0, 1, 2, 3, 6, 7 }; /* the rest we need */
	static const u8 prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x64, 0x65, 0x48, 0x4f, 0x41 };
	unsigned n = 0;

	while (one_in(3) && n < 6)
		code[n++] = PICK(prefixes);
	code[n++] = 0x0f;
	if (one_in(2)) {
		code[n++] = PICK(alone);
	} else {
		/* A new root, or CR0, would be the end of this. */
		code[n] = PICK(with_register);
		code[n + 1] = 0xc0 | PICK(registers) |
			      (code[n] == 0x22 ? one_in(2) ? 4 : 2 : rnd_below(8)) << 3;
		n += 2;
	}
	code[n++] = 0xc3;
	return run_code();
}

static long act_port_read(void)
{
	static const u8 ops[] = { 0xe4, 0xe5, 0xec, 0xed, 0x6c, 0x6d };
	unsigned n = 0;

	if (one_in(3))
		code[n++] = 0x66;
	if (one_in(4))
		code[n++] = 0xf3;
	code[n++] = PICK(ops);
	if ((code[n - 1] & 0xfe) == 0xe4)
		code[n++] = rnd();
	code[n++] = 0xc3;
	return run_code();
}

/* INT n, also from user mode where most gates are shut; INT3 and INTO forms; UD2 forms. */
static long act_software_int(void)
{
	unsigned n = 0, vector = rnd_below(256);

	switch (rnd_below(6)) {
	case 0: code[n++] = 0xcc; break;
	case 1: code[n++] = 0xf1; break;
	case 2: code[n++] = 0x0f, code[n++] = 0x0b; break;
	case 3: /* forced emulation of CPUID, cut off or whole */
		for (const char *s = "\x0f\x0bxen\x0f\xa2"; *s && !one_in(30); s++)
			code[n++] = *s;
		if (n < 7)
			code[n++] = 0x0f, code[n++] = 0x0b;
		break;
	default:
		code[n++] = 0xcd;
		code[n++] = vector;
	}
	code[n++] = 0xc3;
	return run_code();
}

static long act_selectors(void)
{
	static const u16 known[] = { 0, 3, 0xe008, 0xe010, 0xe023, 0xe02b, 0xe033, 0xe040, 0xe043, 0xe050, 0xe053 };
	u64 sel = one_in(3) ? PICK(known) : one_in(2) ? rnd_below(4096) << 3 | 4 | rnd_below(4) : rnd() & 0xffff;
	register u64 s __asm__("rsi") = sel;
	u64 caught = 0;

	__asm__ volatile("" : "+r"(s));
	switch (rnd_below(7)) {
	case 0: caught = TRY_GUARDED("mov %%esi, %%ds"); break;
	case 1: caught = TRY_GUARDED("mov %%esi, %%es"); break;
	case 2: caught = TRY_GUARDED("mov %%esi, %%fs"); break;
	case 3: caught = TRY_GUARDED("mov %%esi, %%gs"); break;
	case 4: caught = TRY_GUARDED("lar %%esi, %%eax; lsl %%esi, %%eax; verr %%si; verw %%si"); break;
	case 5: caught = TRY_GUARDED("sldt %%eax; str %%eax; sgdt -16(%%rsp); sidt -16(%%rsp); smsw %%eax"); break;
	default: return hypercall2(__HYPERVISOR_set_segment_base, 3, sel);
	}
	__asm__ volatile("" : : "r"(s));
	/* Stay for a while with what we have got: through a block, which may switch vCPUs. */
	if (!caught && one_in(4)) {
		struct sched_poll poll = { .timeout = now() + 20000 };

		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
	}
	return -(long)caught;
}

/* Return to user mode with a frame of rubbish; comes back by a fault, the failsafe entry, or a
 * system call that ends user mode. */
static long act_user_mode(void)
{
	static const u16 selectors[] = { 0xe033, 0xe033, 0xe033, 0xe02b, 0xe023, 0xe00b, 0xe043, 0x7, 0x1f, 0xffff };
	/* XOR EAX, EAX; SYSCALL, comes back; MOV EAX, 1; SYSCALL, ends user mode; UD2 */
	static const u8 user_code[] = { 0x31, 0xc0, 0x0f, 0x05, 0xb8, 1, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b };
	u64 root = va_to_mfn((void *)start_info->pt_base);
	struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = root };
	u64 frame[9];

	if (hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF))
		return -1;
	fill(frame, sizeof(frame));
	frame[3] = one_in(2) ? 0 : rnd() & 0x3ff;
	frame[4] = one_in(4) ? any_address() : (u64)code;
	frame[5] = one_in(3) ? any_value() | 3 : PICK(selectors);
	frame[6] = one_in(3) ? any_value() & ~0x100UL : 0x202;
	frame[7] = (u64)args + 1024;
	frame[8] = one_in(3) ? any_value() : 0xe02b;
	for (unsigned i = 0; i < sizeof(user_code); i++)
		code[i] = user_code[i];
	__asm__ volatile("mov %0, %%rsp; mov $23, %%eax; syscall; ud2" : : "r"(frame) : "memory");
	__builtin_unreachable();
}

/* Traps of the kernel, one behind the other, with flags that trap again. */
static long act_flags(void)
{
	u64 flags = 0x202 | (one_in(2) ? 0x100 : 0) | (one_in(3) ? 0x400 : 0) | (one_in(3) ? 0x40000 : 0) |
		    (one_in(3) ? 0x10000 : 0) | (one_in(3) ? 0x4000 : 0);

	__asm__ volatile("push %0; popf; nop; mov $17, %%eax; xor %%edi, %%edi; syscall; push $2; popf"
			 : : "r"(flags) : "rax", "rcx", "rdi", "r11", "memory", "cc");
	return 0;
}

const struct act cpu_acts[] = {
	{ "privileged", act_privileged, 8, true },
	{ "port read", act_port_read, 3, true },
	{ "software interrupt", act_software_int, 3, true },
	{ "selectors", act_selectors, 5, true },
	{ "user mode", act_user_mode, 5, true },
	{ "flags", act_flags, 2, true },
	{ 0 },
};
