/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_transfer: a domain gives a frame of its own, contents and all, to a
 * domain that has said in a grant entry that it takes one from it.  The entry
 * is marked in two steps (<xen/grant_table.h>): committed once the frame is on
 * its way, completed when its number stands in the entry.
 */
#include "grants/claim.h"
#include "grants/ops.h"
#include "grants/table.h"
#include "memory/reservation.h"

/* The entry waits for a frame of @from: mark it as taken. @pre gt->lock, ref in range. */
static bool commit_entry(struct grant_table *gt, u32 ref, domid_t from)
{
	u32 *word = gt->version == 1 ? (u32 *)entry_v1(gt, ref) : (u32 *)entry_v2(gt, ref);
	u32 w = grant_header_word(word), want = (u32)from << 16 | GTF_accept_transfer;

	for (int i = 0; i < CLAIM_TRIES && w == want; i++)
		if (__atomic_compare_exchange_n(word, &w, w | GTF_transfer_committed, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

static bool commit(struct domain *to, u32 ref, domid_t from)
{
	struct grant_table *gt = to->grants;
	bool done;

	spin_lock(&gt->lock);
	done = ref < grant_entries(gt) && commit_entry(gt, ref, from);
	spin_unlock(&gt->lock);
	return done;
}

/* The table may have changed its version, not lost the entry: @ref was in range. */
static void complete(struct domain *to, u32 ref, mfn_t mfn)
{
	struct grant_table *gt = to->grants;

	spin_lock(&gt->lock);
	if (ref < grant_entries(gt) && gt->version == 1) {
		WRITE_ONCE(entry_v1(gt, ref)->frame, (u32)mfn);
		__atomic_fetch_or(&entry_v1(gt, ref)->flags, GTF_transfer_completed, __ATOMIC_SEQ_CST);
	} else if (ref < grant_entries(gt)) {
		WRITE_ONCE(entry_v2(gt, ref)->full_page.frame, mfn);
		__atomic_fetch_or(&entry_v2(gt, ref)->hdr.flags, GTF_transfer_completed, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&gt->lock);
}

/* @pre the frame is stolen from @from: unless it goes over it is freed, as in Xen. */
static s16 give(struct domain *from, struct domain *to, const struct gnttab_transfer *op)
{
	bool room = to == from || READ_ONCE(to->tot_pages) < READ_ONCE(to->max_pages);

	if (!room || !commit(to, op->ref, from->id)) {
		page_lose(from, op->mfn);
		return GNTST_general_error;
	}
	if (to == from)
		page_unsteal(op->mfn);
	else if (page_give(from, to, op->mfn))
		return GNTST_general_error;
	complete(to, op->ref, op->mfn);
	return GNTST_okay;
}

void grant_transfer(struct gnttab_transfer *op)
{
	struct domain *from = current->domain, *to;

	if (page_steal(from, op->mfn)) {
		op->status = GNTST_bad_page;
		return;
	}
	to = domain_get(op->domid);
	if (!to) {
		page_lose(from, op->mfn);
		op->status = GNTST_bad_domain;
		return;
	}
	op->status = give(from, to, op);
	domain_put(to);
}
