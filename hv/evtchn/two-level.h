/* SPDX-License-Identifier: MIT */
/*
 * The 2-level event ABI: a pending and a mask bit per port in shared_info and
 * a selector word per vCPU (<xen/xen.h>, struct shared_info).  Pure operations
 * on those words; every one of them may be changed by the guest at any moment,
 * none is read back for a decision of ours beyond "tell the guest or not".
 */
#ifndef ORRERY_EVTCHN_TWO_LEVEL_H
#define ORRERY_EVTCHN_TWO_LEVEL_H

#include "lib/bitmap.h"
#include "lib/types.h"

/* @pending, @mask: the domain's arrays; @sel: the target vCPU's selector.  True if the vCPU has to
 * see an upcall: the event was not pending, is not masked, and its selector bit was clear. */
static inline bool two_level_raise(u64 *pending, const u64 *mask, u64 *sel, u32 port)
{
	return !bitmap_atomic_test_and_set(pending, port) && !bitmap_test(mask, port) &&
	       !bitmap_atomic_test_and_set(sel, port / 64);
}

/* Clear the mask bit; true if the vCPU has to see an upcall for a pending event. */
static inline bool two_level_unmask(const u64 *pending, u64 *mask, u64 *sel, u32 port)
{
	return bitmap_atomic_test_and_clear(mask, port) && bitmap_test(pending, port) &&
	       !bitmap_atomic_test_and_set(sel, port / 64);
}

#endif
