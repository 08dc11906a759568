/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of PCI devices: the capability (or the MSI-X
 * table) is programmed here, for PV domains that ask by PHYSDEVOP_map_pirq.
 * Set-up, teardown and restore need the caller's pirq_map_lock (pirq.c), the
 * rest irq_lock.  Layouts: PCI Local Bus 3.0, section 6.8.
 */
#ifndef ORRERY_X86_MSI_H
#define ORRERY_X86_MSI_H

#include "lib/types.h"

struct irq_line;

#define MSI_MAX_VECTORS 32 /* of one device by plain MSI */

struct msi_request {
	u16 segment;
	u8 bus, devfn;
	u16 entry;      /* MSI-X: index */
	unsigned count; /* MSI: vectors asked for, 1..32; on -ENFILE what the device has */
	u64 table_base; /* not 0: MSI-X; where the guest thinks the table is */
};

/*
 * Set up @req->count lines.  On success @lines[0..count-1] are masked where the device can, have
 * vectors, and the device's messages point at them.  -ENODEV no such device or capability,
 * -EINVAL no such entry, -EEXIST the entry is in use, -EBUSY the other kind of MSI is, -ENFILE
 * fewer vectors than asked for, -ENXIO the table cannot be reached, -ENOSPC, -ENOMEM.
 */
int msi_setup(struct msi_request *req, struct irq_line **lines);
/* Undo for one line, which is freed; the last of a device turns the capability off. */
void msi_teardown(struct irq_line *line);

void msi_mask(struct irq_line *line);
void msi_unmask(struct irq_line *line);
void msi_set_cpu(struct irq_line *line, unsigned cpu);

/* Write all messages of a device again (it was reset): -ENODEV if it has no lines. */
int msi_restore(u16 segment, u8 bus, u8 devfn);
/* Is part of an MSI-X table or its pending bits in the page at @page, and the table in use?  Takes
 * no lock: a table that comes into use meanwhile may be missed. */
bool msi_owns_page(paddr_t page);
bool msi_in_use(u16 segment, u8 bus, u8 devfn);

#endif
