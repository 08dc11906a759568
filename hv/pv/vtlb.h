/* SPDX-License-Identifier: MIT */
/*
 * A TLB in software, for domains whose writes are logged (memory/log-dirty.h).
 *
 * Such a domain's page tables are not what the processor walks.  Each pCPU has
 * a small set of tables of its own, filled on page faults from the guest's, in
 * which a page is writable only once it counts as dirty.  They are a cache of
 * translations and nothing more: thrown away whenever the processor's own TLB
 * is flushed, so what makes that one right makes this one right, and no update
 * of a page table has to know of it.  Accessed and dirty bits are set in the
 * guest's entries as the processor would, so the guest never sees a difference.
 *
 * Rejected: taking the writable bit from the guest's own entries, since a guest
 * reads them (fork() decides by that bit what has to be shared copy-on-write);
 * tables that follow the guest's entry by entry, since each update would pay;
 * comparing contents, since what changes and changes back in between is missed.
 *
 * Everything here runs on the pCPU it is about, interrupts off; no locks.  A
 * walk of the guest's tables is safe for the same reason: a table in it becomes
 * something else only after a flush of this pCPU, which waits for us.
 */
#ifndef ORRERY_PV_VTLB_H
#define ORRERY_PV_VTLB_H

#include "domain/domain.h"

/* Domains whose writes are logged. */
extern unsigned vtlb_users;

/* Every pCPU gets its tables, or none: 0 or -ENOMEM.  Counted: one more domain needs them. */
int vtlb_get(void);
void vtlb_put(void);

/* The vCPU's address space is about to be loaded, or its roots have changed: start empty. */
void vtlb_load(struct vcpu *v);
/* This pCPU's TLB is flushed, wholly or for @va. */
void vtlb_flush(void);
void vtlb_flush_page(u64 va);

/* Page fault with error code @code of the loaded vCPU, or of us on its behalf, at guest address
 * @va.  VTLB_FILLED: go on where it happened.  Else it is a fault by the guest's tables too: their
 * error code. */
#define VTLB_FILLED (~0U)
u32 vtlb_fault(struct vcpu *v, u64 va, u32 code);

#endif
