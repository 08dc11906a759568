/* SPDX-License-Identifier: MIT */
/*
 * Event channels: what the rest of the hypervisor may ask of them.  The guest
 * interface is event_channel_op (hypercalls/evtchn.c calls evtchn_op_*).
 * Sends are legal in any context, interrupts on or off.
 */
#ifndef ORRERY_EVTCHN_EVTCHN_H
#define ORRERY_EVTCHN_EVTCHN_H

#include "lib/types.h"

struct domain;
struct vcpu;

int evtchn_domain_init(struct domain *d, unsigned max_port);
void evtchn_domain_destroy(struct domain *d); /* closes every port; preemption-free */
int evtchn_vcpu_init(struct vcpu *v);
void evtchn_vcpu_destroy(struct vcpu *v);

/* Raise a VIRQ: per-vCPU ones on @v, global ones on whatever vCPU bound them. */
void send_vcpu_virq(struct vcpu *v, u32 virq);
void send_domain_virq(struct domain *d, u32 virq);
/* Global VIRQs go to the domain that handles them (Dom0 unless set otherwise). */
void send_global_virq(u32 virq);

/* Physical interrupt @pirq of @d happened.  0, or -ENOENT if not bound. */
int evtchn_send_pirq(struct domain *d, unsigned pirq);
/* Inter-domain send by port, as EVTCHNOP_send. */
int evtchn_send(struct domain *d, u32 port);

/* Unmasked events pending for @v?  The check on the way back to a guest and in block. */
bool vcpu_events_pending(const struct vcpu *v);
/* Mark upcall pending in vcpu_info and make @v notice (wake it, kick its pCPU). */
void vcpu_mark_events_pending(struct vcpu *v);
bool evtchn_port_pending(struct domain *d, u32 port);

#endif
