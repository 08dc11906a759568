/* SPDX-License-Identifier: MIT */
/*
 * Reading the static ACPI tables; see acpi.h.  Every table is checked for
 * length and checksum before a byte of it is used, and every entry for lying
 * within its table.  Boot pCPU only; nothing here is called afterwards but
 * the register accessors, which take no lock.
 */
#include "x86/acpi.h"

#include "console/console.h"
#include "lib/string.h"
#include "x86/acpi-tables.h"
#include "x86/cpu.h"
#include "x86/paging.h"

#define TABLE_MAX (16U << 20) /* larger lengths are damage */

struct acpi_info acpi;
paddr_t boot_rsdp;

static bool checksum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return sum == 0;
}

/* The table at @ma, whole, or NULL. */
static const struct acpi_header *map_table(paddr_t ma)
{
	const struct acpi_header *h = ma ? map_physical(ma, sizeof(*h)) : NULL;
	u32 length;

	if (!h)
		return NULL;
	length = h->length;
	if (length < sizeof(*h) || length > TABLE_MAX)
		return NULL;
	return map_physical(ma, length);
}

static bool signature_is(const struct acpi_header *h, const char *sig)
{
	return !memcmp(h->signature, sig, 4);
}

static const struct acpi_header *table_checked(paddr_t ma)
{
	const struct acpi_header *h = map_table(ma);

	if (!h)
		return NULL;
	if (!checksum_ok(h, h->length)) {
		log_warn("ACPI: table %.4s has a bad checksum, ignored", h->signature);
		return NULL;
	}
	return h;
}

/* --- MADT -------------------------------------------------------------------------------- */

static void add_cpu(u32 apic_id, u32 uid, u32 flags)
{
	if (!(flags & MADT_CPU_ENABLED)) {
		acpi.nr_disabled_cpus++;
		return;
	}
	for (unsigned i = 0; i < acpi.nr_cpus; i++)
		if (acpi.cpus[i].apic_id == apic_id)
			return; /* listed as local APIC and as x2APIC */
	if (acpi.nr_cpus < MAX_PCPUS)
		acpi.cpus[acpi.nr_cpus++] = (struct acpi_cpu){ apic_id, uid };
}

static void madt_lapic(const void *p)
{
	const struct madt_lapic *e = p;

	add_cpu(e->apic_id, e->uid, e->flags);
}

static void madt_x2apic(const void *p)
{
	const struct madt_x2apic *e = p;

	add_cpu(e->apic_id, e->uid, e->flags);
}

static void madt_ioapic(const void *p)
{
	const struct madt_ioapic *e = p;

	if (acpi.nr_ioapics < ACPI_MAX_IOAPICS)
		acpi.ioapics[acpi.nr_ioapics++] =
			(struct acpi_ioapic){ e->id, e->gsi_base, e->address };
}

static void madt_override(const void *p)
{
	const struct madt_override *e = p;

	if (e->bus == 0 && e->source < 16 && acpi.nr_overrides < ACPI_MAX_OVERRIDES)
		acpi.overrides[acpi.nr_overrides++] =
			(struct acpi_override){ e->source, e->gsi, e->flags };
}

static void lint_nmi(u8 lint, u16 flags)
{
	if (lint > 1)
		return;
	acpi.lint_nmi |= 1U << lint;
	acpi.lint_nmi_active_low = (flags & 3) == 3;
}

static void madt_lapic_nmi(const void *p)
{
	const struct madt_lapic_nmi *e = p;

	lint_nmi(e->lint, e->flags);
}

static void madt_x2apic_nmi(const void *p)
{
	const struct madt_x2apic_nmi *e = p;

	lint_nmi(e->lint, e->flags);
}

static const struct {
	u8 type, size;
	void (*read)(const void *entry);
} madt_entries[] = {
	{ MADT_LAPIC, sizeof(struct madt_lapic), madt_lapic },
	{ MADT_IOAPIC, sizeof(struct madt_ioapic), madt_ioapic },
	{ MADT_OVERRIDE, sizeof(struct madt_override), madt_override },
	{ MADT_LAPIC_NMI, sizeof(struct madt_lapic_nmi), madt_lapic_nmi },
	{ MADT_X2APIC, sizeof(struct madt_x2apic), madt_x2apic },
	{ MADT_X2APIC_NMI, sizeof(struct madt_x2apic_nmi), madt_x2apic_nmi },
};

static void read_madt(const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(struct madt), *end = (const u8 *)h + h->length;

	if (h->length < sizeof(struct madt))
		return;
	acpi.has_8259 = ((const struct madt *)h)->flags & MADT_PCAT_COMPAT;
	for (; end - p >= 2; p += p[1]) {
		if (p[1] < 2 || p[1] > end - p) {
			log_warn("ACPI: damaged entry in the MADT, rest ignored");
			return;
		}
		for (unsigned i = 0; i < ARRAY_SIZE(madt_entries); i++)
			if (madt_entries[i].type == p[0] && p[1] >= madt_entries[i].size)
				madt_entries[i].read(p);
	}
}

/* --- FADT, and \_S5 in the DSDT ------------------------------------------------------------ */

/* PkgLength: the two top bits of the first byte say how many follow. */
static const u8 *skip_pkg_length(const u8 *p)
{
	return p + 1 + (*p >> 6);
}

/* A small integer of AML: ZeroOp, OneOp or a byte constant. -1 for anything else. */
static int aml_small_int(const u8 **p)
{
	u8 op = *(*p)++;

	if (op == AML_ZERO || op == AML_ONE)
		return op;
	return op == AML_BYTE ? *(*p)++ : -1;
}

/*
 * Name (\_S5, Package () {typ_a, typ_b, ...}) is a constant on real machines: found by its
 * bytes, as firmware-independent power-off needs nothing else of AML.
 */
static void find_s5(const struct acpi_header *dsdt)
{
	const u8 *p = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (; end - p >= 16; p++) {
		const u8 *q = p + 5;
		int a, b;

		if (memcmp(p, "_S5_\x12", 5) || (p[-1] != AML_NAME && p[-1] != '\\'))
			continue;
		q = skip_pkg_length(q) + 1; /* element count */
		a = aml_small_int(&q);
		b = aml_small_int(&q);
		if (a < 0 || a > 7)
			return;
		acpi.has_s5 = true;
		acpi.s5_typ_a = a;
		acpi.s5_typ_b = b >= 0 && b <= 7 ? b : a;
		return;
	}
}

/* The extended register if the table has one, else the 32-bit port of @bits. */
static struct acpi_gas fadt_register(const struct fadt *f, const struct acpi_gas *extended, u32 port,
				     u8 bits)
{
	if ((const u8 *)(extended + 1) <= (const u8 *)f + f->header.length && extended->address)
		return *extended;
	return (struct acpi_gas){ ACPI_SPACE_IO, bits, 0, 0, port };
}

static void read_fadt(const struct acpi_header *h)
{
	const struct fadt *f = (const void *)h;
	const struct acpi_header *dsdt;
	paddr_t dsdt_ma;

	if (h->length < offsetof(struct fadt, reset))
		return;
	acpi.has_fadt = true;
	acpi.sci_irq = f->sci_irq;
	acpi.pm1a_control = fadt_register(f, &f->x_pm1a_control, f->pm1a_control, 16);
	acpi.pm1b_control = fadt_register(f, &f->x_pm1b_control, f->pm1b_control, 16);
	acpi.pm_timer = fadt_register(f, &f->x_pm_timer, f->pm_timer, 32);
	acpi.pm_timer_32bit = f->flags & FADT_TIMER_32BIT;
	acpi.hw_reduced = f->flags & FADT_HW_REDUCED;
	if (h->length >= offsetof(struct fadt, arm_boot) && (f->flags & FADT_RESET_SUPPORTED)) {
		acpi.has_reset = true;
		acpi.reset = f->reset;
		acpi.reset_value = f->reset_value;
	}
	if (h->length >= offsetof(struct fadt, sleep_status))
		acpi.sleep_control = f->sleep_control;
	dsdt_ma = h->length >= offsetof(struct fadt, x_pm1a_event) && f->x_dsdt ? f->x_dsdt : f->dsdt;
	dsdt = table_checked(dsdt_ma);
	if (dsdt)
		find_s5(dsdt);
}

/* --- HPET, MCFG ----------------------------------------------------------------------------- */

static void read_hpet(const struct acpi_header *h)
{
	const struct hpet_table *t = (const void *)h;

	if (h->length >= sizeof(*t) && t->base.space == ACPI_SPACE_MEMORY)
		acpi.hpet = t->base.address;
}

static void read_mcfg(const struct acpi_header *h)
{
	const struct mcfg_entry *e = (const void *)((const u8 *)h + sizeof(*h) + 8);

	for (; (const u8 *)(e + 1) <= (const u8 *)h + h->length && acpi.nr_mcfg < ACPI_MAX_MCFG; e++)
		acpi.mcfg[acpi.nr_mcfg++] = (struct acpi_mcfg_window){ e->address, e->segment,
								       e->start_bus, e->end_bus };
}

static const struct {
	const char *signature;
	void (*read)(const struct acpi_header *h);
} tables[] = {
	{ "APIC", read_madt },
	{ "FACP", read_fadt },
	{ "HPET", read_hpet },
	{ "MCFG", read_mcfg },
};

static void read_table(paddr_t ma)
{
	const struct acpi_header *h = map_table(ma);

	for (unsigned i = 0; h && i < ARRAY_SIZE(tables); i++)
		if (signature_is(h, tables[i].signature) && table_checked(ma))
			tables[i].read(h);
}

/* RSDT or XSDT: an array of 32- or 64-bit addresses behind the header. */
static void read_root(const struct acpi_header *root, unsigned entry_size)
{
	unsigned n = (root->length - sizeof(*root)) / entry_size;

	for (unsigned i = 0; i < n; i++) {
		u64 ma = 0;

		memcpy(&ma, (const u8 *)(root + 1) + i * entry_size, entry_size);
		read_table(ma);
	}
}

/* --- finding the root ------------------------------------------------------------------------- */

static bool rsdp_ok(const struct rsdp *r)
{
	return !memcmp(r->signature, "RSD PTR ", 8) && checksum_ok(r, RSDP_V1_SIZE);
}

static paddr_t search_rsdp(paddr_t from, paddr_t to)
{
	const u8 *p = map_physical(from, to - from);

	for (paddr_t off = 0; p && off + sizeof(struct rsdp) <= to - from; off += 16)
		if (rsdp_ok((const void *)(p + off)))
			return from + off;
	return 0;
}

static paddr_t find_rsdp(void)
{
	const u16 *ebda_segment = map_physical(0x40e, 2);
	paddr_t ebda = ebda_segment ? (paddr_t)*ebda_segment << 4 : 0, found = 0;

	if (boot_rsdp)
		return boot_rsdp;
	if (ebda >= 0x400 && ebda < 0xa0000)
		found = search_rsdp(ebda, MIN(ebda + 1024, 0xa0000));
	return found ? found : search_rsdp(0xe0000, 0x100000);
}

void acpi_init(void)
{
	const struct acpi_header *root = NULL;
	const struct rsdp *r;
	unsigned entry_size = 8;

	acpi.rsdp = find_rsdp();
	r = acpi.rsdp ? map_physical(acpi.rsdp, sizeof(*r)) : NULL;
	if (!r || !rsdp_ok(r)) {
		log_warn("ACPI: no tables found; one pCPU, no power management");
		acpi.rsdp = 0;
		return;
	}
	if (r->revision >= 2 && r->xsdt)
		root = table_checked(r->xsdt);
	if (!root) {
		root = table_checked(r->rsdt);
		entry_size = 4;
	}
	if (!root) {
		log_warn("ACPI: damaged root table, tables ignored");
		return;
	}
	read_root(root, entry_size);
	log_info("ACPI: %u CPUs (%u disabled), %u IO-APICs, %u overrides, SCI %u%s%s", acpi.nr_cpus,
		 acpi.nr_disabled_cpus, acpi.nr_ioapics, acpi.nr_overrides, acpi.sci_irq,
		 acpi.hpet ? ", HPET" : "", acpi.nr_mcfg ? ", MCFG" : "");
}

/* --- registers ---------------------------------------------------------------------------------- */

void acpi_gas_write(const struct acpi_gas *reg, u32 value)
{
	unsigned bits = reg->access ? 4U << reg->access : reg->bit_width;

	if (reg->space == ACPI_SPACE_IO) {
		if (bits >= 32)
			outl(reg->address, value);
		else if (bits == 16)
			outw(reg->address, value);
		else
			outb(reg->address, value);
	} else if (reg->space == ACPI_SPACE_MEMORY) {
		volatile void *p = map_mmio(reg->address, 4);

		if (p && bits >= 32)
			*(volatile u32 *)p = value;
		else if (p && bits == 16)
			*(volatile u16 *)p = value;
		else if (p)
			*(volatile u8 *)p = value;
	}
}

u32 acpi_gas_read(const struct acpi_gas *reg)
{
	if (reg->space == ACPI_SPACE_IO)
		return reg->bit_width >= 32 ? inl(reg->address) : inw(reg->address);
	return 0;
}

u16 acpi_pm_timer_port(void)
{
	return acpi.has_fadt && acpi.pm_timer.space == ACPI_SPACE_IO ? acpi.pm_timer.address : 0;
}
