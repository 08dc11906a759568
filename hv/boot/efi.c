/* SPDX-License-Identifier: MIT */
/*
 * Reading the EFI system table; see efi.h.  The firmware's structures are
 * checked for their signature and for lying below 4 GiB, no more: whoever wrote
 * them started us.  Boot pCPU only.
 */
#include "boot/efi.h"

#include "lib/string.h"
#include "x86/layout.h"

#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249ULL /* "IBI SYST" */
#define MAX_ENTRIES 256
#define BOOT_MAP_END (1ULL << 32)

struct efi_system_table {
	u64 signature;
	u32 revision, header_bytes, crc, reserved;
	u64 vendor;
	u32 vendor_revision, padding;
	u64 console_in_handle, console_in, console_out_handle, console_out;
	u64 error_handle, error_out, runtime_services, boot_services;
	u64 nr_entries, entries;
} PACKED;

struct efi_guid {
	u32 a;
	u16 b, c;
	u8 d[8];
} PACKED;

struct efi_entry {
	struct efi_guid guid;
	u64 table;
} PACKED;

_Static_assert(sizeof(struct efi_system_table) == 120, "UEFI 2.10, 4.3");

static const struct efi_guid acpi_1 = {
	0xeb9d2d30, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};
static const struct efi_guid acpi_2 = {
	0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};

/* @bytes at @address, if the boot direct map has them. */
static const void *mapped(u64 address, u64 bytes)
{
	return address && address < BOOT_MAP_END && bytes <= BOOT_MAP_END - address
		       ? maddr_to_virt(address)
		       : NULL;
}

static u64 table_of(const struct efi_entry *entries, u64 n, const struct efi_guid *guid)
{
	for (u64 i = 0; i < n; i++)
		if (!memcmp(&entries[i].guid, guid, sizeof(*guid)))
			return entries[i].table;
	return 0;
}

paddr_t efi_rsdp(u64 system_table)
{
	const struct efi_system_table *t = mapped(system_table, sizeof(*t));
	const struct efi_entry *entries;
	paddr_t rsdp;

	if (!t || t->signature != SYSTEM_TABLE_SIGNATURE || t->nr_entries > MAX_ENTRIES)
		return 0;
	entries = mapped(t->entries, t->nr_entries * sizeof(*entries));
	if (!entries)
		return 0;
	rsdp = table_of(entries, t->nr_entries, &acpi_2);
	return rsdp ? rsdp : table_of(entries, t->nr_entries, &acpi_1);
}
