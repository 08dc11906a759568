/* SPDX-License-Identifier: MIT */
/*
 * IO-APIC driver; see ioapic.h.  The low half of each redirection entry lives
 * in a shadow, so a mask or unmask is one index and one data write.
 */
#include "x86/ioapic.h"

#include "console/console.h"
#include "lib/errno.h"
#include "lib/spinlock.h"
#include "x86/acpi.h"
#include "x86/paging.h"

#define IOAPIC_INDEX 0x00
#define IOAPIC_DATA 0x10
#define REG_VERSION 0x01
#define REG_ARBITRATION 0x02
#define REG_REDIRECTION 0x10
#define RTE_ACTIVE_LOW (1U << 13)
#define RTE_LEVEL (1U << 15)
#define RTE_MASKED (1U << 16)
#define MAX_PINS 240

struct ioapic {
	volatile u32 *mmio;
	paddr_t base;
	u32 gsi_base, pins;
	u32 low[MAX_PINS]; /* shadow of the redirection entries' lower halves */
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static unsigned nr_ioapics, gsi_count = 16;
static spinlock_t ioapic_lock = SPINLOCK_INIT;

static u32 reg_read(const struct ioapic *io, u32 reg)
{
	io->mmio[IOAPIC_INDEX / 4] = reg;
	return io->mmio[IOAPIC_DATA / 4];
}

static void reg_write(const struct ioapic *io, u32 reg, u32 value)
{
	io->mmio[IOAPIC_INDEX / 4] = reg;
	io->mmio[IOAPIC_DATA / 4] = value;
}

static void write_low(struct ioapic *io, u32 pin, u32 value)
{
	io->low[pin] = value;
	reg_write(io, REG_REDIRECTION + 2 * pin, value);
}

static struct ioapic *find_gsi(u32 gsi, u32 *pin)
{
	for (unsigned i = 0; i < nr_ioapics; i++)
		if (gsi - ioapics[i].gsi_base < ioapics[i].pins) {
			*pin = gsi - ioapics[i].gsi_base;
			return &ioapics[i];
		}
	return NULL;
}

static void init_chip(const struct acpi_ioapic *desc)
{
	struct ioapic *io = &ioapics[nr_ioapics];
	u32 version;

	io->mmio = map_mmio(desc->address, 0x20);
	if (!io->mmio)
		boot_fail("no memory to map an IO-APIC");
	io->base = desc->address;
	io->gsi_base = desc->gsi_base;
	version = reg_read(io, REG_VERSION);
	if (version == ~0U) {
		log_warn("IO-APIC %u at %#lx does not answer, ignored", desc->id,
			 (unsigned long)desc->address);
		return;
	}
	io->pins = MIN((version >> 16 & 0xff) + 1, MAX_PINS);
	for (u32 pin = 0; pin < io->pins; pin++)
		write_low(io, pin, RTE_MASKED);
	gsi_count = MAX(gsi_count, io->gsi_base + io->pins);
	nr_ioapics++;
	log_info("IO-APIC %u at %#lx: GSIs %u to %u", desc->id, (unsigned long)desc->address,
		 io->gsi_base, io->gsi_base + io->pins - 1);
}

void ioapic_init(void)
{
	for (unsigned i = 0; i < acpi.nr_ioapics; i++)
		init_chip(&acpi.ioapics[i]);
}

unsigned ioapic_gsi_count(void)
{
	return gsi_count;
}

/* Physical destination mode: the APIC id in the top byte of the upper half. */
static void write_destination(const struct ioapic *io, u32 pin, unsigned cpu)
{
	reg_write(io, REG_REDIRECTION + 2 * pin + 1, pcpus[cpu]->apic_id << 24);
}

int ioapic_route_gsi(u32 gsi, u8 vector, bool level, bool active_low, unsigned cpu, bool masked)
{
	u32 pin, low = vector | (level ? RTE_LEVEL : 0) | (active_low ? RTE_ACTIVE_LOW : 0);
	struct ioapic *io = find_gsi(gsi, &pin);
	unsigned long flags;

	if (!io)
		return -ENOENT;
	flags = spin_lock_irqsave(&ioapic_lock);
	write_low(io, pin, low | RTE_MASKED);
	write_destination(io, pin, cpu);
	if (!masked)
		write_low(io, pin, low);
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

static void set_masked(u32 gsi, bool masked)
{
	u32 pin;
	struct ioapic *io = find_gsi(gsi, &pin);
	unsigned long flags;

	if (!io)
		return;
	flags = spin_lock_irqsave(&ioapic_lock);
	write_low(io, pin, (io->low[pin] & ~RTE_MASKED) | (masked ? RTE_MASKED : 0));
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

void ioapic_mask_gsi(u32 gsi)
{
	set_masked(gsi, true);
}

void ioapic_unmask_gsi(u32 gsi)
{
	set_masked(gsi, false);
}

void ioapic_set_gsi_cpu(u32 gsi, unsigned cpu)
{
	u32 pin;
	struct ioapic *io = find_gsi(gsi, &pin);
	unsigned long flags;

	if (!io)
		return;
	flags = spin_lock_irqsave(&ioapic_lock);
	write_destination(io, pin, cpu);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}

/* --- what Dom0 may see --- */

static struct ioapic *find_base(paddr_t base)
{
	for (unsigned i = 0; i < nr_ioapics; i++)
		if (ioapics[i].base == base)
			return &ioapics[i];
	return NULL;
}

int ioapic_guest_read(paddr_t base, u32 reg, u32 *value)
{
	struct ioapic *io = find_base(base);
	unsigned long flags;

	if (!io)
		return -EINVAL;
	*value = 0;
	if ((reg > REG_ARBITRATION && reg < REG_REDIRECTION) || reg >= REG_REDIRECTION + 2 * io->pins)
		return 0;
	flags = spin_lock_irqsave(&ioapic_lock);
	*value = reg_read(io, reg);
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

int ioapic_reg_to_gsi(paddr_t base, u32 reg, bool *high)
{
	const struct ioapic *io = find_base(base);

	if (!io || reg < REG_REDIRECTION || reg >= REG_REDIRECTION + 2 * io->pins)
		return -EINVAL;
	*high = reg & 1;
	return io->gsi_base + (reg - REG_REDIRECTION) / 2;
}
