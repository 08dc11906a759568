/* SPDX-License-Identifier: MIT */
/*
 * Between the files of this folder, and the console's start-up for boot code.
 */
#ifndef ORRERY_CONSOLE_INTERNAL_H
#define ORRERY_CONSOLE_INTERNAL_H

#include "lib/types.h"

/* The command line is parsed: open the port and send what was printed before. */
void console_init(void);
/* Softirqs and interrupt lines work: Dom0 learns of new lines, input arrives, debug keys run. */
void console_init_late(void);
/* The console's own debug keys; by console_init_late. */
void debug_keys_init(void);
void debug_dumps_init(void);

/* Another pCPU may hold the lock and never let go: from here on do without. */
void console_break_lock(void);

/* The ring behind `xl dmesg`.  @pre console lock held. */
void ring_put(const char *s, size_t n);
/* Oldest text still in the ring, in order, in up to two pieces: [piece] and its length. */
const char *ring_piece(unsigned piece, size_t *n);

/* Work for SOFTIRQ_CONSOLE. Any context. */
void console_notify(void);
void debug_keys_run_queued(void);

#endif
