/* SPDX-License-Identifier: MIT */
/*
 * Time as guests see it: the TSC scale in each vCPU's vcpu_time_info and the
 * wall clock in shared_info (<xen/xen.h>).
 */
#ifndef ORRERY_TIME_GUEST_TIME_H
#define ORRERY_TIME_GUEST_TIME_H

#include "lib/types.h"

struct domain;
struct vcpu;

/* Boot, after clock_init(): wall time from the CMOS clock; follow the clock's corrections. */
void guest_time_init(void);

/* Bring @v's time info up to this pCPU's scale, if it is not. @pre v is current with its address
 * space loaded; interrupts on or off. */
void vcpu_time_publish(struct vcpu *v);

/* XENPF_settime: it was @sec.@nsec (UTC since 1970) when system time was @system_time ns. */
void wallclock_set(u64 sec, u32 nsec, u64 system_time);
/* Wall time at system time 0. */
void wallclock_get(u64 *sec, u32 *nsec);
/* Write the wall clock, with @d's offset, to its shared_info. */
void domain_wallclock_publish(struct domain *d);
/* XEN_DOMCTL_settimeoffset. */
void domain_set_time_offset(struct domain *d, s64 seconds);

#endif
