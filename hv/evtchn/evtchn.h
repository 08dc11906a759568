/* SPDX-License-Identifier: MIT */
/*
 * Event channels: what the rest of the hypervisor may ask of them.  The guest
 * interface is event_channel_op (hypercalls/evtchn.c calls evtchn/ops.h).
 * Sends are legal in any context, interrupts on or off.
 */
#ifndef ORRERY_EVTCHN_EVTCHN_H
#define ORRERY_EVTCHN_EVTCHN_H

#include "lib/types.h"

struct domain;
struct vcpu;

/* Domain creation: @max_port is the largest port it may ever have (createdomain's
 * max_evtchn_port; the ABI in use may allow less). 0 or -ENOMEM. */
int evtchn_domain_init(struct domain *d, u32 max_port);
/* Domain death, in this order: every port closed, guest frames given back: 0, or -ERESTART ... */
int evtchn_close_all(struct domain *d);
/* ... and with the last reference the records themselves. */
void evtchn_domain_free(struct domain *d);

/* @d's frames that we write events into count as changed (memory/log-dirty.h). */
void evtchn_dirty_frames(struct domain *d);

/* Raise a VIRQ: per-vCPU ones on @v, global ones on whatever vCPU bound them. */
void send_vcpu_virq(struct vcpu *v, u32 virq);
void send_domain_virq(struct domain *d, u32 virq);
/* Global VIRQs go to the domain that handles them (Dom0 unless set otherwise). */
void send_global_virq(u32 virq);
/* XEN_DOMCTL_set_virq_handler: -EINVAL if @virq is per-vCPU or unknown. */
int set_global_virq_handler(struct domain *d, u32 virq);
/* @d dies: its VIRQs go to Dom0 again. */
void clear_global_virq_handlers(struct domain *d);

/* Physical interrupt @pirq of @d happened.  0, or -ENOENT if not bound. */
int evtchn_send_pirq(struct domain *d, unsigned pirq);
/* Inter-domain send by port, as EVTCHNOP_send: 0 or -EINVAL. */
int evtchn_send(struct domain *d, u32 port);
/* The same, for callers with interrupts on. */
int evtchn_send_irqs_on(struct domain *d, u32 port);

/* Unmasked events pending for @v?  The check on the way back to a guest and in block. */
bool vcpu_events_pending(const struct vcpu *v);
/* Mark upcall pending in vcpu_info and make @v notice (wake it, kick its pCPU). */
void vcpu_mark_events_pending(struct vcpu *v);
bool evtchn_port_pending(struct domain *d, u32 port);
/* Ports of @d to the console, for the debug key. */
void evtchn_dump(struct domain *d);

#endif
