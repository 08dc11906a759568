/* SPDX-License-Identifier: MIT */
/*
 * Power off, reset, halt; see power.h.  May be called from a panic, so it
 * takes no locks and expects nothing of the rest.
 */
#include "x86/power.h"

#include <xen/xen.h>
#include <xen/platform.h>

#include "console/console.h"
#include "lib/errno.h"
#include "time/clock.h"
#include "time/timer.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/smp.h"

#define SLEEP_S5 5
#define PM1_SLP_TYP_SHIFT 10 /* PM1 control, ACPI 6.5 4.8.4.2.1 */
#define PM1_SLP_TYP (7U << PM1_SLP_TYP_SHIFT)
#define PM1_SLP_EN (1U << 13)
#define SLEEP_CONTROL_TYP_SHIFT 2 /* sleep control register, 4.8.4.6 */
#define SLEEP_CONTROL_EN (1U << 5)
#define RESET_PORT 0xcf9
#define RESET_COLD 0x06
#define KBC_COMMAND 0x64
#define KBC_PULSE_RESET 0xfe
#define SETTLE_NS (20 * NS_PER_MS)

void machine_halt(void)
{
	smp_stop_others();
	for (;;)
		__asm__ volatile("cli; hlt");
}

/*
 * Ask for the sleep state.  It comes some time after; whoever asks halts meanwhile, for what a processor
 * would do until then differs from run to run.
 */
static void write_pm1(u32 a, u32 b)
{
	if (!acpi.pm1a_control.address)
		return;
	/* First the type alone, then with the enable bit, as 16.1.5 of ACPI 6.5 has it. */
	acpi_gas_write(&acpi.pm1a_control, a & ~PM1_SLP_EN);
	if (acpi.pm1b_control.address)
		acpi_gas_write(&acpi.pm1b_control, b & ~PM1_SLP_EN);
	acpi_gas_write(&acpi.pm1a_control, a | PM1_SLP_EN);
	if (acpi.pm1b_control.address)
		acpi_gas_write(&acpi.pm1b_control, b | PM1_SLP_EN);
}

static u32 pm1_with_type(const struct acpi_gas *reg, u8 type)
{
	u32 v = reg->address ? acpi_gas_read(reg) & ~(PM1_SLP_TYP | PM1_SLP_EN) : 0;

	return v | (u32)type << PM1_SLP_TYP_SHIFT;
}

static void sleep_s5_from_tables(void)
{
	if (!acpi.has_s5)
		return;
	if (acpi.hw_reduced && acpi.sleep_control.address) {
		acpi_gas_write(&acpi.sleep_control,
			       (u32)acpi.s5_typ_a << SLEEP_CONTROL_TYP_SHIFT | SLEEP_CONTROL_EN);
		return;
	}
	write_pm1(pm1_with_type(&acpi.pm1a_control, acpi.s5_typ_a),
		  pm1_with_type(&acpi.pm1b_control, acpi.s5_typ_b));
}

void machine_power_off(void)
{
	irq_disable();
	smp_stop_others();
	log_info("should the machine stay on, it is safe to switch it off now");
	sleep_s5_from_tables();
	machine_halt();
}

int acpi_enter_sleep(const struct xenpf_enter_acpi_sleep *sleep)
{
	bool extended = sleep->flags & XENPF_ACPI_SLEEP_EXTENDED;

	if ((sleep->flags & ~XENPF_ACPI_SLEEP_EXTENDED) || extended != acpi.hw_reduced)
		return -EINVAL;
	if (extended ? (sleep->val_a | sleep->val_b) & ~0xff : !acpi.pm1a_control.address)
		return -EINVAL;
	if (sleep->sleep_state != SLEEP_S5)
		return -EOPNOTSUPP;
	log_info("Dom0 powers the machine off: should it stay on, it is safe to switch it off now");
	irq_disable();
	smp_stop_others();
	if (extended)
		acpi_gas_write(&acpi.sleep_control, sleep->val_a | SLEEP_CONTROL_EN);
	else
		write_pm1(sleep->val_a, sleep->val_b);
	machine_halt();
}

/* --- reset --- */

static void reset_by_acpi(void)
{
	if (!acpi.has_reset || acpi.reset.space == ACPI_SPACE_PCI_CONFIG)
		return;
	acpi_gas_write(&acpi.reset, acpi.reset_value);
	delay_ns(SETTLE_NS);
}

static void reset_by_chipset(void)
{
	outb(RESET_PORT, RESET_COLD & ~4);
	delay_ns(50 * NS_PER_US);
	outb(RESET_PORT, RESET_COLD);
	delay_ns(SETTLE_NS);
}

static void reset_by_keyboard_controller(void)
{
	outb(KBC_COMMAND, KBC_PULSE_RESET);
	delay_ns(SETTLE_NS);
}

/* No interrupt table at all: the next exception shuts the processor down. */
static void NORETURN triple_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} PACKED none = { 0, 0 };

	__asm__ volatile("lidt %0; int3" : : "m"(none));
	for (;;)
		__asm__ volatile("hlt");
}

void machine_restart(void)
{
	irq_disable();
	smp_stop_others();
	reset_by_acpi();
	reset_by_chipset();
	reset_by_keyboard_controller();
	triple_fault();
}
