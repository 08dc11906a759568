/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own command line: parsed once, early, and kept for guests
 * that ask (XENVER_commandline).
 */
#ifndef ORRERY_BOOT_OPTIONS_H
#define ORRERY_BOOT_OPTIONS_H

/* What XENVER_commandline can hold, with the final zero. */
#define BOOT_CMDLINE_BYTES 1024

/*
 * @line: the command line as the boot loader gave it; @loader: its name or NULL.
 * Loaders other than GRUB 2 put the image's path in front; it is dropped.  Sets
 * every registered option; faults are logged, one line each.  First use of the
 * line: the console may still be closed, the lines wait in the ring.
 */
void boot_options_parse(const char *line, const char *loader);

/* The whole line without the path; and what stood behind a lone "--", or "". */
const char *boot_cmdline(void);
const char *boot_cmdline_rest(void);

#endif
