/* SPDX-License-Identifier: MIT */
/*
 * MSRs as PV kernels see them: a short list that works, everything else #GP.
 */
#ifndef ORRERY_PV_MSR_H
#define ORRERY_PV_MSR_H

#include "domain/domain.h"

/* 0, or -1 for #GP. @pre v is current, in kernel mode. */
int pv_read_msr(struct vcpu *v, u32 msr, u64 *val);
int pv_write_msr(struct vcpu *v, u32 msr, u64 val);

#endif
