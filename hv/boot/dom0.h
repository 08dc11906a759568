/* SPDX-License-Identifier: MIT */
/*
 * Building Dom0 from the boot modules: the first is its kernel, the second its
 * initrd.
 */
#ifndef ORRERY_BOOT_DOM0_H
#define ORRERY_BOOT_DOM0_H

/* Boot pCPU, everything else ready.  Ends in boot_fail() when the input is no good. */
void dom0_build(void);
/* Before the frame allocator takes over: unpack and check the kernel in boot memory. */
void dom0_open_kernel(void);

#endif
