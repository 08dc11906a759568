/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader handed over, in one form for multiboot 1 and 2.
 */
#ifndef ORRERY_BOOT_MULTIBOOT_H
#define ORRERY_BOOT_MULTIBOOT_H

#include "lib/types.h"

#define BOOT_MAX_MODULES 8
#define BOOT_LINE_MAX 4096 /* longer than any guest may see, so that loss is noticed */

struct boot_module {
	paddr_t start, end;
	char cmdline[BOOT_LINE_MAX];
};

struct boot_info {
	char cmdline[BOOT_LINE_MAX];
	char loader[64];
	paddr_t rsdp;              /* from multiboot2: where EFI has it, else a copy; 0 none */
	unsigned lost_ranges;      /* of the memory map, which had more than E820_MAX */
	unsigned nr_modules;
	struct boot_module module[BOOT_MAX_MODULES];
};
extern struct boot_info boot_info;

/* Copy everything out of the loader's structures and fill the memory map.  False: not
 * started by a multiboot loader.  @pre the boot direct map (4 GiB). */
bool multiboot_parse(u32 magic, u32 info);

#endif
