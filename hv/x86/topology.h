/* SPDX-License-Identifier: MIT */
/*
 * Sockets, cores and threads by APIC id, as CPUID of the boot pCPU has them:
 * all packages are taken to be alike.
 */
#ifndef ORRERY_X86_TOPOLOGY_H
#define ORRERY_X86_TOPOLOGY_H

#include "lib/types.h"

struct cpu_topology {
	unsigned threads_per_core, cores_per_socket;
	unsigned thread_bits, socket_shift; /* APIC id: [socket | core | thread] */
};

/* Read at first use; any context. */
const struct cpu_topology *cpu_topology(void);

static inline u32 cpu_socket_of(u32 apic_id)
{
	return apic_id >> cpu_topology()->socket_shift;
}

static inline u32 cpu_core_of(u32 apic_id)
{
	const struct cpu_topology *t = cpu_topology();

	return (apic_id & ((1U << t->socket_shift) - 1)) >> t->thread_bits;
}

#endif
