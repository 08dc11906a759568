/* SPDX-License-Identifier: MIT */
/*
 * Port permissions and access; see ports.h.  Two pairs are index-and-data and
 * shared with the hypervisor, so the index is kept per domain and written
 * together with the access: PCI configuration (0xcf8) and CMOS (0x70).  The
 * interval timer is a model (pit.c).  An access that touches a port which may not
 * be reached directly is taken apart into bytes (PCI data: words), each treated by
 * itself; what nobody answers reads as ones.
 */
#include "pv/ports.h"

#include "lib/errno.h"
#include "memory/heap.h"
#include "memory/guest.h"
#include "pv/pit.h"
#include "time/clock.h"
#include "x86/cpu.h"
#include "x86/acpi.h"

spinlock_t pci_conf_lock = SPINLOCK_INIT;
static spinlock_t cmos_lock = SPINLOCK_INIT;
static spinlock_t pit_lock = SPINLOCK_INIT;

#define PORTS 65536
#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc

/* May all of them be reached directly?  The map goes on behind the last port, with zeroes. */
static inline bool direct(const struct domain *d, unsigned port, unsigned bytes)
{
	const u8 *map = (const u8 *)d->pv.io_ports;
	u16 bits;

	if (unlikely(!map))
		return false;
	__builtin_memcpy(&bits, map + port / 8, sizeof(bits));
	return !(~(bits >> port % 8) & ((1U << bytes) - 1));
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
		{ CMOS_INDEX, 2 },          /* by way of the index that is Dom0's own */
		{ PCI_ADDRESS, 1 }, { PCI_DATA, 4 },
	};

	d->pv.io_ports = xzalloc(PORTS / 8 + sizeof(u64));
	d->pv.pit = xzalloc(sizeof(*d->pv.pit));
	if (!d->pv.io_ports || !d->pv.pit)
		return -ENOMEM;
	pit_init(d->pv.pit, now_ns());
	pv_ports_set(d, 0, PORTS, true);
	for (unsigned i = 0; i < ARRAY_SIZE(kept); i++)
		pv_ports_set(d, kept[i].first, kept[i].count, false);
	if (acpi_pm_timer_port())
		pv_ports_set(d, acpi_pm_timer_port(), 4, false);
	return 0;
}

void pv_ports_destroy(struct domain *d)
{
	xfree(d->pv.io_ports);
	xfree(d->pv.pit);
}

/* By the guest kernel's bitmap for its user mode? */
static __attribute__((noinline)) bool bitmap_allows(const struct vcpu *v, u16 port, unsigned bytes)
{
	u8 bits[2] = { 0xff, 0xff };

	if (!v->pv.iobmp || port + bytes > v->pv.iobmp_bits ||
	    copy_from_guest(bits, v->pv.iobmp + port / 8, (port % 8 + bytes + 7) / 8))
		return false;
	return !((bits[0] | bits[1] << 8) >> (port % 8) & ((1U << bytes) - 1));
}

bool pv_port_allowed(const struct vcpu *v, u16 port, unsigned bytes)
{
	return likely(pv_iopl_ok(v)) || bitmap_allows(v, port, bytes);
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

static u32 pci_data_in(const struct domain *d, u16 port, unsigned bytes)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);
	u32 val;

	outl(PCI_ADDRESS, d->pv.pci_address);
	val = raw_in(port, bytes);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
	return val;
}

static void pci_data_out(const struct domain *d, u16 port, unsigned bytes, u32 val)
{
	unsigned long flags = spin_lock_irqsave(&pci_conf_lock);

	outl(PCI_ADDRESS, d->pv.pci_address);
	raw_out(port, bytes, val);
	spin_unlock_irqrestore(&pci_conf_lock, flags);
}

static u32 cmos_in(const struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&cmos_lock);
	u32 val;

	outb(CMOS_INDEX, d->pv.cmos_index);
	val = inb(CMOS_DATA);
	spin_unlock_irqrestore(&cmos_lock, flags);
	return val;
}

static void cmos_out(const struct domain *d, u32 val)
{
	unsigned long flags = spin_lock_irqsave(&cmos_lock);

	outb(CMOS_INDEX, d->pv.cmos_index);
	outb(CMOS_DATA, val);
	spin_unlock_irqrestore(&cmos_lock, flags);
}

static u8 pit_in(const struct domain *d, u16 port)
{
	unsigned long flags = spin_lock_irqsave(&pit_lock);
	u8 val = pit_read(d->pv.pit, port, now_ns());

	spin_unlock_irqrestore(&pit_lock, flags);
	return val;
}

static void pit_out(const struct domain *d, u16 port, u8 val)
{
	unsigned long flags = spin_lock_irqsave(&pit_lock);

	pit_write(d->pv.pit, port, val, now_ns());
	spin_unlock_irqrestore(&pit_lock, flags);
}

static u32 ones(unsigned bytes)
{
	return bytes == 4 ? ~0U : (1U << 8 * bytes) - 1;
}

/* How much of an access at @port, @bytes long, one piece is. */
static unsigned piece(unsigned port, unsigned bytes)
{
	if (port == PCI_ADDRESS && bytes == 4)
		return 4;
	if ((port & ~3U) != PCI_DATA)
		return 1;
	bytes = MIN(bytes, 4 - (port & 3));
	return bytes == 3 ? 2 : bytes;
}

static u32 piece_in(const struct domain *d, unsigned port, unsigned bytes)
{
	if (d->pv.pit && pit_port(port))
		return pit_in(d, port);
	if (port == CMOS_INDEX) /* every domain has its own, for what it is worth */
		return d->pv.cmos_index;
	if (port == PCI_ADDRESS && bytes == 4)
		return d->pv.pci_address;
	if (d->privileged && port == CMOS_DATA)
		return cmos_in(d);
	if (d->privileged && port == PCI_ADDRESS)
		return raw_in(port, bytes);
	if (d->privileged && (port & ~3U) == PCI_DATA)
		return pci_data_in(d, port, bytes);
	return direct(d, port, bytes) ? raw_in(port, bytes) : ones(bytes);
}

static __attribute__((noinline)) u32 pieces_in(const struct domain *d, unsigned at, unsigned bytes)
{
	unsigned shift = 0, n;
	u32 val = 0;

	for (unsigned port = at; bytes; port += n, bytes -= n, shift += 8 * n) {
		n = piece(port, bytes);
		val |= (piece_in(d, port, n) & ones(n)) << shift;
	}
	return val;
}

/* Of a domain without ports: is there nothing but the two indices' shadows to be read elsewhere? */
static inline bool nothing_there(const struct domain *d, unsigned at, unsigned bytes)
{
	return !d->pv.io_ports && (at > CMOS_INDEX || at + bytes <= CMOS_INDEX) && at != PCI_ADDRESS;
}

u32 pv_port_in(struct vcpu *v, u16 at, unsigned bytes)
{
	const struct domain *d = v->domain;

	if (likely(direct(d, at, bytes)))
		return raw_in(at, bytes);
	return likely(nothing_there(d, at, bytes)) ? ones(bytes) : pieces_in(d, at, bytes);
}

static void piece_out(struct domain *d, unsigned port, unsigned bytes, u32 val)
{
	if (d->pv.pit && pit_port(port))
		pit_out(d, port, val);
	else if (port == CMOS_INDEX)
		d->pv.cmos_index = val;
	else if (d->privileged && port == CMOS_DATA)
		cmos_out(d, val);
	else if (port == PCI_ADDRESS && bytes == 4)
		d->pv.pci_address = val;
	else if (d->privileged && port == PCI_ADDRESS)
		raw_out(port, bytes, val); /* by bytes it is somebody else's port */
	else if (d->privileged && (port & ~3U) == PCI_DATA)
		pci_data_out(d, port, bytes, val);
	else if (direct(d, port, bytes))
		raw_out(port, bytes, val);
}

void pv_port_out(struct vcpu *v, u16 at, unsigned bytes, u32 val)
{
	struct domain *d = v->domain;
	unsigned n;

	if (likely(direct(d, at, bytes))) {
		raw_out(at, bytes, val);
		return;
	}
	for (unsigned port = at; bytes; port += n, bytes -= n, val = n == 4 ? 0 : val >> 8 * n) {
		n = piece(port, bytes);
		piece_out(d, port, n, val & ones(n));
	}
}
