/* SPDX-License-Identifier: MIT */
/*
 * Frame types: see frame-type.h for the picture.  A partial frame holds one
 * type count and one page reference of its own, so that it neither changes its
 * type nor goes away while nobody is working on it; whoever completes it takes
 * the type count over and drops that page reference.
 *
 * A frame out of use remembers its last type: processors may still hold what
 * they learned from it as a table, so a change of type flushes in any direction.
 */
#include "memory/frame-type.h"

#include "lib/errno.h"

static bool type_cas(struct page_info *pg, u32 *expected, u32 desired)
{
	return __atomic_compare_exchange_n(&pg->type, expected, desired, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static void page_count_add(struct page_info *pg, s32 n)
{
	__atomic_fetch_add(&pg->count, n, __ATOMIC_SEQ_CST);
}

/* Out of busy: we own the word's flags, but the count may not move while busy either. */
static void type_set(struct page_info *pg, u32 value)
{
	__atomic_store_n(&pg->type, value, __ATOMIC_SEQ_CST);
}

/* Out of use. The stamp comes first: whoever takes the frame from now on goes by it. */
static void type_retire(struct page_info *pg, u32 type)
{
	pg->tlb_stamp = frame_tlb_stamp();
	type_set(pg, type);
}

/* @pre busy is ours and the count is 1.  @resumed: the frame was partial before. */
static int finish_validation(struct page_info *pg, u32 type, bool preemptible, bool resumed)
{
	int rc = frame_validate(pg, type, preemptible);

	if (!rc) {
		type_set(pg, type | PGT_validated | 1);
		if (resumed)
			put_page(pg);
	} else if (rc == -ERESTART) {
		if (!resumed)
			page_count_add(pg, 1);
		type_set(pg, type | PGT_partial | 1);
	} else {
		type_retire(pg, type);
		if (resumed)
			put_page(pg);
	}
	return rc;
}

/* @pre busy is ours and the count is 1. */
static int finish_devalidation(struct page_info *pg, u32 type, bool preemptible, bool was_partial)
{
	int rc = frame_devalidate(pg, type, preemptible);

	if (rc == -ERESTART) {
		if (!was_partial)
			page_count_add(pg, 1);
		type_set(pg, type | PGT_partial | 1);
		return rc;
	}
	type_retire(pg, type);
	if (was_partial)
		put_page(pg);
	return 0;
}

static int first_reference(struct page_info *pg, u32 old, u32 type, bool preemptible)
{
	bool checked = type_is_checked(type);

	/* Take it before flushing: from here on nobody can make it anything else. */
	if (!type_cas(pg, &old, type | (checked ? PGT_busy : PGT_validated | PGT_busy) | 1))
		return -EAGAIN;
	if ((old & PGT_type_mask) != type)
		frame_type_changes(pg, old & PGT_type_mask, type);
	if (!checked) {
		type_set(pg, type | PGT_validated | 1);
		return 0;
	}
	pg->nr_valid = 0;
	return finish_validation(pg, type, preemptible, false);
}

int frame_type_get(struct page_info *pg, u32 type, bool preemptible)
{
	for (;;) {
		u32 x = READ_ONCE(pg->type);
		int rc;

		if (!(x & PGT_count_mask)) {
			rc = first_reference(pg, x, type, preemptible);
			if (rc != -EAGAIN)
				return rc;
		} else if ((x & PGT_type_mask) != type) {
			/* Before looking at busy: a table that maps itself must not wait for itself. */
			if ((x & (PGT_partial | PGT_busy)) != PGT_partial)
				return -EINVAL;
			if (!preemptible) /* that may take long: who can wait has to do it first */
				return -EBUSY;
			rc = frame_type_abandon(pg, true);
			if (rc == -ERESTART)
				return rc;
		} else if (x & PGT_busy) {
			/* Ends: whoever validates waits only for lower tables, never for its own kind. */
			frame_type_wait();
		} else if (x & PGT_partial) {
			if (type_cas(pg, &x, type | PGT_busy | 1))
				return finish_validation(pg, type, preemptible, true);
		} else if ((x & PGT_count_mask) == PGT_count_mask) {
			return -EBUSY;
		} else if (type_cas(pg, &x, x + 1)) {
			return 0;
		}
	}
}

int frame_type_put(struct page_info *pg, bool preemptible)
{
	for (;;) {
		u32 x = READ_ONCE(pg->type), type = x & PGT_type_mask;

		if (x & PGT_busy) {
			frame_type_wait();
		} else if ((x & PGT_count_mask) > 1) {
			if (type_cas(pg, &x, x - 1))
				return 0;
		} else if (!type_is_checked(type)) {
			/* Data keeps its type at count 0: the next user is likely the same. */
			pg->tlb_stamp = frame_tlb_stamp();
			if (type_cas(pg, &x, (x & ~PGT_validated) - 1))
				return 0;
		} else if (type_cas(pg, &x, type | PGT_busy | 1)) {
			return finish_devalidation(pg, type, preemptible, false);
		}
	}
}

int frame_type_abandon(struct page_info *pg, bool preemptible)
{
	u32 x = READ_ONCE(pg->type), type = x & PGT_type_mask;

	if ((x & (PGT_partial | PGT_busy)) != PGT_partial)
		return -EINVAL;
	if (!type_cas(pg, &x, type | PGT_busy | 1))
		return -EAGAIN;
	return finish_devalidation(pg, type, preemptible, true);
}
