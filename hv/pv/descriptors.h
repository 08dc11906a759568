/* SPDX-License-Identifier: MIT */
/*
 * Guests' descriptor tables.  A frame used as GDT or LDT has type seg_desc: all
 * its descriptors are checked, guests map it read-only at most, and the
 * hypervisor maps it into the vCPU's descriptor window for the processor.
 */
#ifndef ORRERY_PV_DESCRIPTORS_H
#define ORRERY_PV_DESCRIPTORS_H

#include "domain/domain.h"

/* Is *@desc harmless? Raises a DPL below ring 3 to ring 3 first. */
bool descriptor_ok(u64 *desc);
/* All 512 of a frame: 0 or -EINVAL. */
int validate_descriptor_page(u64 *table);

/* Install @frames (machine frame numbers) as the GDT of @v: 0, -EINVAL. */
int pv_set_gdt(struct vcpu *v, const u64 *frames, unsigned entries);
void pv_drop_gdt(struct vcpu *v);
/* LDT at guest address @base (page-aligned); frames are mapped when first used. */
int pv_set_ldt(struct vcpu *v, u64 base, unsigned entries);

/* Window of a new vCPU: 0 or -ENOMEM. */
int pv_window_init(struct vcpu *v);
void pv_window_destroy(struct vcpu *v);

#endif
