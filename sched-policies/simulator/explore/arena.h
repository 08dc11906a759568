/* SPDX-License-Identifier: MIT */
/* The memory that a simulation lives in: see arena.c. */
#ifndef ORRERY_EXPLORE_ARENA_H
#define ORRERY_EXPLORE_ARENA_H

#include <stddef.h>

#define ARENA_BYTES (48 << 10)

extern unsigned char arena[ARENA_BYTES];
extern size_t arena_used; /* 0 to begin anew */

#endif
