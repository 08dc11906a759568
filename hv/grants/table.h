/* SPDX-License-Identifier: MIT */
/*
 * Inside of the grant tables.  A domain has shared frames with one entry per
 * grant reference, written by the guest (in version 2 with a status word apart,
 * written by us), and for each entry our own record of who uses it and how.
 *
 * Locks, outermost first; neither is taken by interrupt handlers, and those of
 * two domains are never held together:
 *  - grant_table.lock: size, version, the records, and our bits in the entries;
 *  - grant_table.maptrack_lock: the list of free handles.
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

/* The bytes of a frame that are given. */
struct grant_range {
	u16 start, length;
};

enum grant_kind {
	GRANT_WHOLE,
	GRANT_SUB_PAGE,   /* copies only, within the range */
	GRANT_TRANSITIVE, /* has no frame of its own */
};

/* Use of an entry. Once in use, what it grants is taken from here, not from the guest's page. */
struct active_grant {
	u32 readers, writers;  /* uses by kind; both 0: the rest is stale */
	domid_t domid;         /* the one user; further uses only by the same */
	domid_t via;           /* transitive: the domain whose grant ... */
	u32 via_ref;           /* ... with this reference is used */
	u8 kind;               /* enum grant_kind */
	struct grant_range range;
	mfn_t mfn;             /* held by a page reference if readers, by a writable one if writers */
};
#define ACTIVE_PER_FRAME (PAGE_SIZE / sizeof(struct active_grant))
_Static_assert(sizeof(struct active_grant) == 32, "128 records a frame");

/* One mapping a domain made of another's frame; its number is the guest's handle.  One word, so
 * that whoever looks needs no lock. */
struct maptrack {
	union {
		struct {
			union {
				u32 ref;
				u32 next_free; /* handle, while flags is 0 */
			};
			domid_t domid;
			u16 flags;             /* GNTMAP_*: what of it is still mapped, and how */
		};
		u64 word;
	};
};
_Static_assert(sizeof(struct maptrack) == 8, "read and exchanged as one word");
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

/* What a grant gives. */
struct grant_use {
	mfn_t mfn;
	struct grant_range range;
	u32 via_ref;        /* if @via: the grant of its that is used */
	struct domain *via; /* transitive: where @mfn comes from; a reference */
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
 * many.  Then publish or free it. */
u32 maptrack_reserve(struct domain *d, domid_t owner, u32 ref);
void maptrack_free(struct domain *d, u32 h); /* @pre its flags are 0, and it is on no list */

/* @pre h is below the number of records. */
static inline struct maptrack *maptrack_record(const struct grant_table *gt, u32 h)
{
	return &gt->maptrack[h / MAPTRACK_PER_FRAME][h % MAPTRACK_PER_FRAME];
}

static inline void maptrack_publish(struct domain *d, u32 h, u16 flags)
{
	__atomic_store_n(&maptrack_record(d->grants, h)->flags, flags, __ATOMIC_RELEASE);
}

/* Copy of handle @h's record: false if it is not in use. */
static inline bool maptrack_get(struct domain *d, u32 h, struct maptrack *copy)
{
	const struct grant_table *gt = d->grants;

	if (h >= __atomic_load_n(&gt->nr_maptrack_frames, __ATOMIC_ACQUIRE) * MAPTRACK_PER_FRAME)
		return false;
	copy->word = READ_ONCE(maptrack_record(gt, h)->word);
	return copy->flags;
}

/* Whoever unmaps looked a moment ago: the handle may be another mapping's by now. */
static inline bool maptrack_same(const struct maptrack *a, const struct maptrack *b)
{
	return a->domid == b->domid && a->ref == b->ref &&
	       !((a->flags ^ b->flags) & (GNTMAP_readonly | GNTMAP_contains_pte));
}

/* Clear @flags of @h, if it still stands for the mapping @m was read from: those that were set (0:
 * somebody else was quicker). Frees the handle with the last mapping; *@last tells. */
static inline u16 maptrack_drop(struct domain *d, u32 h, const struct maptrack *m, u16 flags,
				bool *last)
{
	struct maptrack *record = maptrack_record(d->grants, h), was = *m, now;

	do {
		*last = false;
		if (unlikely(!was.flags || !maptrack_same(&was, m)))
			return 0;
		now = was;
		now.flags &= ~flags;
		*last = !(now.flags & (GNTMAP_host_map | GNTMAP_device_map));
		if (*last)
			now.flags = 0;
	} while (unlikely(!__atomic_compare_exchange_n(&record->word, &was.word, now.word, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)));
	if (*last)
		maptrack_free(d, h);
	return was.flags & flags;
}

/* A mapping that is gone: its use of the grant ends, once the TLBs are clean. */
struct grant_mapped {
	struct domain *owner; /* NULL: nothing to end */
	u32 ref;
	bool write;
};
/* The ends of @n uses that began as GRANT_MAP.  The owners stay held. */
void grant_put_mapped(const struct grant_mapped *uses, unsigned n);

#endif
