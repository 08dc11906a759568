/* SPDX-License-Identifier: MIT */
/*
 * The operations behind event_channel_op, one function a command, on arguments
 * copied from the guest and domains the caller may act on (hypercalls/evtchn.c
 * checks privilege).  0 or -errno as Xen 4.17.  @pre interrupts on, no lock of
 * event channels held.
 */
#ifndef ORRERY_EVTCHN_OPS_H
#define ORRERY_EVTCHN_OPS_H

#include "lib/types.h"

#include <xen/event_channel.h>

struct domain;
struct vcpu;

/* New ports: -ENOSPC none left, -ENOMEM, -EINVAL dying domain, and: */
int evtchn_alloc_unbound(struct domain *d, domid_t remote, u32 *port);
/* -EINVAL: @remote_port is not one that waits for @ld. */
int evtchn_bind_interdomain(struct domain *ld, struct domain *rd, u32 remote_port, u32 *port);
/* -EINVAL: no such VIRQ, global one not on vCPU 0; -ENOENT: no such vCPU; -EEXIST: bound. */
int evtchn_bind_virq(struct domain *d, u32 virq, u32 vcpu, u32 *port);
int evtchn_bind_ipi(struct domain *d, u32 vcpu, u32 *port);
/* -EINVAL: no such PIRQ; -EPERM; -EEXIST: bound; or why the interrupt cannot be had. */
int evtchn_bind_pirq(struct domain *d, u32 pirq, bool will_share, u32 *port);

/* Existing ports: -EINVAL if there is no such port, and: */
int evtchn_close(struct domain *d, u32 port);
int evtchn_get_status(struct domain *d, struct evtchn_status *status); /* in: port */
/* -ENOENT: no such vCPU; -EINVAL: IPIs and per-vCPU VIRQs stay where they are. */
int evtchn_bind_vcpu(struct domain *d, u32 port, u32 vcpu);
int evtchn_unmask(struct domain *d, u32 port);
/* -ENOSYS: 2-level ABI; -EINVAL: no such priority. */
int evtchn_set_priority(struct domain *d, u32 port, u32 priority);
/* For SCHEDOP_poll: 1 pending, 0 not, -EINVAL no such port. */
int evtchn_poll_port(struct domain *d, u32 port);

/* -ENOENT no such vCPU; -EINVAL bad offset or frame, or set already; -ENOMEM. */
int evtchn_init_control(struct domain *d, u64 gfn, u32 offset, u32 vcpu);
/* -EOPNOTSUPP 2-level ABI; -ENOSPC array complete; -EINVAL bad frame. */
int evtchn_expand_array(struct domain *d, u64 gfn);

/* Close every port and return to the 2-level ABI: 0, or -ERESTART to be called again. */
int evtchn_close_all(struct domain *d);

/* SCHEDOP_poll's end of the bargain: while @v polls, any event on v->poll_port (0: any port)
 * unblocks it. evtchn_poll_end: true if @v was still polling. */
void evtchn_poll_begin(struct vcpu *v, u32 port);
bool evtchn_poll_end(struct vcpu *v);

#endif
