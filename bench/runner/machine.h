/* SPDX-License-Identifier: MIT */
/*
 * The QEMU machine of a boot: its argument vector and the command lines of the
 * hypervisor and of Dom0.  Pure text building: the same options give the same
 * bytes on every host.  File names are fixed and relative, because QEMU puts them
 * into guest memory; the caller starts QEMU in a directory that has them.
 */
#ifndef ORRERY_RUNNER_MACHINE_H
#define ORRERY_RUNNER_MACHINE_H

#include "bench/runner/boot.h"

#define MACHINE_QEMU "qemu-system-x86_64"
#define MACHINE_HYPERVISOR "hypervisor"
#define MACHINE_KERNEL "vmlinuz"
#define MACHINE_REPEATABLE "repeatable.so"
#define MACHINE_INITRD "initrd.gz"
#define MACHINE_DISK "disk.img"
#define MACHINE_CONSOLE "console.log"
#define MACHINE_QMP_FD 3 /* QEMU's end of the monitor's socket pair */

/*
 * What the peer is always given, unless the user's own line has the option.  Xen 4.17 would switch the FPU
 * lazily: with CR0.TS, which QEMU 7.2 does not heed in XSAVE and XRSTOR, so that domains on one processor
 * would get each other's registers.
 */
#define MACHINE_PEER_OPTION "spec-ctrl="
#define MACHINE_PEER_VALUE "eager-fpu"

/* NULL-ended, one allocation per string; free with machine_argv_free(). */
char **machine_argv(const struct boot_options *o);
void machine_argv_free(char **argv);

/* malloc'd command lines. */
char *machine_hypervisor_line(const struct boot_options *o);
char *machine_dom0_line(const struct boot_options *o);

#endif
