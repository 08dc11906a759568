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

/* A sleep needs bind_timer() once. */
u32 bind_timer(void);
void sleep_until(u64 when);

void run_dirty(const char *cmdline);

#endif
