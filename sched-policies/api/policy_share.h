/* SPDX-License-Identifier: MIT */
/*
 * Dividing an amount by weight among claimants of which each can use only so
 * much: what one cannot use goes to the others.  Pure arithmetic on a list.
 */
#ifndef ORRERY_POLICY_SHARE_H
#define ORRERY_POLICY_SHARE_H

#include "sched-policies/api/policy_env.h"

struct policy_share {
	struct list link;
	s64 weight;       /* positive, below 2^31 */
	s64 most;         /* it can use no more */
	s64 grant;        /* the result; while dividing -1: undecided */
};

/* One round: who gets all it can use (or everybody, if @last) is decided.  What is left. */
static inline s64 policy_share_round(struct list *claims, s64 pot, bool last)
{
	s64 weights = 0, left = pot;
	struct policy_share *s;
	u32 shift = 0;

	while (pot >> shift > INT32_MAX) /* so that the product below fits */
		shift++;
	list_for_each_entry(s, claims, link)
		weights += s->grant < 0 ? s->weight : 0;
	list_for_each_entry(s, claims, link) {
		s64 share;

		if (s->grant >= 0)
			continue;
		share = (pot >> shift) * s->weight / weights << shift;
		if (share < s->most && !last)
			continue;
		s->grant = MIN(share, s->most);
		left -= s->grant;
	}
	return left;
}

/* Set the grants of all of @claims (by policy_share.link).  Four rounds: exact unless the limits
 * are met one after the other, then what is left over is lost. */
static inline void policy_share_out(struct list *claims, s64 pot)
{
	struct policy_share *s;

	list_for_each_entry(s, claims, link)
		s->grant = -1;
	for (int round = 0; round < 4; round++)
		pot = policy_share_round(claims, pot, round == 3);
}

#endif
