/* SPDX-License-Identifier: MIT */
/*
 * Inside of the grant tables.  A domain has shared frames with one entry per
 * grant reference, written by the guest (in version 2 with a status word apart,
 * written by us), and for each entry our own record of who uses it and how.
 *
 * Locks, outermost first; neither is taken by interrupt handlers, and those of
 * two domains are never held together:
 *  - grant_table.lock: size, version, the records, and our bits in the entries;
 *  - grant_table.maptrack_lock: the handles of the domain's own mappings.
 */
#ifndef ORRERY_GRANTS_TABLE_H
#define ORRERY_GRANTS_TABLE_H

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#include "domain/domain.h"
#include "grants/grants.h"
#include "lib/spinlock.h"
#include "memory/page.h"

#define V1_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(grant_status_t))

/* Use of an entry. Once in use, what it grants is taken from here, not from the guest's page. */
struct active_grant {
	u32 readers, writers;  /* uses by kind; both 0: the rest is stale */
	domid_t domid;         /* the one user; further uses only by the same */
	domid_t via;           /* transitive: the domain whose grant ... */
	u32 via_ref;           /* ... with this reference is used */
	bool transitive;       /* has no frame of its own */
	bool sub_page;         /* copies only, within the range */
	u16 start, length;
	mfn_t mfn;             /* held by a page reference, by a writable one too if writers */
};
#define ACTIVE_PER_FRAME (PAGE_SIZE / sizeof(struct active_grant))
_Static_assert(sizeof(struct active_grant) == 32, "128 records a frame");

/* One mapping a domain made of another's frame; its number is the guest's handle. */
struct maptrack {
	union {
		u32 ref;
		u32 next_free; /* handle, while flags is 0 */
	};
	domid_t domid;
	u16 flags;             /* GNTMAP_*: what of it is still mapped, and how */
};
#define MAPTRACK_PER_FRAME (PAGE_SIZE / sizeof(struct maptrack))
#define MAPTRACK_END (~0U)

struct grant_table {
	spinlock_t lock;
	u8 version, max_version;
	u32 nr_frames, max_frames, nr_status_frames, nr_active_frames;
	void **shared;                /* max_frames pointers */
	grant_status_t **status;
	struct active_grant **active; /* enough for max_frames of version 1 */

	spinlock_t maptrack_lock;
	u32 nr_maptrack_frames, max_maptrack_frames;
	u32 free_handle;              /* MAPTRACK_END: none */
	struct maptrack **maptrack;
	u32 release_at;               /* the next handle grants_release_mappings() looks at */
};

/* Number of entries. @pre gt->lock held. */
static inline u32 grant_entries(const struct grant_table *gt)
{
	return gt->nr_frames * (gt->version == 2 ? V2_PER_FRAME : V1_PER_FRAME);
}

/* @pre ref < grant_entries(), for all of these */
static inline struct grant_entry_v1 *entry_v1(const struct grant_table *gt, u32 ref)
{
	return (struct grant_entry_v1 *)gt->shared[ref / V1_PER_FRAME] + ref % V1_PER_FRAME;
}

static inline union grant_entry_v2 *entry_v2(const struct grant_table *gt, u32 ref)
{
	return (union grant_entry_v2 *)gt->shared[ref / V2_PER_FRAME] + ref % V2_PER_FRAME;
}

static inline grant_status_t *entry_status(const struct grant_table *gt, u32 ref)
{
	return &gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
}

static inline struct active_grant *active_of(const struct grant_table *gt, u32 ref)
{
	return &gt->active[ref / ACTIVE_PER_FRAME][ref % ACTIVE_PER_FRAME];
}

static inline bool active_in_use(const struct active_grant *a)
{
	return a->readers || a->writers;
}

static inline u32 status_frames_for(u32 frames)
{
	return DIV_ROUND_UP(frames * V2_PER_FRAME, STATUS_PER_FRAME);
}

/* At least @frames shared frames: 0, -EINVAL beyond the limit, -ENOMEM. @pre gt->lock held. */
int grant_table_grow(struct domain *d, u32 frames);

/* --- access.c ------------------------------------------------------------------- */

/* What a grant gives: bytes [start, start + length) of a frame. */
struct grant_use {
	mfn_t mfn;
	u16 start;
	u32 length;
	struct domain *via; /* transitive: where @mfn comes from; a reference */
	u32 via_ref;
};

/* What for: whole frames only; also parts of frames, and other domains' grants; the end of such a
 * detour, which may not go on. */
enum grant_purpose { GRANT_MAP, GRANT_COPY, GRANT_FOLLOW };

/*
 * Begin to use grant @ref of @owner on behalf of domain @user.  GNTST_okay, bad_gntref, bad_page,
 * bad_domain, general_error (not granted, or not like this).
 * @pre a reference to @owner; no grant locks.  Each success needs a grant_put() alike.
 */
s16 grant_get(struct domain *owner, domid_t user, u32 ref, bool write,
	      enum grant_purpose purpose, struct grant_use *use);
void grant_put(struct domain *owner, u32 ref, bool write, const struct grant_use *use);

/* --- maptrack.c ----------------------------------------------------------------- */

/* A handle for a mapping in the making, which nobody can unmap yet, or MAPTRACK_END when @d has too
 * many.  Then either of the two below it. */
u32 maptrack_reserve(struct domain *d, domid_t owner, u32 ref);
void maptrack_publish(struct domain *d, u32 h, u16 flags);
void maptrack_cancel(struct domain *d, u32 h);
/* Copy of handle @h's record: false if it is not in use. */
bool maptrack_get(struct domain *d, u32 h, struct maptrack *copy);
/* Clear @flags of @h, if it still stands for the mapping @m was read from: those that were set (0:
 * somebody else was quicker). Frees the handle with the last mapping; *@last tells. */
u16 maptrack_drop(struct domain *d, u32 h, const struct maptrack *m, u16 flags, bool *last);

#endif
