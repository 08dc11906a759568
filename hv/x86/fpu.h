/* SPDX-License-Identifier: MIT */
/*
 * Extended processor state (x87, SSE, AVX, ...) of vCPUs.  Switched eagerly:
 * one instruction each way in an instruction count, and no lazy-restore leaks.
 */
#ifndef ORRERY_X86_FPU_H
#define ORRERY_X86_FPU_H

#include "lib/types.h"

struct vcpu;

void fpu_init_this(void);               /* XCR0, clean registers */
int fpu_vcpu_init(struct vcpu *v);      /* allocate its area: 0, -ENOMEM */
void fpu_vcpu_destroy(struct vcpu *v);
void fpu_save(struct vcpu *v);          /* @pre v ran last here */
void fpu_restore(struct vcpu *v);
/* XSETBV of the running vCPU: 0 or -EINVAL. */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0);

/* Legacy region and header: the least an XSAVE image has. */
#define FPU_AREA_MIN 576

/* State from outside, @bytes of an XSAVE image in standard format, for a vCPU that does not run:
 * 0; -EINVAL, with nothing changed, for one that XRSTOR or XSETBV would refuse, or with more
 * than @components. */
int fpu_import(struct vcpu *v, u64 xcr0, u64 components, const void *image, size_t bytes);

#endif
