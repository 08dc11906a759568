/* SPDX-License-Identifier: MIT */
/*
 * Decodes the processor's topology from CPUID: leaf 1 (logical processors of a
 * package), 4 (Intel: cores), 0x80000008 (AMD: cores, width of their id).
 */
#include "x86/topology.h"

#include "x86/cpu.h"
#include "x86/setup.h"

#define LEAF1_HTT (1U << 28)

static struct cpu_topology topology;

/* Bits that hold 0..n-1. */
static unsigned bits_for(unsigned n)
{
	unsigned bits = 0;

	while (1U << bits < n)
		bits++;
	return bits;
}

static unsigned amd_cores(unsigned logical, unsigned *id_bits)
{
	u32 c = cpuid(0x80000000, 0).a >= 0x80000008 ? cpuid(0x80000008, 0).c : 0;

	*id_bits = c >> 12 & 15;
	return MIN((c & 0xff) + 1, logical);
}

static unsigned intel_cores(unsigned logical)
{
	if (cpuid(0, 0).a < 4)
		return logical;
	return MIN((cpuid(4, 0).a >> 26) + 1, logical);
}

const struct cpu_topology *cpu_topology(void)
{
	struct cpu_topology t = { 1, 1, 0, 0 };
	struct cpuid_regs l1;
	unsigned logical, id_bits = 0;

	if (topology.threads_per_core)
		return &topology;
	l1 = cpuid(1, 0);
	logical = l1.d & LEAF1_HTT ? MAX(l1.b >> 16 & 0xff, 1U) : 1;
	t.cores_per_socket = cpu_features.amd ? amd_cores(logical, &id_bits) : intel_cores(logical);
	/* AMD counts threads in the core number where it does not say threads per core. */
	t.threads_per_core = logical / t.cores_per_socket;
	t.thread_bits = bits_for(t.threads_per_core);
	t.socket_shift = id_bits ? id_bits : bits_for(t.cores_per_socket) + t.thread_bits;
	topology = t;
	return &topology;
}
