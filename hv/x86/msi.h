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

struct msi_request {
	u16 segment;
	u8 bus, devfn;
	u16 entry;      /* MSI-X: index */
	u64 table_base; /* not 0: MSI-X; where the guest thinks the table is */
};

/*
 * Set up a line.  On success *@line is masked where the device can, has a vector, and the device's
 * message points at it.  A device has one plain MSI, or one MSI-X for each entry of its table.
 * -ENODEV no such device or capability, -EINVAL no such entry, -EEXIST the entry is in use, -EBUSY
 * the other kind of MSI is, -ENXIO the table cannot be reached, -ENOSPC, -ENOMEM.
 */
int msi_setup(const struct msi_request *req, struct irq_line **line);
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
