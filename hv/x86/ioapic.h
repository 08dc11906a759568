/* SPDX-License-Identifier: MIT */
/*
 * IO-APICs: which pin a GSI is, and its redirection entry.  Entries are kept in
 * a shadow, so that masking a pin is one register write; only this file touches
 * the hardware.  Lock: one for all chips, interrupts off, innermost of all.
 * Register layout: Intel 82093AA data sheet.
 */
#ifndef ORRERY_X86_IOAPIC_H
#define ORRERY_X86_IOAPIC_H

#include "lib/types.h"

/* Map all chips, mask all pins. */
void ioapic_init(void);
/* One past the highest GSI; 16 on a machine without IO-APIC. */
unsigned ioapic_gsi_count(void);

/* Program the pin of @gsi: physical destination pCPU @cpu; masked or not.
 * -ENOENT if no chip has it. */
int ioapic_route_gsi(u32 gsi, u8 vector, bool level, bool active_low, unsigned cpu, bool masked);
void ioapic_mask_gsi(u32 gsi);
void ioapic_unmask_gsi(u32 gsi);
void ioapic_set_gsi_cpu(u32 gsi, unsigned cpu);

/* PHYSDEVOP_apic_read: -EINVAL for an address that is no IO-APIC or a register it lacks. */
int ioapic_guest_read(paddr_t base, u32 reg, u32 *value);
/* GSI of a redirection register named by PHYSDEVOP_apic_write; *@high: its upper half.
 * -EINVAL as above or not a redirection entry. */
int ioapic_reg_to_gsi(paddr_t base, u32 reg, bool *high);

#endif
