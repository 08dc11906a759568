/* SPDX-License-Identifier: MIT */
/*
 * The log levels as settings that can be read while the system runs.
 */
#ifndef ORRERY_CONSOLE_LEVELS_H
#define ORRERY_CONSOLE_LEVELS_H

/* Value of option loglvl or guest_loglvl, as it would be given; "" for any other name. */
const char *console_level_text(const char *option);

#endif
