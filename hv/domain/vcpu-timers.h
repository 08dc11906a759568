/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's timers: single-shot and periodic (VIRQ_TIMER), and SCHEDOP_poll's
 * timeout.
 */
#ifndef ORRERY_DOMAIN_VCPU_TIMERS_H
#define ORRERY_DOMAIN_VCPU_TIMERS_H

#include "domain/domain.h"

#define PERIODIC_TIMER_DEFAULT (10 * NS_PER_MS) /* a PV guest that sets nothing gets 100 Hz */

void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_kill(struct vcpu *v);

/* @pre v is current for both. */
void vcpu_singleshot_set(struct vcpu *v, s_time_t deadline); /* the past fires at once */
void vcpu_singleshot_stop(struct vcpu *v);
/* @period 0 stops it. */
void vcpu_periodic_set(struct vcpu *v, s_time_t period);
/* The periodic timer runs only while @v does; what was missed becomes one tick at the start. */
void vcpu_periodic_resume(struct vcpu *v);
void vcpu_periodic_pause(struct vcpu *v);
/* Wake @v from SCHEDOP_poll at @deadline. */
void vcpu_poll_timeout(struct vcpu *v, s_time_t deadline);

#endif
