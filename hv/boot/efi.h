/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor takes from UEFI firmware after a boot loader has left its
 * boot services: the address of the ACPI root pointer, which lies anywhere.
 * Nothing of the firmware is ever called.  Used once, by multiboot.c.
 */
#ifndef ORRERY_BOOT_EFI_H
#define ORRERY_BOOT_EFI_H

#include "lib/types.h"

/*
 * The newest RSDP that the configuration table of the EFI system table at @system_table names
 * (UEFI 2.10, 4.3 and 4.6), or 0.  @pre the boot direct map: nothing above 4 GiB is looked at.
 */
paddr_t efi_rsdp(u64 system_table);

#endif
