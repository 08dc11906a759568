/* SPDX-License-Identifier: MIT */
/*
 * What a grant entry allows, in both versions, and what is marked for it.
 */
#include "grants/claim.h"

#include <criterion/criterion.h>

#define USER 7

static struct grant_entry_v1 v1(u16 flags)
{
	return (struct grant_entry_v1){ .flags = flags, .domid = USER, .frame = 99 };
}

Test(grant_claim, v1_read_marks_reading_only)
{
	struct grant_entry_v1 e = v1(GTF_permit_access);

	cr_assert(grant_claim_v1(&e, USER, false, false));
	cr_assert_eq(e.flags, GTF_permit_access | GTF_reading);
	cr_assert_eq(e.domid, USER);
	cr_assert_eq(e.frame, 99);
}

Test(grant_claim, v1_write_marks_both)
{
	struct grant_entry_v1 e = v1(GTF_permit_access | GTF_reading);

	cr_assert(grant_claim_v1(&e, USER, true, false));
	cr_assert_eq(e.flags, GTF_permit_access | GTF_reading | GTF_writing);
}

Test(grant_claim, v1_refusals_leave_the_entry_alone)
{
	static const struct {
		u16 flags;
		domid_t user;
		bool write, copy;
	} bad[] = {
		{ GTF_invalid, USER, false, true },
		{ GTF_accept_transfer, USER, false, true },
		{ GTF_transitive, USER, false, true },
		{ GTF_permit_access, USER + 1, false, true },
		{ GTF_permit_access | GTF_readonly, USER, true, true },
		{ GTF_permit_access | GTF_sub_page, USER, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct grant_entry_v1 e = v1(bad[i].flags);

		cr_assert_not(grant_claim_v1(&e, bad[i].user, bad[i].write, bad[i].copy),
			      "case %zu", i);
		cr_assert_eq(e.flags, bad[i].flags, "case %zu", i);
	}
}

Test(grant_claim, readonly_may_be_read)
{
	struct grant_entry_v1 e = v1(GTF_permit_access | GTF_readonly);

	cr_assert(grant_claim_v1(&e, USER, false, false));
}

Test(grant_claim, v2_marks_the_status_word)
{
	union grant_entry_v2 e = { .full_page.hdr = { GTF_permit_access, USER } };
	grant_status_t status = 0;

	cr_assert(grant_claim_v2(&e, &status, USER, false, false));
	cr_assert_eq(status, GTF_reading);
	cr_assert(grant_claim_v2(&e, &status, USER, true, false));
	cr_assert_eq(status, GTF_reading | GTF_writing);
	cr_assert_eq(e.hdr.flags, GTF_permit_access, "the entry itself is the guest's");
}

Test(grant_claim, v2_sub_page_and_transitive_are_for_copies)
{
	union grant_entry_v2 sub = { .hdr = { GTF_permit_access | GTF_sub_page, USER } };
	union grant_entry_v2 via = { .hdr = { GTF_transitive, USER } };
	grant_status_t status = 0;

	cr_assert_not(grant_claim_v2(&sub, &status, USER, false, false));
	cr_assert_not(grant_claim_v2(&via, &status, USER, false, false));
	cr_assert_eq(status, 0);
	cr_assert(grant_claim_v2(&sub, &status, USER, false, true));
	cr_assert(grant_claim_v2(&via, &status, USER, true, true));
}
