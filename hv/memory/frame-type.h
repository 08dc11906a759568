/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a frame's type word.  Pure: it knows counts and states,
 * and calls the three hooks below for what depends on the type.  Everything is
 * lock-free; concurrent callers meet in the compare-and-exchange, and whoever
 * finds PGT_busy waits for the owner of the validation.
 *
 *   any/0 --get(T)--> T busy 1 --validate ok--> T validated 1 --get--> T n ...
 *                         |--- preempted --> T partial 1 (count held by itself)
 *                         '--- bad contents --> T/0
 *   T validated 1 --put--> T busy 1 --devalidate--> T/0, or partial when preempted
 */
#ifndef ORRERY_MEMORY_FRAME_TYPE_H
#define ORRERY_MEMORY_FRAME_TYPE_H

#include "memory/page.h"

/*
 * Hooks, provided by the machine side (pv/validate.c) and by the host test.
 * validate: check all entries from pg->nr_valid on and take their references;
 * 0, -EINVAL or -EBUSY (nothing kept), -ERESTART (pg->nr_valid entries kept).
 * devalidate: drop the references of entries below pg->nr_valid, downwards;
 * 0 or -ERESTART.  flush: the frame changes from type @old to @new: make sure
 * that no TLB still allows what @new forbids.
 */
int frame_validate(struct page_info *pg, u32 type, bool preemptible);
int frame_devalidate(struct page_info *pg, u32 type, bool preemptible);
void frame_type_changes(struct page_info *pg, u32 old_type, u32 new_type);
/* Someone else holds PGT_busy: a pause. */
void frame_type_wait(void);

/* Does @type need its contents checked? */
static inline bool type_is_checked(u32 type)
{
	return type >= PGT_l1 && type <= PGT_seg_desc;
}

/* One more reference for use as @type.  @pre the caller holds a page reference.
 * 0; -EINVAL wrong type in use or bad contents; -EBUSY count full, or partial as something else
 * and not @preemptible; -ERESTART. */
MUST_CHECK int frame_type_get(struct page_info *pg, u32 type, bool preemptible);

/* One reference less.  0, or -ERESTART with the frame left partial (the reference is gone
 * in either case). Only preemptible calls return -ERESTART. */
int frame_type_put(struct page_info *pg, bool preemptible);

/* Finish off a partial frame that nobody continues (domain death, or another type is
 * wanted): 0, -ERESTART; -EINVAL if it is not partial. */
int frame_type_abandon(struct page_info *pg, bool preemptible);

#endif
