/* SPDX-License-Identifier: MIT */
/*
 * Changing what a domain owns: give it memory, take it back, exchange frames
 * for others of another shape or place.  The argument handling is in
 * hypercalls/memory_*.c; guest memory is not touched here.
 */
#ifndef ORRERY_MEMORY_RESERVATION_H
#define ORRERY_MEMORY_RESERVATION_H

#include "memory/page.h"

#define GFN_NONE (~(gfn_t)0)

/*
 * 2^@order fresh frames for @d, all below 2^@address_bits bytes (0: anywhere); the M2P
 * says @gfn onwards unless it is GFN_NONE.  *@mfn the first.  0, -ENOMEM, -E2BIG.
 * @pre interrupts on, no spinlock held.
 */
int reservation_add(struct domain *d, unsigned order, unsigned address_bits, gfn_t gfn,
		    mfn_t *mfn);

/* @d gives frame @mfn up; it goes when nothing maps or pins it any more.  0; -EINVAL: not
 * @d's, or given up before. */
int reservation_remove(struct domain *d, mfn_t mfn);

/*
 * Exchange.  page_steal() takes a frame of the running domain @d out of reach: it must have
 * no reference but the allocation's and no type; nobody can take one until page_unsteal().
 * 0, -EINVAL (not @d's frame, or in use).
 */
int page_steal(const struct domain *d, mfn_t mfn);
void page_unsteal(mfn_t mfn);
/* @fresh (from frame_alloc, in use by nobody) takes the place of the stolen frame @old in
 * @d's account and list; @old is freed. */
void page_replace(struct domain *d, mfn_t old, mfn_t fresh);

/* The stolen frame @mfn of @from becomes @to's with what is in it.  0; -E2BIG: @to has no room or is
 * dying, and the frame is freed. @pre interrupts on. */
int page_give(struct domain *from, struct domain *to, mfn_t mfn);
/* The stolen frame @mfn of @from is freed. */
void page_lose(struct domain *from, mfn_t mfn);

/* frame_alloc() for a guest, without anything another domain left there.  MFN_NONE: out.  Stale
 * translations are the caller's business: assign_page() sees to them. @pre interrupts on. */
mfn_t guest_frames_alloc(const struct domain *d, unsigned order, unsigned address_bits);

#endif
