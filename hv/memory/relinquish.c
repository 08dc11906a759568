/* SPDX-License-Identifier: MIT */
/*
 * Relinquishing a domain's memory; see relinquish.h.  A cursor walks the list
 * of what the domain owns: frames go from the list while it walks, so
 * list_unlink() in page.c moves the cursor off a frame that goes.
 *
 * At each frame: a pin is undone, a half (de)validated table is finished off,
 * the allocation's reference dropped.  Undoing the pin of a top-level table
 * takes down the tables below it; one that is interrupted may leave tables half
 * done that the cursor has passed: then there is another walk.
 */
#include "memory/relinquish.h"

#include "domain/domain.h"
#include "lib/errno.h"
#include "memory/frame-type.h"
#include "memory/page.h"
#include "x86/cpu.h"
#include "x86/preempt.h"

#define FRAMES_BETWEEN_LOOKS 32 /* at whether to stop */

/* The frame at the cursor, with a reference, and on to the next; NULL at the end of the list. */
static struct page_info *take_at_cursor(struct domain *d)
{
	for (;;) {
		unsigned long flags = spin_lock_irqsave(&d->page_lock);
		struct page_info *pg = NULL;
		bool end = d->relinquish_at == PAGE_LIST_END, held = false;

		if (!end) {
			pg = mfn_to_page(d->relinquish_at);
			held = get_page(pg, d);
			if (held)
				d->relinquish_at = pg->next;
		}
		spin_unlock_irqrestore(&d->page_lock, flags);
		if (end || held)
			return pg;
		cpu_relax(); /* its last reference goes right now: so will its place in the list */
	}
}

/* Back to @pg, which is held and so still in the list: it is not done. */
static void cursor_back(struct domain *d, struct page_info *pg)
{
	unsigned long flags = spin_lock_irqsave(&d->page_lock);

	d->relinquish_at = page_to_mfn(pg);
	spin_unlock_irqrestore(&d->page_lock, flags);
}

static int undo_pin(struct page_info *pg)
{
	int rc;

	if (!(READ_ONCE(pg->type) & PGT_pinned) ||
	    !(__atomic_fetch_and(&pg->type, ~PGT_pinned, __ATOMIC_SEQ_CST) & PGT_pinned))
		return 0;
	rc = frame_type_put(pg, true);
	put_page(pg);
	return rc;
}

static int finish_partial(struct page_info *pg)
{
	while (READ_ONCE(pg->type) & PGT_partial) {
		int rc = frame_type_abandon(pg, true);

		if (rc == -ERESTART)
			return rc;
	}
	return 0;
}

/* Nothing but references keeps @pg, which is held by the caller, any longer. */
static int let_go(struct page_info *pg)
{
	int rc = undo_pin(pg), rc2 = finish_partial(pg);

	return rc || rc2 ? -ERESTART : 0;
}

void relinquish_begin(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&d->page_lock);

	d->relinquish_at = d->page_list;
	d->relinquish_again = false;
	spin_unlock_irqrestore(&d->page_lock, flags);
}

int relinquish_memory(struct domain *d)
{
	for (unsigned n = 1;; n++) {
		struct page_info *pg = take_at_cursor(d);
		int rc;

		if (!pg && !d->relinquish_again)
			return 0;
		if (!pg) {
			relinquish_begin(d);
			continue;
		}
		rc = let_go(pg);
		if (!rc) {
			drop_held_page(pg, d);
		} else {
			d->relinquish_again = true;
			cursor_back(d, pg);
			put_page(pg);
		}
		if (rc || (n % FRAMES_BETWEEN_LOOKS == 0 && preempt_needed()))
			return -ERESTART;
	}
}
