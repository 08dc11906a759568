/* SPDX-License-Identifier: MIT */
/*
 * Marks of frames that have not changed; see log-dirty.h.  Reports go by the
 * guest's own frame numbers, which it says itself in the M2P table: they are
 * believed only as far as the caller's bitmap reaches.
 */
#include "memory/log-dirty.h"

#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "grants/grants.h"
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "pv/vtlb.h"

#define FRAMES_A_STEP 512 /* looked at with page_lock held */

void log_dirty_fault(struct domain *d, struct page_info *pg)
{
	if (!frame_is_clean(pg))
		return;
	frame_dirtied(pg);
	__atomic_fetch_add(&d->log_dirty.faults, 1, __ATOMIC_RELAXED);
}

/* @pre paused, so that none is loaded: loading one asks. */
static void switch_tables(struct domain *d, bool logged)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		v->pv.logged = logged;
		v->pv.kernel_cr3 = v->pv.kernel_l4;
		v->pv.user_cr3 = v->pv.user_l4;
	}
}

int log_dirty_enable(struct domain *d)
{
	int rc = vtlb_get();

	if (rc)
		return rc;
	sched_domain_pause(d);
	spin_lock(&d->lock);
	if (d->log_dirty.on || d->state >= DOM_DYING) {
		rc = -EINVAL;
	} else {
		d->log_dirty.faults = 0;
		d->log_dirty.on = true;
		switch_tables(d, true);
	}
	spin_unlock(&d->lock);
	sched_domain_unpause(d);
	if (rc)
		vtlb_put();
	return rc;
}

int log_dirty_disable(struct domain *d)
{
	bool was_on;

	sched_domain_pause(d);
	spin_lock(&d->lock);
	was_on = d->log_dirty.on;
	d->log_dirty.on = false;
	if (was_on)
		switch_tables(d, false);
	spin_unlock(&d->lock);
	sched_domain_unpause(d);
	if (!was_on)
		return -EINVAL;
	vtlb_put();
	return 0;
}

/* A table is trapped on its way to whoever takes it.  One in the making or a descriptor table, whose
 * entries the processor may write to, stays dirty.  The mark comes first, then the look at what the
 * frame is: validation clears the mark before a frame becomes a table. */
static void mark_clean(struct page_info *pg)
{
	u32 x;

	__atomic_fetch_or(&pg->count, PGC_clean, __ATOMIC_SEQ_CST);
	x = READ_ONCE(pg->type);
	if (!(x & PGT_count_mask) || !type_is_checked(x & PGT_type_mask))
		return;
	if ((x & PGT_type_mask) == PGT_seg_desc || !(x & PGT_validated) ||
	    !__atomic_compare_exchange_n(&pg->type, &x, x | PGT_clean, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		frame_dirtied(pg);
}

static void look_at(struct page_info *pg, struct dirty_walk *w)
{
	u64 pfn = READ_ONCE(m2p_table[page_to_mfn(pg)]);

	if (frame_is_clean(pg) || pfn >= w->limit)
		return;
	w->pfn[w->nr++] = pfn;
	if (w->clean)
		mark_clean(pg);
}

/* The frame the last step stopped at may be gone since: then from the start again, where all that
 * was reported is clean or is reported twice. @pre d->page_lock */
static u32 go_on_at(const struct domain *d, u64 at)
{
	const struct page_info *pg = mfn_to_page(at);

	if (at >= LOG_DIRTY_START || !mfn_valid(at) || pg->owner != d->id || (pg->count & PGC_hv) ||
	    !(pg->count & PGC_count_mask))
		return d->page_list;
	return at;
}

void log_dirty_step(struct domain *d, struct dirty_walk *w)
{
	unsigned long flags = spin_lock_irqsave(&d->page_lock);
	u32 at = go_on_at(d, w->at);

	w->nr = 0;
	for (unsigned i = 0; i < FRAMES_A_STEP && at != PAGE_LIST_END && w->nr < ARRAY_SIZE(w->pfn); i++) {
		look_at(mfn_to_page(at), w);
		at = mfn_to_page(at)->next;
	}
	w->at = at;
	spin_unlock_irqrestore(&d->page_lock, flags);
}

void log_dirty_finish(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i) {
		mfn_t info = READ_ONCE(v->info_mfn); /* may go meanwhile, with the domain */

		if (info != MFN_NONE)
			frame_dirtied(mfn_to_page(info));
	}
	evtchn_dirty_frames(d);
	grants_dirty_frames(d);
}
