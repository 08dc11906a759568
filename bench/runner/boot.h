/* SPDX-License-Identifier: MIT */
/*
 * What one boot is: its options, as `orrery boot` parses them and as other commands
 * that boot machines (benchmarks, reproductions) fill them in.  boot_options.c owns
 * defaults and checks, machine.c turns it into a QEMU command line, boot.c runs it.
 */
#ifndef ORRERY_RUNNER_BOOT_H
#define ORRERY_RUNNER_BOOT_H

#include <stdbool.h>
#include <stdint.h>

enum boot_disk { DISK_NONE, DISK_SD, DISK_VIRTIO, DISK_AHCI };
enum boot_net { NET_NONE, NET_E1000, NET_VIRTIO };

#define BOOT_GUESTS_MAX 64

struct boot_options {
	bool xen;   /* the peer instead of our hypervisor */
	bool fast;  /* free-running QEMU; otherwise instruction-count mode */
	bool trace; /* trace from boot, collector in Dom0 */
	bool gdb;   /* wait for a debugger, no limits */
	bool keep;  /* keep the disk image and the boot links */
	bool force; /* reuse the run directory `out` */
	bool reset_ends; /* a reset ends the run as well as a power-off: kernels without ACPI */
	const char *sched, *frames, *heap; /* policies, or NULL for the default */
	const char *append, *append_dom0;  /* more command line, or NULL */
	const char *run;                   /* scenario of the Dom0 image */
	const char *guests[BOOT_GUESTS_MAX]; /* configurations of guests for Dom0 */
	unsigned nr_guests;
	const char *out;                   /* run directory, or NULL for a fresh one */
	const char *hypervisor, *kernel, *initrd; /* files, or NULL for the built ones */
	unsigned smp, mem_mib;
	unsigned dom0_vcpus, dom0_mem_mib; /* dom0_vcpus 0: as many as pCPUs */
	unsigned timeout_s;                /* virtual seconds; 0 for no limit */
	unsigned seed;
	enum boot_disk disk;
	enum boot_net net;
	bool net_given; /* --net was on the command line */
	bool run_given; /* --run too */
};

extern const char *const boot_disk_names[];
extern const char *const boot_net_names[];

/* Defaults of every field. */
void boot_defaults(struct boot_options *o);

/*
 * Parse a command line.  Returns true to go on; otherwise *status is the exit
 * status to leave with (help was printed, or a complaint was).
 */
bool boot_parse(struct boot_options *o, int argc, char **argv, int *status);

/* Whether two runs of these options give the same bytes (DESIGN.md, section 1.4). */
bool boot_is_deterministic(const struct boot_options *o);

/*
 * Run one machine from start to end and leave a complete run directory.  Returns
 * an exit status; complaints have been printed.
 */
int boot_machine(const struct boot_options *o);

#endif
