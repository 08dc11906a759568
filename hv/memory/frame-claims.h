/* SPDX-License-Identifier: MIT */
/*
 * Claims: frames promised to a domain that is being built (XENMEM_claim_pages),
 * so that building several at once fails early instead of half-way.  A claim
 * reserves a number, not frames; allocations for the domain use it up, everybody
 * else leaves that many frames free.  Pure counting over the structure; the
 * frame allocator's lock covers it (memory/frame-alloc.c is the only caller).
 */
#ifndef ORRERY_MEMORY_FRAME_CLAIMS_H
#define ORRERY_MEMORY_FRAME_CLAIMS_H

#include "lib/errno.h"
#include "lib/types.h"

#define FRAME_CLAIMS 64 /* domains being built at once */

struct frame_claims {
	u64 total; /* sum of all; zero is the fast path */
	unsigned count;
	struct {
		domid_t domid;
		u64 frames; /* never 0 */
	} claim[FRAME_CLAIMS];
};

/* Index of the domain's claim, or count if it has none. */
static inline unsigned frame_claims_find(const struct frame_claims *c, domid_t domid)
{
	unsigned i = 0;

	while (i < c->count && c->claim[i].domid != domid)
		i++;
	return i;
}

static inline u64 frame_claims_of(const struct frame_claims *c, domid_t domid)
{
	unsigned i = frame_claims_find(c, domid);

	return i < c->count ? c->claim[i].frames : 0;
}

/* The claim of @domid becomes @frames, 0 drops it.  -ENOMEM if the @free frames do not
 * cover all claims then, -ENOSPC if too many domains have one. */
static inline int frame_claims_set(struct frame_claims *c, domid_t domid, u64 frames, u64 free)
{
	unsigned i = frame_claims_find(c, domid);
	u64 others = c->total - frame_claims_of(c, domid);

	if (frames && (others > free || frames > free - others))
		return -ENOMEM;
	if (i == FRAME_CLAIMS && frames)
		return -ENOSPC;
	c->total = others + frames;
	if (frames) {
		c->claim[i].domid = domid;
		c->claim[i].frames = frames;
		c->count = MAX(c->count, i + 1);
	} else if (i < c->count) {
		c->claim[i] = c->claim[--c->count];
	}
	return 0;
}

/* May @domid take @frames of the @free ones without touching what others were promised? */
static inline bool frame_claims_allow(const struct frame_claims *c, domid_t domid, u64 frames,
				      u64 free)
{
	u64 others;

	if (likely(!c->total))
		return frames <= free;
	others = c->total - frame_claims_of(c, domid);
	return others <= free && frames <= free - others;
}

/* @domid has taken @frames: its claim shrinks by as many. */
static inline void frame_claims_use(struct frame_claims *c, domid_t domid, u64 frames)
{
	u64 claimed;

	if (likely(!c->total))
		return;
	claimed = frame_claims_of(c, domid);
	if (claimed)
		frame_claims_set(c, domid, claimed - MIN(claimed, frames), c->total);
}

#endif
