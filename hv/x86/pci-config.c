/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration accesses; see pci-config.h.  Each one sets the address
 * port again under the lock, because the emulation of a guest's accesses does
 * the same.
 */
#include "x86/pci-config.h"

#include "lib/bitmap.h"
#include "x86/cpu.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_ENABLE 0x80000000U
#define MAX_CAPABILITIES 48 /* in 192 bytes behind the header: a longer list is a loop */

#define BAR_IO 1
#define BAR_TYPE_64 4
#define BAR_TYPE_MASK 6

static void select(u8 bus, u8 devfn, u8 reg)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (u32)bus << 16 | (u32)devfn << 8 | (reg & 0xfc));
}

u32 pci_read32(u8 bus, u8 devfn, u8 reg)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);
	u32 v;

	select(bus, devfn, reg);
	v = inl(CONFIG_DATA);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
	return v;
}

u16 pci_read16(u8 bus, u8 devfn, u8 reg)
{
	return pci_read32(bus, devfn, reg) >> (reg & 2) * 8;
}

u8 pci_read8(u8 bus, u8 devfn, u8 reg)
{
	return pci_read32(bus, devfn, reg) >> (reg & 3) * 8;
}

void pci_write32(u8 bus, u8 devfn, u8 reg, u32 value)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);

	select(bus, devfn, reg);
	outl(CONFIG_DATA, value);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
}

void pci_write16(u8 bus, u8 devfn, u8 reg, u16 value)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);

	select(bus, devfn, reg);
	outw(CONFIG_DATA + (reg & 2), value);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
}

static u64 known[BITMAP_WORDS(65536)];

void pci_device_note(u8 bus, u8 devfn, bool there)
{
	unsigned bit = bus << 8 | devfn;

	if (there)
		bitmap_atomic_set(known, bit);
	else
		bitmap_atomic_clear(known, bit);
}

bool pci_device_known(u8 bus, u8 devfn)
{
	unsigned bit = bus << 8 | devfn;

	return READ_ONCE(known[bit / 64]) >> (bit % 64) & 1;
}

bool pci_present(u8 bus, u8 devfn)
{
	return pci_read16(bus, devfn, 0) != 0xffff;
}

u8 pci_find_capability(u8 bus, u8 devfn, u8 id)
{
	u8 at;

	if (!(pci_read16(bus, devfn, PCI_STATUS) & PCI_STATUS_CAPS))
		return 0;
	at = pci_read8(bus, devfn, PCI_CAPABILITIES) & 0xfc;
	for (unsigned i = 0; at >= 0x40 && i < MAX_CAPABILITIES; i++) {
		u16 header = pci_read16(bus, devfn, at);

		if ((header & 0xff) == id)
			return at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

paddr_t pci_memory_bar(u8 bus, u8 devfn, unsigned index)
{
	u8 type = pci_read8(bus, devfn, PCI_HEADER_TYPE) & 0x7f;
	unsigned bars = type == 0 ? 6 : type == 1 ? 2 : 0;
	u32 low;
	paddr_t base;

	if (index >= bars)
		return 0;
	low = pci_read32(bus, devfn, PCI_BAR0 + index * 4);
	if (low & BAR_IO)
		return 0;
	base = low & ~0xfU;
	if ((low & BAR_TYPE_MASK) == BAR_TYPE_64 && index + 1 < bars)
		base |= (paddr_t)pci_read32(bus, devfn, PCI_BAR0 + index * 4 + 4) << 32;
	return base;
}
