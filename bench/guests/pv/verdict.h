/* SPDX-License-Identifier: MIT */
/*
 * How the guests that check things report: a line for each check that failed,
 * and an end that `orrery boot` reads when the guest is Dom0 (ORRERY ...) and
 * scenarios read on its console when it is not (GUEST ...).
 */
#ifndef ORRERY_GUESTS_VERDICT_H
#define ORRERY_GUESTS_VERDICT_H

#include "bench/guests/guest.h"

/* One check: a line if @got is not @want. */
void check(const char *what, long got, long want);
/* One check: a line if @got is not an error. */
void check_refused(const char *what, long got);
/* Checks that failed so far. */
u64 guest_failures(void);
/* The end of a run of checks: checks and failures so far, with @more failures. */
void guest_verdict(u64 more);
/* There is no going on: fails and stops. */
void guest_fail(const char *what) __attribute__((noreturn));

#endif
