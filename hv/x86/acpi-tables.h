/* SPDX-License-Identifier: MIT */
/*
 * Layouts of the ACPI tables that acpi.c reads (ACPI 6.5: RSDP 5.2.5, header
 * 5.2.6, FADT 5.2.9, MADT 5.2.12; HPET specification 1.0a 3.2.4; PCI firmware
 * specification 3.2, 4.1.2).
 */
#ifndef ORRERY_X86_ACPI_TABLES_H
#define ORRERY_X86_ACPI_TABLES_H

#include "x86/acpi.h"

#define RSDP_V1_SIZE 20

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 extended_checksum, reserved[3];
} PACKED;

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} PACKED;

struct fadt {
	struct acpi_header header;
	u32 facs, dsdt;
	u8 reserved0, profile;
	u16 sci_irq;
	u32 smi_command;
	u8 acpi_enable, acpi_disable, s4bios, pstate_control;
	u32 pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer, gpe0, gpe1;
	u8 pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len, gpe0_len, gpe1_len, gpe1_base;
	u8 cstate_control;
	u16 c2_latency, c3_latency, flush_size, flush_stride;
	u8 duty_offset, duty_width, day_alarm, month_alarm, century;
	u16 boot_flags;
	u8 reserved1;
	u32 flags;
	struct acpi_gas reset;
	u8 reset_value;
	u16 arm_boot;
	u8 minor;
	u64 x_facs, x_dsdt;
	struct acpi_gas x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control, x_pm2_control;
	struct acpi_gas x_pm_timer, x_gpe0, x_gpe1;
	struct acpi_gas sleep_control, sleep_status;
} PACKED;
_Static_assert(offsetof(struct fadt, flags) == 112, "FADT layout");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "FADT layout");
_Static_assert(offsetof(struct fadt, sleep_control) == 244, "FADT layout");
#define FADT_TIMER_32BIT (1U << 8)
#define FADT_RESET_SUPPORTED (1U << 10)
#define FADT_HW_REDUCED (1U << 20)

struct madt {
	struct acpi_header header;
	u32 lapic_address, flags;
} PACKED;
#define MADT_PCAT_COMPAT 1U
#define MADT_CPU_ENABLED 1U

enum {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_NMI = 4,
	MADT_X2APIC = 9,
	MADT_X2APIC_NMI = 10,
};

struct madt_lapic {
	u8 type, length, uid, apic_id;
	u32 flags;
} PACKED;

struct madt_ioapic {
	u8 type, length, id, reserved;
	u32 address, gsi_base;
} PACKED;

struct madt_override {
	u8 type, length, bus, source;
	u32 gsi;
	u16 flags;
} PACKED;

struct madt_lapic_nmi {
	u8 type, length, uid;
	u16 flags;
	u8 lint;
} PACKED;

struct madt_x2apic {
	u8 type, length;
	u16 reserved;
	u32 apic_id, flags, uid;
} PACKED;

struct madt_x2apic_nmi {
	u8 type, length;
	u16 flags;
	u32 uid;
	u8 lint, reserved[3];
} PACKED;

struct hpet_table {
	struct acpi_header header;
	u32 id;
	struct acpi_gas base;
	u8 number;
	u16 min_tick;
	u8 protection;
} PACKED;

struct mcfg_entry {
	u64 address;
	u16 segment;
	u8 start_bus, end_bus;
	u32 reserved;
} PACKED;

#define AML_ZERO 0x00
#define AML_ONE 0x01
#define AML_NAME 0x08
#define AML_BYTE 0x0a

#endif
