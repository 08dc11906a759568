/* SPDX-License-Identifier: MIT */
/*
 * The one thing the rest of the dispatch needs from multicalls.
 */
#ifndef ORRERY_HYPERCALLS_MULTICALL_H
#define ORRERY_HYPERCALLS_MULTICALL_H

#include "lib/types.h"

/* If an entry of a multicall is running here, rewrite it so that the multicall starts again
 * with it; false if there is none. */
bool multicall_continue(unsigned nr, const u64 *args, unsigned n);

/* hypercall_table without what makes no sense in a list. */
extern long (*const multicall_table[64])(u64, u64, u64, u64, u64, u64);

#endif
