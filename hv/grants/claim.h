/* SPDX-License-Identifier: MIT */
/*
 * Taking hold of a grant entry in the guest's shared page: is this use granted,
 * and if so, mark it in the one atomic step the ABI prescribes, so that the
 * owner can neither change nor take back the entry unseen
 * (<xen/grant_table.h>).  Pure; the words may change under our hands.
 */
#ifndef ORRERY_GRANTS_CLAIM_H
#define ORRERY_GRANTS_CLAIM_H

#include "lib/types.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#define CLAIM_TRIES 5 /* against an owner that keeps rewriting its entry */

/* The word that says who may do what: flags low, domid high, as they lie in memory. */
static inline u32 grant_header_word(const void *entry)
{
	return READ_ONCE(*(const u32 *)entry);
}

/* Of a header, what has to be as in grant_plain_header() for a plain grant to be used like this. */
static inline u32 grant_plain_mask(bool write, bool copy)
{
	return 0xffff0000U | GTF_type_mask | (write ? GTF_readonly : 0) | (copy ? 0 : GTF_sub_page);
}

static inline u32 grant_plain_header(domid_t user)
{
	return (u32)user << 16 | GTF_permit_access;
}

/* Does the header grant @user this?  Transitive and sub-page grants can only be copied. */
static inline bool grant_header_allows(u32 word, domid_t user, bool write, bool copy, bool v2)
{
	if ((word & GTF_type_mask) == GTF_transitive)
		return v2 && copy && word >> 16 == user && !(write && word & GTF_readonly);
	return (word & grant_plain_mask(write, copy)) == grant_plain_header(user);
}

static inline u16 grant_use_bits(bool write)
{
	return write ? GTF_reading | GTF_writing : GTF_reading;
}

static inline bool grant_claim_v1(struct grant_entry_v1 *e, domid_t user, bool write, bool copy)
{
	u32 *word = (u32 *)e, w = grant_header_word(e);
	u32 mask = grant_plain_mask(write, copy), plain = grant_plain_header(user);

	for (int i = 0; i < CLAIM_TRIES; i++) {
		if ((w & mask) != plain)
			return false;
		if (__atomic_compare_exchange_n(word, &w, w | grant_use_bits(write), false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* The status is apart from the entry: mark first, then look whether the entry still stands. */
static inline bool grant_claim_v2(union grant_entry_v2 *e, grant_status_t *status, domid_t user,
				  bool write, bool copy)
{
	u16 bits = grant_use_bits(write), before;

	if (!grant_header_allows(grant_header_word(e), user, write, copy, true))
		return false;
	before = __atomic_fetch_or(status, bits, __ATOMIC_SEQ_CST);
	if (grant_header_allows(grant_header_word(e), user, write, copy, true))
		return true;
	__atomic_fetch_and(status, (u16)(before | ~bits), __ATOMIC_SEQ_CST);
	return false;
}

#endif
