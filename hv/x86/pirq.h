/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts of a domain (PIRQs): the numbers a guest names a line by,
 * what each is mapped to (an IO-APIC pin or an MSI), and whether an event
 * channel is bound to it.  PIRQ numbers below the GSI count are GSIs; MSIs take
 * numbers from the top down, as Xen hands them out.
 *
 * Locks: pirq_map_lock (pirq.c) around mapping and unmapping; irq_lock (irq-line.h)
 * for what interrupt handlers look at, interrupts off.  Binding, unbinding, EOI
 * and affinity take irq_lock only, so they may be called with event channel
 * locks held.
 */
#ifndef ORRERY_X86_PIRQ_H
#define ORRERY_X86_PIRQ_H

#include "lib/types.h"

struct domain;
struct irq_line;
struct msi_request;

/* The domain's PIRQ table: 0 or -ENOMEM.  Dom0's covers all GSIs and 208 MSIs, others' 32. */
int irq_domain_init(struct domain *d);
/* Unbind and unmap everything, let the EOI page go, and wait until no handler uses @d.
 * @pre no locks, interrupts on. */
void irq_domain_relinquish(struct domain *d);
/* The same, and free the table. */
void irq_domain_destroy(struct domain *d);

/* One past the largest PIRQ number @d may name. */
unsigned pirq_limit(const struct domain *d);
/* May @d bind it: is it mapped? */
bool pirq_access_permitted(const struct domain *d, unsigned pirq);

/*
 * Event channel binding: lets the interrupt through.  -EINVAL: not mapped; -EBUSY: the line is
 * the hypervisor's own or bound already (lines are not shared between domains, whatever
 * @will_share says); -ENOSPC: out of vectors.
 */
int pirq_guest_bind(struct domain *d, unsigned pirq, bool will_share);
void pirq_guest_unbind(struct domain *d, unsigned pirq);
/* Deliver to pCPU @cpu from now on; without effect if not bound. */
void pirq_set_affinity(struct domain *d, unsigned pirq, unsigned cpu);

/* PHYSDEVOP_map_pirq, GSI: @pirq < 0 picks one.  The PIRQ, or -EINVAL, -EEXIST, -ENOSPC. */
int pirq_map_gsi(struct domain *d, int gsi, int pirq);
/* MSI, MSI-X: the PIRQ, or as above, -ENODEV, -ENOMEM. */
int pirq_map_msi(struct domain *d, const struct msi_request *req, int pirq);
/* -EINVAL if not mapped.  A bound event channel stays, but hears nothing any more. */
int pirq_unmap(struct domain *d, int pirq);
/* PHYSDEVOP_restore_msi, prepare and release_msix: msi_restore(), msi_in_use() under the lock. */
int pirq_msi_restore(u16 segment, u8 bus, u8 devfn);
bool pirq_msi_in_use(u16 segment, u8 bus, u8 devfn);
/* A number not in use, reserved for a later map: or -ENOSPC. */
int pirq_reserve(struct domain *d, bool gsi);

/* PHYSDEVOP_eoi: -EINVAL for a bad number. */
int pirq_eoi(struct domain *d, unsigned pirq);
/* PHYSDEVOP_irq_status_query flags (XENIRQSTAT_*), or -EINVAL. */
int pirq_status(const struct domain *d, unsigned pirq, u32 *flags);
/* PHYSDEVOP_pirq_eoi_gmfn: -EBUSY if there is one, -EINVAL for a frame that is not @d's own
 * data.  @auto_unmask: v1's meaning, an EOI unmasks the event channel as well. */
int pirq_set_eoi_page(struct domain *d, mfn_t mfn, bool auto_unmask);

#endif
