/* SPDX-License-Identifier: MIT */
/*
 * Ports of PV guests.  Dom0 reaches the machine's ports except those the
 * hypervisor keeps; everybody else reads ones and writes into the void.
 */
#ifndef ORRERY_PV_PORTS_H
#define ORRERY_PV_PORTS_H

#include "domain/domain.h"

/* Is the guest's I/O privilege enough for its current mode?  Its kernel counts as ring 1. */
static inline bool pv_iopl_ok(const struct vcpu *v)
{
	return v->pv.iopl >= (v->pv.kernel_mode ? 1 : 3);
}

/* May the guest's current mode execute I/O on these ports at all (IOPL, its bitmap)? */
bool pv_port_allowed(const struct vcpu *v, u16 port, unsigned bytes);
u32 pv_port_in(struct vcpu *v, u16 port, unsigned bytes);
void pv_port_out(struct vcpu *v, u16 port, unsigned bytes, u32 val);

/* Dom0's permissions at boot: 0 or -ENOMEM. */
int pv_ports_init_dom0(struct domain *d);
void pv_ports_destroy(struct domain *d);
/* Take ports away (the console UART) or give them, for XEN_DOMCTL_ioport_permission. */
void pv_ports_set(struct domain *d, u16 first, unsigned count, bool allowed);

extern spinlock_t pci_conf_lock; /* the 0xcf8/0xcfc pair */

#endif
