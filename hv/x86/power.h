/* SPDX-License-Identifier: MIT */
/*
 * The end of the machine: off, reset or halted.  All stop the other pCPUs
 * first, flush the console themselves nowhere, and do not return.
 */
#ifndef ORRERY_X86_POWER_H
#define ORRERY_X86_POWER_H

#include "lib/types.h"

struct xenpf_enter_acpi_sleep;

/* S5 by the values of \_S5 in the DSDT; halts until it comes, or for good if it does not. */
void NORETURN machine_power_off(void);
/* ACPI reset register, port 0xcf9, keyboard controller, triple fault: the first that works. */
void NORETURN machine_restart(void);
void NORETURN machine_halt(void);

/*
 * XENPF_enter_acpi_sleep.  S5: does not return.  -EINVAL: bad flags or state for this machine's
 * tables; -EOPNOTSUPP: a sleep state other than S5.
 */
int acpi_enter_sleep(const struct xenpf_enter_acpi_sleep *sleep);

#endif
