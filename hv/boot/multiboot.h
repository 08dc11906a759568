/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader handed over, in one form for multiboot 1 and 2.
 */
#ifndef ORRERY_BOOT_MULTIBOOT_H
#define ORRERY_BOOT_MULTIBOOT_H

#include "lib/types.h"

#define BOOT_MAX_MODULES 8

struct boot_module {
	paddr_t start, end;
	char cmdline[1024];
};

struct boot_info {
	char cmdline[1024];
	char loader[64];
	paddr_t rsdp;              /* copy of the RSDP passed by multiboot2, 0 none */
	unsigned nr_modules;
	struct boot_module module[BOOT_MAX_MODULES];
};
extern struct boot_info boot_info;

/* Copy everything out of the loader's structures and fill the memory map.  False: not
 * started by a multiboot loader.  @pre the boot direct map (4 GiB). */
bool multiboot_parse(u32 magic, u32 info);

#endif
