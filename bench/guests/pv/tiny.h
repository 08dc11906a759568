/* SPDX-License-Identifier: MIT */
/*
 * What the files of the tiny guest share.
 */
#ifndef ORRERY_GUESTS_TINY_H
#define ORRERY_GUESTS_TINY_H

#include <xen/sched.h>

#include "bench/guests/pv/pv.h"

/* Leave for reason SHUTDOWN_*. */
__attribute__((noreturn)) void shut_down(unsigned reason);
/* The number of option @name, or @otherwise. */
u64 number(const char *cmdline, const char *name, u64 otherwise);

/* System time; a sleep needs bind_timer() once. */
u64 now_ns(void);
u32 bind_timer(void);
void sleep_until(u64 when);

void run_dirty(const char *cmdline);

#endif
