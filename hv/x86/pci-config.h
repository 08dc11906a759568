/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space by mechanism #1 (ports 0xcf8, 0xcfc): segment 0, the
 * first 256 bytes of a function.  pci_conf_lock is shared with the emulation of
 * a guest's own accesses to those ports; interrupts off while it is held.
 */
#ifndef ORRERY_X86_PCI_CONFIG_H
#define ORRERY_X86_PCI_CONFIG_H

#include "lib/spinlock.h"
#include "lib/types.h"

extern spinlock_t pci_conf_lock;

#define PCI_COMMAND 0x04
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPS 0x10
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_CAPABILITIES 0x34
#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11

u32 pci_read32(u8 bus, u8 devfn, u8 reg);
u16 pci_read16(u8 bus, u8 devfn, u8 reg);
u8 pci_read8(u8 bus, u8 devfn, u8 reg);
void pci_write32(u8 bus, u8 devfn, u8 reg, u32 value);
void pci_write16(u8 bus, u8 devfn, u8 reg, u16 value);

/* Does a function answer there? */
/* Functions Dom0 has told us about (PHYSDEVOP_pci_device_add and its elders): only those can have
 * interrupts mapped. */
void pci_device_note(u8 bus, u8 devfn, bool there);
bool pci_device_known(u8 bus, u8 devfn);
bool pci_present(u8 bus, u8 devfn);
/* Offset of capability @id, or 0. */
u8 pci_find_capability(u8 bus, u8 devfn, u8 id);
/* Physical base of memory BAR @index (0..5), or 0. */
paddr_t pci_memory_bar(u8 bus, u8 devfn, unsigned index);

#endif
