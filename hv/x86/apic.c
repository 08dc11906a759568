/* SPDX-License-Identifier: MIT */
/*
 * Local APIC driver; see apic.h and irq.h.  Interrupts are addressed in
 * physical mode.  Every function acts on the running pCPU's own APIC, so there
 * are no locks; the two-register command of the xAPIC is written with
 * interrupts off.  The deadline mode of the timer is not used: the plain
 * one-shot counter works everywhere and is as cheap.
 */
#include "x86/apic.h"

#include "console/console.h"
#include "time/clock.h"
#include "time/scale.h"
#include "time/timer.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/irq.h"
#include "x86/paging.h"

#define APIC_BASE_X2APIC (1U << 10)
#define APIC_BASE_ENABLE (1U << 11)
#define APIC_BASE_ADDR 0x000ffffffffff000ULL
#define MSR_X2APIC 0x800
#define MSR_X2APIC_ICR 0x830
#define SPIV_ENABLE 0x100
#define DIVIDE_BY_1 0xb
#define LVT_ACTIVE_LOW 0x2000
#define CALIBRATION_NS NS_PER_MS
#define MHZ 1000000ULL
#define SNAP_PPM 200

volatile u32 *apic_mmio;
static u64 timer_ticks_per_ns; /* 32.32 fixed point */
static u64 timer_max_ns;       /* longer waits take more than one interrupt */

u32 apic_read(u32 reg)
{
	if (likely(apic_mmio != NULL))
		return apic_mmio[reg / 4];
	return rdmsr(MSR_X2APIC + reg / 16);
}

void apic_write(u32 reg, u32 value)
{
	if (likely(apic_mmio != NULL))
		apic_mmio[reg / 4] = value;
	else
		wrmsr(MSR_X2APIC + reg / 16, value);
}

u32 apic_id_this(void)
{
	u32 id = apic_read(APIC_ID);

	return apic_mmio ? id >> 24 : id;
}

/* --- inter-processor interrupts --- */

void apic_send_raw(u32 apic_id, u32 icr)
{
	unsigned long flags;

	if (unlikely(apic_mmio == NULL)) {
		memory_barrier(); /* this MSR write does not order earlier stores */
		wrmsr(MSR_X2APIC_ICR, (u64)apic_id << 32 | icr);
		return;
	}
	flags = irq_save();
	while (apic_mmio[APIC_ICR / 4] & APIC_ICR_BUSY)
		cpu_relax();
	apic_mmio[APIC_ICR2 / 4] = apic_id << 24;
	apic_mmio[APIC_ICR / 4] = icr;
	irq_restore(flags);
}

void apic_send_ipi(unsigned cpu, u8 vector)
{
	apic_send_raw(pcpus[cpu]->apic_id, APIC_DM_FIXED | APIC_ICR_ASSERT | vector);
}

void apic_send_self(u8 vector)
{
	u32 icr = APIC_ICR_SELF | APIC_DM_FIXED | APIC_ICR_ASSERT | vector;

	/* The shorthand needs no destination, so a send that was interrupted is not disturbed. */
	if (apic_mmio)
		apic_mmio[APIC_ICR / 4] = icr;
	else
		wrmsr(MSR_X2APIC_ICR, icr);
}

void apic_send_nmi(unsigned cpu)
{
	apic_send_raw(pcpus[cpu]->apic_id, APIC_DM_NMI | APIC_ICR_ASSERT);
}

/* --- timer --- */

void apic_timer_set(s_time_t deadline)
{
	s_time_t delta = deadline - clock_now();

	if (unlikely((u64)delta - 1 >= timer_max_ns)) {
		if (deadline == TIME_MAX) {
			apic_write(APIC_TIMER_INITIAL, 0);
			return;
		}
		delta = delta <= 0 ? 0 : timer_max_ns; /* the past means now */
	}
	/* Rounded up: an interrupt before its time would only have to be repeated. */
	apic_write(APIC_TIMER_INITIAL, (delta * timer_ticks_per_ns >> 32) + 1);
}

/* The counter's value and the time, read as closely together as three tries manage. */
static u32 sample_timer(s_time_t *time)
{
	s_time_t best = INT64_MAX;
	u32 value = 0;

	for (unsigned i = 0; i < 3; i++) {
		s_time_t before = now_ns();
		u32 v = apic_read(APIC_TIMER_CURRENT);
		s_time_t after = now_ns();

		if (after - before < best) {
			best = after - before;
			*time = before + best / 2;
			value = v;
		}
	}
	return value;
}

void apic_timer_calibrate(void)
{
	s_time_t start = 0, end = 0;
	u64 ticks, hz, mhz;

	apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
	ticks = sample_timer(&start);
	delay_ns(CALIBRATION_NS);
	ticks -= sample_timer(&end);
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	if (ticks < 1000)
		boot_fail("the local APIC's timer does not count");
	hz = mul_div(ticks, NS_PER_SEC, end - start);
	mhz = (hz + MHZ / 2) / MHZ * MHZ;
	if (mhz && (mhz > hz ? mhz - hz : hz - mhz) * MHZ <= hz * SNAP_PPM)
		hz = mhz;
	timer_ticks_per_ns = mul_div(hz, 1ULL << 32, NS_PER_SEC);
	timer_max_ns = (1ULL << 63) / timer_ticks_per_ns; /* also keeps the count within 32 bits */
	log_info("APIC timer: %lu kHz", (unsigned long)(hz / 1000));
}

/* --- initialisation --- */

static void error_interrupt(struct cpu_regs *regs)
{
	apic_write(APIC_ESR, 0);
	log_warn("CPU%u: local APIC error, status %#x", smp_processor_id(), apic_read(APIC_ESR));
}

void apic_init(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	if (!(cpuid(1, 0).d >> 9 & 1))
		boot_fail("this processor has no local APIC: Orrery needs one");
	if (!(base & APIC_BASE_X2APIC)) {
		apic_mmio = map_mmio(base & APIC_BASE_ADDR, PAGE_SIZE);
		if (!apic_mmio)
			boot_fail("no memory to map the local APIC");
	}
	set_vector_handler(VECTOR_ERROR, error_interrupt);
}

/* Interrupts that firmware or a previous kernel left in service would block ours. */
static void finish_stale_interrupts(void)
{
	for (unsigned i = 0; i < 8; i++)
		for (u32 bits = apic_read(APIC_ISR + i * 16); bits; bits &= bits - 1)
			apic_eoi();
}

static u32 lint_mode(unsigned n)
{
	if (!(acpi.lint_nmi >> n & 1))
		return APIC_LVT_MASKED;
	return APIC_DM_NMI | (acpi.lint_nmi_active_low ? LVT_ACTIVE_LOW : 0);
}

void apic_init_this(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);
	u32 lvts;

	/* All pCPUs in the mode the boot pCPU was found in. */
	if (!apic_mmio && !(base & APIC_BASE_X2APIC))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
	else if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	lvts = (apic_read(APIC_VERSION) >> 16 & 0xff) + 1;
	finish_stale_interrupts();
	apic_write(APIC_TPR, 0);
	apic_write(APIC_SPIV, SPIV_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_LVT_LINT0, lint_mode(0));
	apic_write(APIC_LVT_LINT1, lint_mode(1));
	if (lvts > 4)
		apic_write(APIC_LVT_PERF, APIC_LVT_MASKED);
	if (lvts > 5)
		apic_write(APIC_LVT_THERMAL, APIC_LVT_MASKED);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	apic_write(APIC_TIMER_INITIAL, 0);
}
