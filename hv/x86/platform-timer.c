/* SPDX-License-Identifier: MIT */
/*
 * The three platform counters; see platform-timer.h.  The PM timer is
 * preferred: a fixed 3.579545 MHz, nobody writes it, and emulators derive it
 * from the same clock as the TSC.
 */
#include "x86/platform-timer.h"

#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/paging.h"

#define PM_TIMER_HZ 3579545

#define HPET_CAPABILITIES 0x000
#define HPET_CONFIG 0x010
#define HPET_CONFIG_ENABLE 1
#define HPET_COUNTER 0x0f0
#define FEMTOSECONDS_PER_SEC 1000000000000000ULL

#define PIT_HZ 1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61

/* --- ACPI PM timer --- */

static u16 pm_timer_port;

static u32 pm_timer_read(void)
{
	return inl(pm_timer_port);
}

static struct platform_timer pm_timer = {
	.name = "ACPI PM timer", .hz = PM_TIMER_HZ, .mask = 0xffffff, .runs_forever = true,
	.read = pm_timer_read,
};

/* Does a counter move at all within a few thousand looks? */
static bool counts(const struct platform_timer *t)
{
	u32 first = t->read();

	for (unsigned i = 0; i < 10000; i++)
		if (t->read() != first)
			return true;
	return false;
}

static bool pm_timer_probe(void)
{
	pm_timer_port = acpi_pm_timer_port();
	return pm_timer_port && counts(&pm_timer);
}

/* --- HPET --- */

static volatile u32 *hpet;

static u32 hpet_read(void)
{
	return hpet[HPET_COUNTER / 4];
}

static struct platform_timer hpet_timer = {
	.name = "HPET", .mask = 0xffffffff, .runs_forever = true, .read = hpet_read,
};

static bool hpet_probe(void)
{
	u32 period;

	if (!acpi.hpet)
		return false;
	hpet = map_mmio(acpi.hpet, 0x400);
	if (!hpet)
		return false;
	period = hpet[HPET_CAPABILITIES / 4 + 1]; /* femtoseconds a tick, at most 100 ns */
	if (!period || period > 100000000)
		return false;
	hpet_timer.hz = FEMTOSECONDS_PER_SEC / period;
	hpet[HPET_CONFIG / 4] |= HPET_CONFIG_ENABLE;
	return counts(&hpet_timer);
}

/* --- PIT channel 2, the speaker's: counts down through 16 bits, no interrupt --- */

static u32 pit_read(void)
{
	u8 lo, hi;

	outb(PIT_COMMAND, 0x80); /* latch channel 2 */
	lo = inb(PIT_CHANNEL2);
	hi = inb(PIT_CHANNEL2);
	return ~(hi << 8 | lo) & 0xffff;
}

static struct platform_timer pit_timer = {
	.name = "PIT", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read,
};

static void pit_start(void)
{
	outb(PIT_GATE, (inb(PIT_GATE) & ~2) | 1); /* gate on, speaker off */
	outb(PIT_COMMAND, 0xb4);                  /* channel 2, both bytes, rate generator */
	outb(PIT_CHANNEL2, 0);
	outb(PIT_CHANNEL2, 0); /* 65536 */
}

const struct platform_timer *platform_timer_init(void)
{
	if (pm_timer_probe()) {
		if (acpi.pm_timer_32bit)
			pm_timer.mask = 0xffffffff;
		return &pm_timer;
	}
	if (hpet_probe())
		return &hpet_timer;
	pit_start();
	return &pit_timer;
}
