/* SPDX-License-Identifier: MIT */
/*
 * The frame-type state machine against a tiny pretend machine: frames are
 * numbers, page tables are arrays naming other frames.  A model of the rule "a
 * frame is never two things at once" is checked after every step of long
 * random runs, with validations that are preempted at random.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory/frame-type.h"

#define FRAMES 24
#define ENTRIES 6

static struct page_info frames[FRAMES];
static int table[FRAMES][ENTRIES]; /* frame named, or -1; for L1 the frame mapped writable */
static unsigned freed, flushes;
static int preempt_in; /* preempt when it counts down to zero; -1 never */

static struct page_info *frame(int n)
{
	return &frames[n];
}

void free_page(struct page_info *pg)
{
	freed++;
}

bool get_page_undo(struct page_info *pg)
{
	cr_assert_fail("nobody here takes a reference by owner");
	return false;
}

void frame_type_changes(struct page_info *pg, u32 old_type, u32 new_type)
{
	cr_assert_neq(old_type, new_type);
	cr_assert_eq(pg->type & PGT_count_mask, 1, "flushed before the type was ours");
	flushes++;
}

void frame_type_wait(void)
{
	cr_assert_fail("one thread waited for itself");
}

u32 tlb_clock = 7;

static bool preempted(bool preemptible)
{
	return preemptible && preempt_in > 0 && --preempt_in == 0;
}

static int entry_get(u32 type, int n, bool preemptible)
{
	u32 below = type == PGT_l1 ? PGT_writable : type - (1U << PGT_SHIFT);
	int rc;

	frame(n)->count++;
	rc = frame_type_get(frame(n), below, preemptible);
	if (rc)
		put_page(frame(n));
	return rc;
}

int frame_validate(struct page_info *pg, u32 type, bool preemptible)
{
	int self = pg - frames;

	cr_assert(pg->type & PGT_busy);
	if (type == PGT_seg_desc)
		return table[self][0] == -2 ? -EINVAL : 0;
	for (unsigned i = pg->nr_valid; i < ENTRIES; pg->nr_valid = ++i) {
		int rc;

		if (table[self][i] < 0)
			continue;
		rc = entry_get(type, table[self][i], preemptible);
		if (rc == -ERESTART)
			return rc;
		if (rc) {
			frame_devalidate(pg, type, false);
			return -EINVAL;
		}
		if (i + 1 < ENTRIES && preempted(preemptible)) {
			pg->nr_valid = i + 1;
			return -ERESTART;
		}
	}
	return 0;
}

int frame_devalidate(struct page_info *pg, u32 type, bool preemptible)
{
	int self = pg - frames;

	if (type == PGT_seg_desc)
		return 0;
	while (pg->nr_valid) {
		int n = table[self][pg->nr_valid - 1], rc;

		if (pg->nr_valid != ENTRIES && preempted(preemptible))
			return -ERESTART;
		pg->nr_valid--;
		if (n < 0)
			continue;
		rc = frame_type_put(frame(n), preemptible);
		put_page(frame(n));
		if (rc == -ERESTART)
			return rc;
	}
	return 0;
}

static void setup(void)
{
	memset(frames, 0, sizeof(frames));
	memset(table, -1, sizeof(table));
	for (int i = 0; i < FRAMES; i++)
		frames[i].count = PGC_allocated | 1;
	freed = flushes = 0;
	preempt_in = -1;
}

TestSuite(frame_type, .init = setup);

Test(frame_type, one_use_excludes_the_others)
{
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), 0);
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), -EINVAL);
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), 0);
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	cr_assert_eq(frame_type_get(frame(0), PGT_seg_desc, false), -EINVAL);
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), 0, "free again");
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), -EINVAL);
	cr_assert_geq(flushes, 1, "writable to page table flushes");
}

Test(frame_type, table_holds_what_it_maps)
{
	table[0][2] = 5;
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), 0);
	cr_assert_eq(frame_type_get(frame(5), PGT_l2, false), -EINVAL);
	cr_assert_eq(frame(5)->count & PGC_count_mask, 2);
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	cr_assert_eq(frame_type_get(frame(5), PGT_l2, false), 0);
	cr_assert_eq(frame(5)->count & PGC_count_mask, 1);
}

Test(frame_type, a_table_cannot_map_itself_writable)
{
	table[0][0] = 0;
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), -EINVAL, "maps itself");
	cr_assert_eq(frame(0)->count & PGC_count_mask, 1);
	table[0][0] = -1;
	table[2][0] = 0;
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), 0);
	cr_assert_eq(frame_type_get(frame(2), PGT_l1, false), -EINVAL, "maps a table writable");
	cr_assert_eq(frame(0)->count & PGC_count_mask, 1, "rolled back");
}

Test(frame_type, bad_contents_leave_nothing_behind)
{
	table[0][0] = 3;
	table[0][1] = 4;
	cr_assert_eq(frame_type_get(frame(4), PGT_l1, false), 0);
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), -EINVAL);
	cr_assert_eq(frame(3)->type & PGT_count_mask, 0);
	cr_assert_eq(frame(3)->count & PGC_count_mask, 1);
	cr_assert_eq(frame(0)->type, PGT_l1, "out of use, and what it was");
	table[9][0] = -2;
	cr_assert_eq(frame_type_get(frame(9), PGT_seg_desc, false), -EINVAL);
}

Test(frame_type, preempted_validation_goes_on_where_it_was)
{
	table[0][0] = 1; /* an L2 with three L1s */
	table[0][1] = 2;
	table[0][4] = 3;
	preempt_in = 2;
	cr_assert_eq(frame_type_get(frame(0), PGT_l2, true), -ERESTART);
	cr_assert(frame(0)->type & PGT_partial);
	cr_assert_eq(frame(0)->nr_valid, 2);
	cr_assert_eq(frame(0)->count & PGC_count_mask, 2, "a partial frame holds itself");
	cr_assert_eq(frame_type_get(frame(0), PGT_l2, true), 0);
	cr_assert_eq(frame(0)->count & PGC_count_mask, 1);
	cr_assert_eq(frame(3)->type & PGT_count_mask, 1);
}

Test(frame_type, partial_gives_way_to_another_use)
{
	table[0][0] = 1;
	table[0][4] = 3;
	preempt_in = 1;
	cr_assert_eq(frame_type_get(frame(0), PGT_l2, true), -ERESTART);
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), -EBUSY, "that could take long");
	cr_assert(frame(0)->type & PGT_partial);
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, true), 0);
	cr_assert_eq(frame(1)->type & PGT_count_mask, 0);
	cr_assert_eq(frame(0)->count & PGC_count_mask, 1);
	cr_assert_eq(frame_type_abandon(frame(0), false), -EINVAL);
}

Test(frame_type, every_change_of_type_flushes)
{
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), 0);
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	flushes = 0;
	cr_assert_eq(frame_type_get(frame(0), PGT_l1, false), 0);
	cr_assert_eq(flushes, 0, "the same again");
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	cr_assert_eq(frame(0)->tlb_stamp, tlb_clock, "stamped when it went out of use");
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), 0);
	cr_assert_eq(flushes, 1, "a processor may still walk what was a table");
	cr_assert_eq(frame_type_put(frame(0), false), 0);
	cr_assert_eq(frame_type_get(frame(0), PGT_l2, false), 0);
	cr_assert_eq(flushes, 2, "or write to what is going to be one");
	frame(1)->tlb_stamp = 0;
	table[1][0] = 0;
	cr_assert_eq(frame_type_get(frame(1), PGT_l1, false), -EINVAL);
	cr_assert_eq(frame(1)->tlb_stamp, tlb_clock, "refused contents count as a use");
}

Test(frame_type, count_does_not_overflow)
{
	frame(0)->type = PGT_writable | PGT_validated | PGT_count_mask;
	cr_assert_eq(frame_type_get(frame(0), PGT_writable, false), -EBUSY);
}

/* Each frame: what the model says it is used as, and how often. */
static u32 model_type[FRAMES], model_count[FRAMES];

static void check_model(void)
{
	for (int i = 0; i < FRAMES; i++) {
		u32 x = frames[i].type;

		cr_assert_not(x & PGT_busy);
		cr_assert_lt(frames[i].count & PGC_count_mask, 1U << 20, "frame %d: references below zero", i);
		cr_assert((x & PGT_count_mask) >= model_count[i], "frame %d lost a count", i);
		if (model_count[i])
			cr_assert_eq(x & PGT_type_mask, model_type[i], "frame %d changed under use", i);
	}
}

static void random_step(void)
{
	static const u32 types[] = { PGT_l1, PGT_l2, PGT_l3, PGT_seg_desc, PGT_writable };
	int n = rand() % FRAMES;

	preempt_in = rand() % 4 ? -1 : rand() % 5;
	if (model_count[n] && rand() % 2) {
		frame_type_put(frame(n), rand() & 1);
		model_count[n]--;
		frames[n].count--;
	} else {
		u32 type = types[rand() % 5];

		/* Whoever uses a frame holds a reference to it. */
		frames[n].count++;
		if (frame_type_get(frame(n), type, rand() & 1)) {
			put_page(frame(n));
		} else {
			model_type[n] = type;
			model_count[n]++;
		}
	}
}

Test(frame_type, random_runs_keep_the_rule)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		setup();
		srand(seed);
		memset(model_count, 0, sizeof(model_count));
		/* Tables name only higher frames: no cycles, so nothing waits for itself. */
		for (int i = 0; i < FRAMES - 1; i++)
			for (int j = 0; j < ENTRIES; j++)
				if (rand() % 3 == 0)
					table[i][j] = i + 1 + rand() % (FRAMES - 1 - i);
		for (int step = 0; step < 3000; step++) {
			random_step();
			check_model();
		}
		for (int i = 0; i < FRAMES; i++)
			for (; model_count[i]; model_count[i]--) {
				frame_type_put(frame(i), false);
				frames[i].count--;
			}
		preempt_in = -1;
		for (int pass = 0; pass < FRAMES; pass++)
			for (int i = 0; i < FRAMES; i++)
				frame_type_abandon(frame(i), false);
		for (int i = 0; i < FRAMES; i++) {
			cr_assert_eq(frames[i].type & PGT_count_mask, 0, "seed %u frame %d", seed, i);
			cr_assert_eq(frames[i].count, PGC_allocated | 1, "seed %u frame %d", seed, i);
		}
		cr_assert_eq(freed, 0);
	}
}
