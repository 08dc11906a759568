/* SPDX-License-Identifier: MIT */
/*
 * Port permissions and access; see ports.h.  Two pairs are index-and-data and
 * shared with the hypervisor, so the index is kept per domain and written
 * together with the access: PCI configuration (0xcf8) and CMOS (0x70).
 */
#include "pv/ports.h"

#include "lib/errno.h"
#include "memory/heap.h"
#include "memory/guest.h"
#include "x86/cpu.h"
#include "x86/acpi.h"

spinlock_t pci_conf_lock = SPINLOCK_INIT;
static spinlock_t cmos_lock = SPINLOCK_INIT;

static bool port_permitted(const struct domain *d, u16 port, unsigned bytes)
{
	const u64 *map = d->pv.io_ports;

	if (!map)
		return false;
	for (unsigned i = 0; i < bytes; i++) {
		u16 p = port + i;

		if (!(map[p / 64] >> (p % 64) & 1))
			return false;
	}
	return true;
}

void pv_ports_set(struct domain *d, u16 first, unsigned count, bool allowed)
{
	for (unsigned i = 0; i < count; i++) {
		u16 p = first + i;

		if (allowed)
			d->pv.io_ports[p / 64] |= 1ULL << (p % 64);
		else
			d->pv.io_ports[p / 64] &= ~(1ULL << (p % 64));
	}
}

int pv_ports_init_dom0(struct domain *d)
{
	static const struct { u16 first, count; } kept[] = {
		{ 0x20, 2 }, { 0xa0, 2 },   /* interrupt controllers */
		{ 0x40, 4 }, { 0x61, 1 },   /* interval timer and its gate */
		{ 0x4d0, 2 },               /* ELCR */
		{ 0xcf8, 4 },               /* handled below, never raw */
	};

	d->pv.io_ports = xzalloc(65536 / 8);
	if (!d->pv.io_ports)
		return -ENOMEM;
	pv_ports_set(d, 0, 65536, true);
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		pv_ports_set(d, kept[i].first, kept[i].count, false);
	if (acpi_pm_timer_port())
		pv_ports_set(d, acpi_pm_timer_port(), 4, false);
	return 0;
}

bool pv_port_allowed(const struct vcpu *v, u16 port, unsigned bytes)
{
	unsigned needed = v->pv.kernel_mode ? 1 : 3;
	u8 bits[2] = { 0xff, 0xff };

	if (v->pv.iopl >= needed || v->pv.kernel_mode)
		return true;
	if (!v->pv.iobmp || port + bytes > v->pv.iobmp_bits)
		return false;
	/* The guest kernel's own bitmap for its user mode. */
	if (copy_from_guest(bits, v->pv.iobmp + port / 8, (port % 8 + bytes + 7) / 8))
		return false;
	return !((bits[0] | bits[1] << 8) >> (port % 8) & ((1U << bytes) - 1));
}

static u32 raw_in(u16 port, unsigned bytes)
{
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void raw_out(u16 port, unsigned bytes, u32 val)
{
	if (bytes == 1)
		outb(port, val);
	else if (bytes == 2)
		outw(port, val);
	else
		outl(port, val);
}

static bool is_pci_data(u16 port)
{
	return (port & ~3) == 0xcfc;
}

static u32 pci_data_in(const struct domain *d, u16 port, unsigned bytes)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);
	u32 val;

	outl(0xcf8, d->pv.pci_address);
	val = raw_in(port, bytes);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
	return val;
}

static void pci_data_out(const struct domain *d, u16 port, unsigned bytes, u32 val)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);

	outl(0xcf8, d->pv.pci_address);
	raw_out(port, bytes, val);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
}

static u32 cmos_in(const struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&cmos_lock);
	u32 val;

	outb(0x70, d->pv.cmos_index);
	val = inb(0x71);
	spin_unlock_irqrestore(&cmos_lock, flags);
	return val;
}

static void cmos_out(const struct domain *d, u32 val)
{
	unsigned long flags = spin_lock_irqsave(&cmos_lock);

	outb(0x70, d->pv.cmos_index);
	outb(0x71, val);
	spin_unlock_irqrestore(&cmos_lock, flags);
}

u32 pv_port_in(struct vcpu *v, u16 port, unsigned bytes)
{
	struct domain *d = v->domain;

	if (d->privileged) {
		if (port == 0x71 && bytes == 1)
			return cmos_in(d);
		if (port == 0x70 && bytes == 1)
			return d->pv.cmos_index;
		if (port == 0xcf8 && bytes == 4)
			return d->pv.pci_address;
		if (is_pci_data(port))
			return pci_data_in(d, port, bytes);
	}
	if (port_permitted(d, port, bytes))
		return raw_in(port, bytes);
	return bytes == 4 ? ~0U : (1U << 8 * bytes) - 1;
}

void pv_port_out(struct vcpu *v, u16 port, unsigned bytes, u32 val)
{
	struct domain *d = v->domain;

	if (d->privileged) {
		if (port == 0x70 && bytes == 1) {
			d->pv.cmos_index = val;
			return;
		}
		if (port == 0x71 && bytes == 1) {
			cmos_out(d, val);
			return;
		}
		if (port == 0xcf8 && bytes == 4) {
			d->pv.pci_address = val;
			return;
		}
		if (is_pci_data(port)) {
			pci_data_out(d, port, bytes, val);
			return;
		}
	}
	if (port_permitted(d, port, bytes))
		raw_out(port, bytes, val);
}
