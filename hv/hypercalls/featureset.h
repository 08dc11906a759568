/* SPDX-License-Identifier: MIT */
/*
 * CPU features as the tools exchange them: words of CPUID bits in the order of
 * <xen/arch-x86/cpufeatureset.h>.
 */
#ifndef ORRERY_HYPERCALLS_FEATURESET_H
#define ORRERY_HYPERCALLS_FEATURESET_H

#include "lib/types.h"

#define FEATURESET_WORDS 19

/* What the processor has. */
u32 featureset_host_word(unsigned word);
/* By XEN_SYSCTL_cpu_featureset_*: the sets of HVM guests are empty until there are any. */
u32 featureset_word(u32 set, unsigned word);

#endif
