/* SPDX-License-Identifier: MIT */
/*
 * CPUID as PV guests that ask through the forced-emulation prefix see it.
 */
#ifndef ORRERY_PV_CPUID_H
#define ORRERY_PV_CPUID_H

#include "domain/domain.h"
#include "x86/cpu.h"

/* For @v, by its domain's policy. */
struct cpuid_regs pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf);
/* The most a PV guest can have of a leaf, without what depends on the vCPU. */
struct cpuid_regs pv_cpuid_most(u32 leaf, u32 subleaf);

#endif
