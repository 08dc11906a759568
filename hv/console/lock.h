/* SPDX-License-Identifier: MIT */
/*
 * The console's one lock: interrupts off while it is held.  Innermost of all;
 * nothing else is taken under it.
 */
#ifndef ORRERY_CONSOLE_LOCK_H
#define ORRERY_CONSOLE_LOCK_H

unsigned long console_lock(void);
void console_unlock(unsigned long flags);

#endif
