/* SPDX-License-Identifier: MIT */
/*
 * Building Dom0 from the boot modules: the first is its kernel, the second its
 * initrd.
 */
#ifndef ORRERY_BOOT_DOM0_H
#define ORRERY_BOOT_DOM0_H

#include "lib/types.h"

/* Boot pCPU, everything else ready.  Ends in boot_fail() when the input is no good. */
void dom0_build(void);
/* Before the frame allocator takes over: unpack and check the kernel in boot memory. */
void dom0_open_kernel(void);
/* Dom0's command line into @size bytes at @line; @module_line: the kernel module's, as given. */
void dom0_command_line(char *line, size_t size, const char *module_line);

#endif
