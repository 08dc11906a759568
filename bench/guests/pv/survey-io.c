/* SPDX-License-Identifier: MIT */
/*
 * The ports of a PV kernel: which may be read, and the devices among them that
 * the hypervisor plays or shares: interval timer channel 2 with its gate, the
 * clock and its memory, PCI configuration.  Only Dom0 has any; in another domain
 * all of this reads as ones.
 */
#include <xen/physdev.h>

#include "bench/guests/pv/survey.h"

#define PIT_HZ 1193182UL
#define KEYBOARD_DATA 0x60 /* a read takes a byte out of it */
#define PIT_COUNTER 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define GATE_REFRESH 0x10  /* turns over with time */
#define GATE_OUTPUT 0x20

static u32 in(u16 port, unsigned size, u64 *trap)
{
	u32 v = 0;

	last_vector = ~0UL;
	if (size == 1)
		__asm__ volatile("lea 1f(%%rip), %%rsi; mov %%rsi, fault_resume(%%rip); inb %%dx, %%al\n1:"
				 : "+a"(v) : "d"(port) : "rsi", "memory");
	else if (size == 2)
		__asm__ volatile("lea 1f(%%rip), %%rsi; mov %%rsi, fault_resume(%%rip); inw %%dx, %%ax\n1:"
				 : "+a"(v) : "d"(port) : "rsi", "memory");
	else
		__asm__ volatile("lea 1f(%%rip), %%rsi; mov %%rsi, fault_resume(%%rip); inl %%dx, %%eax\n1:"
				 : "+a"(v) : "d"(port) : "rsi", "memory");
	fault_resume = 0;
	*trap = probe_result();
	return v;
}

static u8 inb(u16 port)
{
	u64 trap;

	return in(port, 1, &trap);
}

static u32 inl(u16 port)
{
	u64 trap;

	return in(port, 4, &trap);
}

static void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "d"(port));
}

static void outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "d"(port));
}

static void in_line(u16 port, unsigned size)
{
	u64 trap;
	u32 v = in(port, size, &trap);

	print("ANSWER in%u %x = %x, trap %lu\n", size * 8, port, v, trap);
}

static void survey_iopl(void)
{
	struct physdev_set_iopl set = { 4 };

	in_line(0x80, 1);
	print("ANSWER set_iopl 4 = %ld\n", hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &set));
	set.iopl = 1;
	print("ANSWER set_iopl 1 = %ld\n", hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &set));
}

/* Does what is read there tell the time, or (PCI address by bytes) who was last at the bus? */
static bool unstable(unsigned port, unsigned size)
{
	static const u16 ports[] = { KEYBOARD_DATA, PIT_COUNTER, PIT_GATE, 0xcf8, 0xcfa, 0xcfb };

	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i] >= port && ports[i] < port + size && !(port == 0xcf8 && size == 4))
			return true;
	return false;
}

static void port_lines(unsigned first, unsigned end, unsigned size)
{
	for (unsigned port = first; port < end; port++)
		if (!unstable(port, size))
			in_line(port, size);
}

static void survey_ports(void)
{
	static const u16 edges[] = { 0x1e, 0x3d, 0x3f4, 0x600, 0xcf6 };

	port_lines(0, 0x700, 1);
	port_lines(0xcf8, 0xd00, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(edges); i++) {
		port_lines(edges[i], edges[i] + 16, 2);
		port_lines(edges[i], edges[i] + 16, 4);
	}
	in_line(0xfffe, 4);
	in_line(0xffff, 1);
	in_line(0xffff, 2);
}

static u32 pci_read(unsigned devfn, unsigned reg)
{
	outl(0xcf8, 0x80000000 | devfn << 8 | reg);
	return inl(0xcfc);
}

static void survey_pci(void)
{
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		if (pci_read(devfn, 0) == ~0U)
			continue;
		for (unsigned reg = 0; reg < 256; reg += 4)
			print("ANSWER pci %x register %x = %x\n", devfn, reg, pci_read(devfn, reg));
	}
	outl(0xcf8, 0x80001234);
	in_line(0xcf8, 4);
	outb(0xcf8, 0x56);
	in_line(0xcf8, 4);
	outl(0xcf8, 0x00000000);
	in_line(0xcfc, 4);
}

static u8 cmos(u8 index)
{
	outb(0x70, index);
	return inb(0x71);
}

static void survey_cmos(void)
{
	/* Not the time itself, nor what becomes of it. */
	for (unsigned i = 0; i < 256; i++)
		if ((i & 0x7f) > 0x0c || (i & 0x7f) == 0x0b)
			print("ANSWER cmos %x = %x\n", i, cmos(i));
	outb(0x70, 0x8b);
	in_line(0x70, 1);
	outb(0x70, 0x0b);
	in_line(0x70, 1);
	in_line(0x70, 2);
	outb(0x70, 0x70);
	outb(0x71, 0x5a);
	print("ANSWER cmos memory written = %x\n", cmos(0x70));
	outb(0x70, 0x0b);
	outb(0x71, 0x12);
	print("ANSWER cmos register b written = %x\n", cmos(0x0b));
	outb(0x70, 0x0b);
	outb(0x71, 0x02);
	print("ANSWER cmos register b restored = %x\n", cmos(0x0b));
}

/* Channel 2 of the interval timer, counting down from @count in @mode; its gate as given. */
static void pit_program(u8 mode, u16 count, u8 gate)
{
	outb(PIT_GATE, gate);
	outb(PIT_COMMAND, 0xb0 | mode << 1);
	outb(PIT_COUNTER, count & 0xff);
	outb(PIT_COUNTER, count >> 8);
}

static u16 pit_count(void)
{
	u8 low;

	outb(PIT_COMMAND, 0x80);
	low = inb(PIT_COUNTER);
	return low | inb(PIT_COUNTER) << 8;
}

/* How long until bit 5 of port 0x61, in counts, or ~0. */
static u64 pit_until_output(void)
{
	u64 start = rdtsc();

	for (unsigned i = 0; i < 200000; i++)
		if (inb(PIT_GATE) & GATE_OUTPUT)
			return (rdtsc() - start) * PIT_HZ / 1000000000;
	return ~0UL;
}

static u8 gate_port(void)
{
	return inb(PIT_GATE) & ~GATE_REFRESH;
}

static void survey_pit_modes(void)
{
	for (unsigned mode = 0; mode < 6; mode++) {
		pit_program(mode, 1000, 1);
		print("ANSWER pit mode %u port 61 = %x\n", mode, gate_port());
		pit_program(mode, 60000, 0);
		print("ANSWER pit mode %u without gate: port 61 = %x\n", mode, gate_port());
	}
}

static void survey_pit_bytes(void)
{
	u8 byte;

	outb(PIT_COMMAND, 0xa6); /* high byte only */
	outb(PIT_COUNTER, 0x12);
	byte = inb(PIT_COUNTER);
	print("ANSWER pit counter by its high byte = %u\n", byte == 0x11 || byte == 0x12);
	outb(PIT_COMMAND, 0x96); /* low byte only */
	outb(PIT_COUNTER, 0x34);
	byte = inb(PIT_COUNTER);
	print("ANSWER pit counter by its low byte = %u\n", byte > 0x28 && byte <= 0x34);
}

static void survey_pit(void)
{
	u64 took;

	print("ANSWER pit port 61 at first = %x\n", gate_port() & ~GATE_OUTPUT);
	outb(PIT_GATE, 0xff);
	print("ANSWER pit port 61 after ones = %x\n", gate_port());
	outb(PIT_GATE, 0);
	print("ANSWER pit port 61 after zeroes = %x\n", gate_port());
	pit_program(0, 11932, 1);
	took = pit_until_output();
	print("ANSWER pit one shot of 11932 counts took about that = %u\n",
	      took > 11800 && took < 12100);
	print("ANSWER pit after one shot: port 61 = %x\n", gate_port());
	pit_program(0, 60000, 1);
	print("ANSWER pit counter runs = %u\n", pit_count() > 50000 && pit_count() < 60000);
	outb(PIT_GATE, 0);
	took = pit_count();
	print("ANSWER pit counter stops with its gate = %u\n", took == pit_count() && took > 50000);
	pit_program(0, 0, 0);
	print("ANSWER pit counter of nothing, no gate, is near 0 = %u\n", (u16)-pit_count() < 64);
	survey_pit_bytes();
	survey_pit_modes();
	outb(PIT_COMMAND, 0xe8); /* read-back: status of channel 2 */
	in_line(PIT_COUNTER, 1);
	outb(PIT_COMMAND, 0x36); /* channel 0 is not Dom0's */
	in_line(0x40, 1);
	in_line(0x41, 1);
	in_line(PIT_COMMAND, 1);
	outb(PIT_GATE, 0);
}

/* Strings, and a bitmap for user mode that means nothing to the kernel. */
static void survey_string_io(void)
{
	u8 buf[4] = { 0 };
	register u64 di __asm__("rdi") = (u64)buf;
	register u64 cx __asm__("rcx") = 3;

	outb(0x70, 0x0b);
	__asm__ volatile("mov $0x70, %%edx; rep insb" : "+r"(di), "+r"(cx) : : "rdx", "memory");
	print("ANSWER rep insb = %x %x %x, left %lu\n", buf[0], buf[1], buf[2], cx);
}

void survey_io(void)
{
	survey_iopl();
	survey_pit();
	survey_cmos();
	survey_ports();
	survey_pci();
	survey_string_io();
}
