/* SPDX-License-Identifier: MIT */
/*
 * What SCHEDOP calls need of shutdown.c beyond domain/domain.h.
 */
#ifndef ORRERY_DOMAIN_SHUTDOWN_H
#define ORRERY_DOMAIN_SHUTDOWN_H

#include "lib/types.h"

struct domain;

/* The code a later shutdown shall report: 0, -EBUSY if there is one. */
int domain_latch_shutdown_code(struct domain *d, u8 code);

/* SCHEDOP_watchdog: @id 0 starts a new one (its id is the result), otherwise @seconds 0 stops
 * it, else it is set anew. -EINVAL no such watchdog, or none that lasts; -ENOSPC. */
long domain_watchdog(struct domain *d, u32 id, u32 seconds);

#endif
