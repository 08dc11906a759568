/* SPDX-License-Identifier: MIT */
/*
 * What the static ACPI tables say: processors, IO-APICs, interrupt overrides,
 * power and reset registers, timers, PCI windows.  No AML is interpreted (the
 * one exception is a byte search for the \_S5 package).  Filled once on the boot
 * pCPU, constant afterwards.  Layouts: ACPI 6.5, chapter 5.
 */
#ifndef ORRERY_X86_ACPI_H
#define ORRERY_X86_ACPI_H

#include "lib/types.h"
#include "x86/percpu.h"

#define ACPI_MAX_IOAPICS 16
#define ACPI_MAX_OVERRIDES 32
#define ACPI_MAX_MCFG 8

struct acpi_cpu {
	u32 apic_id;
	u32 acpi_uid;
};

struct acpi_ioapic {
	u32 id, gsi_base;
	paddr_t address;
};

struct acpi_override { /* ISA line @source is wired to @gsi */
	u8 source;
	u32 gsi;
	u16 flags; /* MPS INTI: polarity bits 1:0, trigger bits 3:2 */
};

struct acpi_gas { /* generic address structure, ACPI 6.5 5.2.3.2 */
	u8 space, bit_width, bit_offset, access;
	u64 address;
} PACKED;
#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO 1
#define ACPI_SPACE_PCI_CONFIG 2

struct acpi_mcfg_window {
	u64 address;
	u16 segment;
	u8 start_bus, end_bus;
};

struct acpi_info {
	paddr_t rsdp;                    /* 0: no ACPI found */
	unsigned nr_cpus;                /* enabled ones, in table order */
	struct acpi_cpu cpus[MAX_PCPUS];
	unsigned nr_disabled_cpus;
	unsigned nr_ioapics;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	unsigned nr_overrides;
	struct acpi_override overrides[ACPI_MAX_OVERRIDES];
	bool has_8259;
	u8 lint_nmi;                     /* bit per LINTn that is NMI on all processors */
	bool lint_nmi_active_low;

	bool has_fadt, hw_reduced;
	u16 sci_irq;
	struct acpi_gas pm1a_control, pm1b_control, pm_timer, reset;
	struct acpi_gas sleep_control;   /* hardware-reduced ACPI */
	u8 reset_value;
	bool has_reset;
	bool pm_timer_32bit;
	bool has_s5;                     /* \_S5 found: the two SLP_TYP values */
	u8 s5_typ_a, s5_typ_b;
	paddr_t hpet;                    /* 0: none */
	unsigned nr_mcfg;
	struct acpi_mcfg_window mcfg[ACPI_MAX_MCFG];
};

extern struct acpi_info acpi;

/* Set by multiboot2 code before acpi_init() if the loader passed it; 0: search low memory. */
extern paddr_t boot_rsdp;

/* Read the tables.  One warning line per table that is broken; a machine without ACPI is
 * driven with one pCPU.  @pre paging_init() */
void acpi_init(void);

/* I/O port of the PM timer, 0 if there is none there. */
u16 acpi_pm_timer_port(void);

/* Write @value to a register of a generic address (I/O or memory space). */
void acpi_gas_write(const struct acpi_gas *reg, u32 value);
u32 acpi_gas_read(const struct acpi_gas *reg);

#endif
