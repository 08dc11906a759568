/* SPDX-License-Identifier: MIT */
/*
 * The right to use a frame through a grant.  The guest's entry is checked and
 * marked in use with the atomic steps that the ABI prescribes
 * (<xen/grant_table.h>); from then on our own record counts, and the frame is
 * held by references until the last use ends.  What the guest does to its
 * entry meanwhile changes nothing.
 */
#include "grants/claim.h"
#include "grants/table.h"
#include "memory/log-dirty.h"

static __attribute__((noinline)) bool claim_v2(struct grant_table *gt, u32 ref, domid_t user,
						 bool write, bool copy)
{
	return grant_claim_v2(entry_v2(gt, ref), entry_status(gt, ref), user, write, copy);
}

static inline bool claim(struct grant_table *gt, u32 ref, domid_t user, bool write, bool copy)
{
	if (likely(gt->version == 1))
		return grant_claim_v1(entry_v1(gt, ref), user, write, copy);
	return claim_v2(gt, ref, user, write, copy);
}

/* Take back the marks that the record no longer stands for. */
static void unclaim(struct grant_table *gt, u32 ref, const struct active_grant *a)
{
	u16 clear = !active_in_use(a) ? GTF_reading | GTF_writing : !a->writers ? GTF_writing : 0;
	u16 *word = likely(gt->version == 1) ? &entry_v1(gt, ref)->flags : entry_status(gt, ref);

	if (likely(clear))
		__atomic_fetch_and(word, (u16)~clear, __ATOMIC_SEQ_CST);
}

/* What a version 2 entry gives beside the frame. */
static __attribute__((noinline)) void record_fill_v2(const union grant_entry_v2 *e, struct active_grant *a)
{
	u16 flags = READ_ONCE(e->hdr.flags);

	if ((flags & GTF_type_mask) == GTF_transitive) {
		a->kind = GRANT_TRANSITIVE;
		a->mfn = MFN_NONE;
		a->via = READ_ONCE(e->transitive.trans_domid);
		a->via_ref = READ_ONCE(e->transitive.gref);
		return;
	}
	a->mfn = READ_ONCE(e->full_page.frame);
	if (flags & GTF_sub_page) {
		a->kind = GRANT_SUB_PAGE;
		a->range.start = READ_ONCE(e->sub_page.page_off);
		a->range.length = READ_ONCE(e->sub_page.length);
	}
}

/* First use: what does the (claimed) entry give?  Its owner may have changed it since it was
 * claimed: what we read here is what counts from now on. */
static void record_fill(struct grant_table *gt, u32 ref, domid_t user, struct active_grant *a)
{
	a->domid = user;
	a->kind = GRANT_WHOLE;
	a->range = (struct grant_range){ 0, PAGE_SIZE };
	if (likely(gt->version == 1))
		a->mfn = READ_ONCE(entry_v1(gt, ref)->frame);
	else
		record_fill_v2(entry_v2(gt, ref), a);
}

/* The frame cannot be held to be written. */
static __attribute__((noinline)) s16 why_not_writable(struct page_info *pg, const struct domain *owner)
{
	if (!get_page(pg, owner))
		return GNTST_bad_page;
	put_page(pg);
	return GNTST_general_error;
}

/* The first reader and the first writer each hold the frame; @a's counts are still those before. */
static s16 frame_hold(struct domain *owner, const struct active_grant *a, bool write)
{
	struct page_info *pg = mfn_to_page(a->mfn);

	if ((write ? a->writers : a->readers) || unlikely(a->kind == GRANT_TRANSITIVE))
		return GNTST_okay;
	if (unlikely(!mfn_valid(a->mfn)))
		return GNTST_bad_page;
	if (!write)
		return likely(get_page_of(pg, owner->id)) ? GNTST_okay : GNTST_bad_page;
	if (unlikely(!get_page_writable(pg, owner, owner->id)))
		return why_not_writable(pg, owner);
	frame_dirtied(pg);
	return GNTST_okay;
}

/* The reverse; the counts are those after it. */
static void frame_release(const struct active_grant *a, bool write)
{
	struct page_info *pg = mfn_to_page(a->mfn);

	if ((write ? a->writers : a->readers) || unlikely(a->kind == GRANT_TRANSITIVE))
		return;
	if (write)
		put_page_writable(pg);
	else
		put_page(pg);
}

/* Is it of a kind that can be used like this, and within a frame? */
static s16 record_check(const struct active_grant *a, enum grant_purpose purpose)
{
	if (likely(a->kind == GRANT_WHOLE))
		return GNTST_okay;
	if (purpose == GRANT_MAP || (purpose == GRANT_FOLLOW && a->kind == GRANT_TRANSITIVE))
		return GNTST_general_error;
	if (a->kind == GRANT_TRANSITIVE ||
	    (a->range.start < PAGE_SIZE && a->range.length <= PAGE_SIZE - a->range.start))
		return GNTST_okay;
	return GNTST_general_error;
}

/* @pre gt->lock held, @a is the record of @ref. */
static s16 use_begin(struct domain *owner, u32 ref, domid_t user, bool write,
		     enum grant_purpose purpose, struct active_grant *a)
{
	struct grant_table *gt = owner->grants;
	bool fresh = !active_in_use(a);
	s16 status;

	if (!fresh && a->domid != user)
		return GNTST_general_error;
	if ((fresh || (write && !a->writers)) && !claim(gt, ref, user, write, purpose != GRANT_MAP))
		return GNTST_general_error;
	if (fresh)
		record_fill(gt, ref, user, a);
	status = record_check(a, purpose);
	if (likely(status == GNTST_okay))
		status = frame_hold(owner, a, write);
	if (unlikely(status != GNTST_okay)) {
		unclaim(gt, ref, a);
		return status;
	}
	*(write ? &a->writers : &a->readers) += 1;
	return GNTST_okay;
}

/* @pre gt->lock held. */
static __attribute__((noinline)) void end_any(struct grant_table *gt, u32 ref, bool write)
{
	struct active_grant *a = active_of(gt, ref);

	*(write ? &a->writers : &a->readers) -= 1;
	frame_release(a, write);
	unclaim(gt, ref, a);
}

/* The end of what begin_plain() began, if there is no other use. */
static inline bool end_plain(struct grant_table *gt, u32 ref, bool write)
{
	struct active_grant *a = active_of(gt, ref);

	if (unlikely(gt->version != 1 || a->readers != !write || a->writers != write))
		return false;
	a->readers = a->writers = 0;
	if (write)
		put_page_writable(mfn_to_page(a->mfn));
	else
		put_page(mfn_to_page(a->mfn));
	__atomic_fetch_and(&entry_v1(gt, ref)->flags, (u16)~grant_use_bits(write), __ATOMIC_SEQ_CST);
	return true;
}

/* @pre gt->lock held. */
static inline void use_end(struct grant_table *gt, u32 ref, bool write)
{
	if (unlikely(!(write ? end_plain(gt, ref, true) : end_plain(gt, ref, false))))
		end_any(gt, ref, write);
}

static void use_end_unlocked(struct domain *owner, u32 ref, bool write)
{
	spin_lock(&owner->grants->lock);
	use_end(owner->grants, ref, write);
	spin_unlock(&owner->grants->lock);
}

/* The grant says: use that other domain's grant to me. Not through a second such step, nor through
 * the owner itself. */
static s16 follow(struct domain *owner, domid_t via, bool write, struct grant_use *use)
{
	struct grant_use inner;
	struct domain *d = via == owner->id ? NULL : domain_get(via);
	s16 status = GNTST_general_error;

	if (d)
		status = grant_get(d, owner->id, use->via_ref, write, GRANT_FOLLOW, &inner);
	if (status != GNTST_okay) {
		if (d)
			domain_put(d);
		return status;
	}
	use->via = d;
	use->mfn = inner.mfn;
	use->range = inner.range;
	return GNTST_okay;
}

/* The use of transitive grant @ref has begun: go on with the grant it names. */
static __attribute__((noinline)) s16 follow_or_end(struct domain *owner, u32 ref, domid_t via, bool write,
			 struct grant_use *use)
{
	s16 status = follow(owner, via, write, use);

	if (status != GNTST_okay)
		use_end_unlocked(owner, ref, write);
	return status;
}

/* Any case; leaves the lock. @pre gt->lock held. */
static __attribute__((noinline)) s16 get_any(struct domain *owner, domid_t user, u32 ref, bool write,
					     enum grant_purpose purpose, struct grant_use *use)
{
	struct grant_table *gt = owner->grants;
	s16 status = GNTST_bad_gntref;
	bool transitive = false;
	domid_t via = 0;

	if (ref < grant_entries(gt)) {
		struct active_grant *a = active_of(gt, ref);

		status = use_begin(owner, ref, user, write, purpose, a);
		*use = (struct grant_use){ .mfn = a->mfn, .range = a->range, .via_ref = a->via_ref };
		transitive = a->kind == GRANT_TRANSITIVE && status == GNTST_okay;
		via = a->via;
	}
	spin_unlock(&gt->lock);
	return transitive ? follow_or_end(owner, ref, via, write, use) : status;
}

/* The common case, which has to be quick: the first use of a whole frame by a version 1 entry.
 * False: not so, or not granted; nothing is done. @pre gt->lock held, no uses in @a. */
static inline bool begin_plain(const struct domain *owner, struct grant_entry_v1 *e, domid_t user,
			       bool write, bool copy, struct active_grant *a)
{
	u32 w = grant_header_word(e), bits = grant_use_bits(write);
	struct page_info *pg;
	mfn_t mfn;

	if (unlikely((w & grant_plain_mask(write, copy)) != grant_plain_header(user) ||
		     !__atomic_compare_exchange_n((u32 *)e, &w, w | bits, false, __ATOMIC_SEQ_CST,
						  __ATOMIC_RELAXED)))
		return false;
	mfn = READ_ONCE(e->frame);
	pg = mfn_to_page(mfn);
	if (unlikely(mfn >= solid_mfn || !(write ? get_page_writable(pg, owner, owner->id) :
						 get_page_of(pg, owner->id)))) {
		__atomic_fetch_and(&e->flags, (u16)~bits, __ATOMIC_SEQ_CST);
		return false;
	}
	if (write)
		frame_dirtied(pg);
	*(write ? &a->writers : &a->readers) = 1;
	a->domid = user;
	a->kind = GRANT_WHOLE;
	a->range = (struct grant_range){ 0, PAGE_SIZE };
	a->mfn = mfn;
	return true;
}

s16 grant_get(struct domain *owner, domid_t user, u32 ref, bool write,
	      enum grant_purpose purpose, struct grant_use *use)
{
	struct grant_table *gt = owner->grants;
	struct active_grant *a;

	spin_lock(&gt->lock);
	if (unlikely(gt->version != 1 || ref / V1_PER_FRAME >= gt->nr_frames))
		return get_any(owner, user, ref, write, purpose, use);
	a = active_of(gt, ref);
	/* Twice the same, once for each value of @write as a constant. */
	if (unlikely(active_in_use(a) ||
		     !(write ? begin_plain(owner, entry_v1(gt, ref), user, true, purpose != GRANT_MAP, a) :
			       begin_plain(owner, entry_v1(gt, ref), user, false, purpose != GRANT_MAP, a))))
		return get_any(owner, user, ref, write, purpose, use);
	*use = (struct grant_use){ .mfn = a->mfn, .range = { 0, PAGE_SIZE } };
	spin_unlock(&gt->lock);
	return GNTST_okay;
}

void grant_put(struct domain *owner, u32 ref, bool write, const struct grant_use *use)
{
	if (unlikely(use->via)) {
		use_end_unlocked(use->via, use->via_ref, write);
		domain_put(use->via);
	}
	use_end_unlocked(owner, ref, write);
}

void grant_put_mapped(const struct grant_mapped *uses, unsigned n)
{
	struct domain *locked = NULL;

	for (unsigned i = 0; i < n; i++) {
		struct domain *owner = uses[i].owner;

		if (owner != locked) {
			if (locked)
				spin_unlock(&locked->grants->lock);
			locked = owner;
			if (owner)
				spin_lock(&owner->grants->lock);
		}
		if (owner)
			use_end(owner->grants, uses[i].ref, uses[i].write);
	}
	if (locked)
		spin_unlock(&locked->grants->lock);
}

void grants_dirty_frames(struct domain *d)
{
	struct grant_table *gt = d->grants;

	spin_lock(&gt->lock);
	for (u32 ref = 0; ref < grant_entries(gt); ref++) {
		const struct active_grant *a = active_of(gt, ref);

		if (a->writers && a->kind != GRANT_TRANSITIVE)
			frame_dirtied(mfn_to_page(a->mfn));
	}
	spin_unlock(&gt->lock);
}
