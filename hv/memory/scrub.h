/* SPDX-License-Identifier: MIT */
/*
 * Clearing frames when nothing else is to be done.  What a dead domain leaves waits here until an
 * idle pCPU has cleared it, and only then goes back to the frame policy, so that a policy mostly
 * gives out frames that need no clearing.  Waiting frames count as free; when the policy has none
 * left they go back to it as they are, and whoever gets them clears them.
 *
 * A free frame is zero only if its page_info says FRAME_ZERO (memory/page.h).
 */
#ifndef ORRERY_MEMORY_SCRUB_H
#define ORRERY_MEMORY_SCRUB_H

#include "lib/types.h"

struct page_info;

/* @pg, out of use (its count is 0), is free once it is clear.  Any context. */
void scrub_later(struct page_info *pg);
/* Clear one frame, some 600 instructions.  False: there is nothing to clear.  @pre interrupts on,
 * no lock held. */
bool scrub_one(void);
/* Give some of the waiting frames to the policy as they are; false if none waits.  Any context. */
bool scrub_give_up_some(void);

#endif
