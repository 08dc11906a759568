/* SPDX-License-Identifier: MIT */
/*
 * CPUID as PV guests that ask through the forced-emulation prefix see it.
 */
#ifndef ORRERY_PV_CPUID_H
#define ORRERY_PV_CPUID_H

#include "domain/domain.h"
#include "x86/cpu.h"

struct cpuid_regs pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf);

#endif
