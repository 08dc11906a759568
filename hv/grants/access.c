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

static bool claim(struct grant_table *gt, u32 ref, domid_t user, bool write, bool copy)
{
	if (gt->version == 1)
		return grant_claim_v1(entry_v1(gt, ref), user, write, copy);
	return grant_claim_v2(entry_v2(gt, ref), entry_status(gt, ref), user, write, copy);
}

/* Take back the marks that the record no longer stands for. */
static void unclaim(struct grant_table *gt, u32 ref, const struct active_grant *a)
{
	u16 clear = (a->writers ? 0 : GTF_writing) | (active_in_use(a) ? 0 : GTF_reading);

	if (!clear)
		return;
	if (gt->version == 1)
		__atomic_fetch_and(&entry_v1(gt, ref)->flags, (u16)~clear, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(entry_status(gt, ref), (u16)~clear, __ATOMIC_SEQ_CST);
}

/* First use: what does the (claimed) entry give?  Its owner may have changed it since it was
 * claimed: what we read here is what counts from now on. */
static void record_fill(struct grant_table *gt, u32 ref, domid_t user, struct active_grant *a)
{
	const union grant_entry_v2 *e;
	u16 flags;

	*a = (struct active_grant){ .domid = user, .length = 0, .mfn = MFN_NONE };
	if (gt->version == 1) {
		a->mfn = READ_ONCE(entry_v1(gt, ref)->frame);
		return;
	}
	e = entry_v2(gt, ref);
	flags = READ_ONCE(e->hdr.flags);
	if ((flags & GTF_type_mask) == GTF_transitive) {
		a->transitive = true;
		a->via = READ_ONCE(e->transitive.trans_domid);
		a->via_ref = READ_ONCE(e->transitive.gref);
		return;
	}
	a->mfn = READ_ONCE(e->full_page.frame);
	if (flags & GTF_sub_page) {
		a->sub_page = true;
		a->start = READ_ONCE(e->sub_page.page_off);
		a->length = READ_ONCE(e->sub_page.length);
	}
}

/* References for one more use; @a's counts are still those before it. */
static s16 frame_hold(struct domain *owner, const struct active_grant *a, bool write)
{
	struct page_info *pg;

	if (a->transitive)
		return GNTST_okay;
	if (!mfn_valid(a->mfn))
		return GNTST_bad_page;
	pg = mfn_to_page(a->mfn);
	if (!active_in_use(a) && !get_page(pg, owner))
		return GNTST_bad_page;
	if (!write || a->writers)
		return GNTST_okay;
	if (get_page_writable(pg, owner, owner->id)) {
		frame_dirtied(pg);
		return GNTST_okay;
	}
	if (!active_in_use(a))
		put_page(pg);
	return GNTST_general_error;
}

/* The reverse; the counts are those after it. */
static void frame_release(const struct active_grant *a, bool write)
{
	struct page_info *pg;

	if (a->transitive)
		return;
	pg = mfn_to_page(a->mfn);
	if (write && !a->writers)
		put_page_writable(pg);
	if (!active_in_use(a))
		put_page(pg);
}

/* Is it of a kind that can be used like this, and within a frame? */
static s16 record_check(const struct active_grant *a, enum grant_purpose purpose)
{
	if (purpose == GRANT_MAP && (a->sub_page || a->transitive))
		return GNTST_general_error;
	if (purpose == GRANT_FOLLOW && a->transitive)
		return GNTST_general_error;
	if (!a->sub_page || (a->start < PAGE_SIZE && a->length <= PAGE_SIZE - a->start))
		return GNTST_okay;
	return GNTST_general_error;
}

/* @pre gt->lock held, ref in range. */
static s16 use_begin(struct domain *owner, u32 ref, domid_t user, bool write,
		     enum grant_purpose purpose)
{
	struct grant_table *gt = owner->grants;
	struct active_grant *a = active_of(gt, ref);
	bool fresh = !active_in_use(a);
	s16 status;

	if (!fresh && (a->domid != user || record_check(a, purpose) != GNTST_okay))
		return GNTST_general_error;
	if ((fresh || (write && !a->writers)) && !claim(gt, ref, user, write, purpose != GRANT_MAP))
		return GNTST_general_error;
	if (fresh)
		record_fill(gt, ref, user, a);
	status = record_check(a, purpose);
	if (status == GNTST_okay)
		status = frame_hold(owner, a, write);
	if (status != GNTST_okay) {
		unclaim(gt, ref, a);
		return status;
	}
	*(write ? &a->writers : &a->readers) += 1;
	return GNTST_okay;
}

static void use_end(struct domain *owner, u32 ref, bool write)
{
	struct grant_table *gt = owner->grants;
	struct active_grant *a = active_of(gt, ref);

	*(write ? &a->writers : &a->readers) -= 1;
	frame_release(a, write);
	unclaim(gt, ref, a);
}

static void use_end_unlocked(struct domain *owner, u32 ref, bool write)
{
	spin_lock(&owner->grants->lock);
	use_end(owner, ref, write);
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
	use->start = inner.start;
	use->length = inner.length;
	return GNTST_okay;
}

s16 grant_get(struct domain *owner, domid_t user, u32 ref, bool write,
	      enum grant_purpose purpose, struct grant_use *use)
{
	struct grant_table *gt = owner->grants;
	struct active_grant *a;
	s16 status = GNTST_bad_gntref;
	bool transitive = false;
	domid_t via = 0;

	*use = (struct grant_use){ .length = PAGE_SIZE };
	spin_lock(&gt->lock);
	if (ref < grant_entries(gt))
		status = use_begin(owner, ref, user, write, purpose);
	if (status == GNTST_okay) {
		a = active_of(gt, ref);
		use->mfn = a->mfn;
		if (a->sub_page) {
			use->start = a->start;
			use->length = a->length;
		}
		transitive = a->transitive;
		if (transitive) {
			via = a->via;
			use->via_ref = a->via_ref;
		}
	}
	spin_unlock(&gt->lock);
	if (transitive) {
		status = follow(owner, via, write, use);
		if (status != GNTST_okay)
			use_end_unlocked(owner, ref, write);
	}
	return status;
}

void grant_put(struct domain *owner, u32 ref, bool write, const struct grant_use *use)
{
	if (use->via) {
		use_end_unlocked(use->via, use->via_ref, write);
		domain_put(use->via);
	}
	use_end_unlocked(owner, ref, write);
}

void grants_dirty_frames(struct domain *d)
{
	struct grant_table *gt = d->grants;

	spin_lock(&gt->lock);
	for (u32 ref = 0; ref < grant_entries(gt); ref++) {
		const struct active_grant *a = active_of(gt, ref);

		if (a->writers && !a->transitive)
			frame_dirtied(mfn_to_page(a->mfn));
	}
	spin_unlock(&gt->lock);
}
