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

#endif
