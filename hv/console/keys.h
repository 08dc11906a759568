/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: one character, one dump.  Typed on the serial console after
 * Ctrl-A three times, or sent from Dom0 with `xl debug-keys`.  Handlers print
 * with printk; they run in softirq or hypercall context, never in an interrupt.
 */
#ifndef ORRERY_CONSOLE_KEYS_H
#define ORRERY_CONSOLE_KEYS_H

#include "lib/types.h"

/* @key printable ASCII, not taken yet; @help a few words.  Boot only. */
void debug_key_register(char key, const char *help, void (*handler)(void));

/* Run the handler now.  @pre no locks held. */
void debug_key_run(char key);
/* Run it soon; from an interrupt. */
void debug_key_queue(char key);

#endif
