/* SPDX-License-Identifier: MIT */
/*
 * Frames of guest memory that the hypervisor itself writes to for as long as
 * it likes: FIFO event pages, registered vcpu_info.  While mapped a frame is
 * held by a reference and a writable type reference: it cannot be freed, given
 * away or turned into a page table.
 */
#ifndef ORRERY_DOMAIN_GUEST_FRAME_H
#define ORRERY_DOMAIN_GUEST_FRAME_H

#include "lib/types.h"

struct domain;

/* Hypervisor mapping of @d's frame @gfn (machine frame for PV), page-aligned; NULL if it is
 * not @d's or may not be written. Any context, no locks. */
void *guest_frame_map(struct domain *d, u64 gfn);
/* @va: any address inside of the page. */
void guest_frame_unmap(void *va);

#endif
