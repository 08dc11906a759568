/* SPDX-License-Identifier: MIT */
/*
 * Reading the console ring, for sysctl readconsole (`xl dmesg`, xenconsoled).
 */
#ifndef ORRERY_CONSOLE_RING_H
#define ORRERY_CONSOLE_RING_H

#include "lib/types.h"

/*
 * Copy text from position *@pos on (positions count bytes since boot, modulo 2^32)
 * into @buf, at most @n bytes; returns how many and moves *@pos behind them.
 * A position that is no longer, or not yet, in the ring moves to the oldest text.
 */
size_t console_ring_read(u32 *pos, char *buf, size_t n);
/* Position of the oldest text that was not cleared. */
u32 console_ring_start(void);
/* Forget what is before @pos (XEN_SYSCTL_readconsole with clear). */
void console_ring_clear(u32 pos);

#endif
