/* SPDX-License-Identifier: MIT */
/*
 * Between the files of this folder: steps of creating and freeing domains and
 * vCPUs that nobody else has to know.
 */
#ifndef ORRERY_DOMAIN_LIFECYCLE_H
#define ORRERY_DOMAIN_LIFECYCLE_H

#include "domain/domain.h"

/* The idle domain with room for @max_vcpus; NULL when out of memory. */
struct domain *idle_domain_create(unsigned max_vcpus);
/* Free a domain nobody can find or use any more, finished or half made. */
void domain_release(struct domain *d);
/* Free a vCPU that cannot run. */
void vcpu_destroy(struct vcpu *v);

void domain_watchdogs_init(struct domain *d);
void domain_watchdogs_kill(struct domain *d);

#endif
