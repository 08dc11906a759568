/* SPDX-License-Identifier: MIT */
/*
 * More than one vCPU and real event handling for bench guests, under both event
 * ABIs.  Linked in only by the programs that want it: smp.S, smp.c.
 */
#ifndef ORRERY_GUESTS_SMP_H
#define ORRERY_GUESTS_SMP_H

#include "bench/guests/pv/pv.h"

#define VCPUS_MAX 4 /* upcall entries in smp.S */
#define PORTS_MAX 4096

/* Called for each event, upcalls masked, on the vCPU @vcpu that took it. */
extern void (*event_handler)(u32 port, unsigned vcpu);

/* Take events on vCPU 0 from now on; the mask stays as it is. */
void events_init(void);
/* Change to the FIFO ABI with one array page for vCPUs [0, @vcpus): 0 or -errno. */
long events_use_fifo(unsigned vcpus);
bool events_are_fifo(void);
/* Start vCPU @id in @fn, which does not return; upcalls unmasked. 0 or -errno. */
long vcpu_start(unsigned id, void (*fn)(unsigned id));

void port_mask(u32 port);
long port_unmask(u32 port); /* by hypercall, so that nothing pending is missed */
bool port_pending(u32 port);
/* Whatever is pending for @vcpu is handled now. */
void event_upcall(unsigned vcpu);

static inline long evtchn(unsigned cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline void upcalls_mask(unsigned vcpu)
{
	*(volatile u8 *)&shared_info->vcpu_info[vcpu].evtchn_upcall_mask = 1;
	barrier();
}

#endif
