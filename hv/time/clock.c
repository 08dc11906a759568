/* SPDX-License-Identifier: MIT */
/*
 * The clock of the hypervisor: TSC ticks scaled to nanoseconds.  The scale is
 * measured at boot against a platform timer and, unless the processor says
 * its TSC is invariant, compared with it once a second by a timer of pCPU 0.
 * While the two agree to about a microsecond nothing changes; so in QEMU's
 * instruction-count mode, where both count the same virtual time, the scale
 * stays what it was.  A correction only changes the slope: the clock never
 * steps.  Other pCPUs take a new scale over in their timer softirq.
 *
 * Assumption: the TSCs of all pCPUs run at one rate; constant distances are
 * measured when a pCPU comes up and compensated.
 *
 * The clock is stable if one scale is right on all pCPUs, for ever: the TSC is invariant, or QEMU
 * counts instructions (then the TSC is virtual nanoseconds, as is the platform timer), and no pCPU
 * is at a distance.  Then there is no correction, and guests may read the clock in user mode.
 *
 * Lock: scale_lock, interrupts off, over the master scale.
 */
#include "time/clock.h"

#include "console/console.h"
#include "lib/spinlock.h"
#include "time/scale.h"
#include "time/timer.h"
#include "x86/cpu.h"
#include "x86/platform-timer.h"
#include "x86/setup.h"
#include "x86/softirq.h"
#include "x86/tsc.h"

#define CALIBRATION_MS 10
#define CALIBRATION_EDGES 4
#define CORRECTION_PERIOD NS_PER_SEC
#define MAX_SLEW (NS_PER_SEC / 20) /* at most 5 % faster or slower */
#define DEADBAND_NS 1000
#define MHZ 1000000ULL
#define SNAP_PPM 20
#define ICOUNT_HZ 1000000000ULL /* of the TSC when QEMU counts instructions */

u32 tsc_khz;

/* Time is @ns when the boot pCPU's TSC reads @tsc. */
struct clock_scale {
	u64 tsc;
	s_time_t ns;
	struct time_scale scale;
	u32 generation;
};

static spinlock_t scale_lock = SPINLOCK_INIT;
static struct clock_scale master;
static u32 taken_generation[MAX_PCPUS]; /* each pCPU its own */
static s64 tsc_distance[MAX_PCPUS];     /* its TSC minus the boot pCPU's */
static bool stable;
static void (*update_hook)(void);

static const struct platform_timer *platform;
static struct {
	u32 last;         /* counter value when last looked at */
	u64 ticks;        /* since clock_init() */
	s_time_t base_ns; /* our time when ticks was 0 */
	u64 previous_tsc; /* of the last correction */
	u64 previous_ns;
	bool slewing;     /* the slope makes up for an error: right for one period only */
} platform_state;
static struct timer correction_timer;

s_time_t now_ns(void)
{
	return clock_now();
}

bool clock_is_stable(void)
{
	return READ_ONCE(stable);
}

void delay_ns(u64 ns)
{
	s_time_t end = now_ns() + ns;

	if (!tsc_khz)
		spin_iterations(ns); /* early failure: no clock yet, be slow rather than fast */
	while (tsc_khz && now_ns() < end)
		cpu_relax();
}

void clock_start(void)
{
	master.tsc = rdtsc();
}

/*
 * A moment when the counter moved: its new value and the TSC.  The closest of a few, by the
 * time between the look before and the look after: an emulator or SMM may take a break.
 */
static u32 counter_edge(const struct platform_timer *pt, u64 *tsc)
{
	u64 best = UINT64_MAX, before = rdtsc_ordered();
	u32 old = pt->read(), value = 0;

	for (unsigned edges = 0; edges < CALIBRATION_EDGES;) {
		u32 v = pt->read();
		u64 after = rdtsc_ordered();

		if (v != old) {
			edges++;
			if (after - before < best) {
				best = after - before;
				value = v;
				*tsc = after;
			}
		}
		old = v;
		before = after;
	}
	return value;
}

static u64 measure_tsc_hz(const struct platform_timer *pt)
{
	u64 tsc0 = 0, tsc1 = 0;
	u32 start = counter_edge(pt, &tsc0), wanted = pt->hz * CALIBRATION_MS / 1000, end;

	while (((pt->read() - start) & pt->mask) < wanted)
		spin_iterations(5000);
	end = counter_edge(pt, &tsc1);
	platform_state.last = end;
	platform_state.previous_tsc = tsc1;
	return mul_div(tsc1 - tsc0, pt->hz, (end - start) & pt->mask);
}

/* What the hardware was meant to be: whole MHz if within the error of measurement, else kHz. */
static u64 round_frequency(u64 hz)
{
	u64 mhz = (hz + MHZ / 2) / MHZ * MHZ;
	u64 distance = mhz > hz ? mhz - hz : hz - mhz;

	if (mhz && distance * MHZ <= hz * SNAP_PPM)
		return mhz;
	return (hz + 500) / 1000 * 1000;
}

static void install(struct pcpu *p, const struct clock_scale *s, s64 distance)
{
	p->tsc_stamp = s->tsc + distance;
	p->stime_stamp = s->ns;
	p->tsc_mul = s->scale.mul;
	p->tsc_shift = s->scale.shift;
	taken_generation[p->id] = s->generation;
	tsc_distance[p->id] = distance;
}

void clock_init(void)
{
	u64 measured, hz;

	platform = platform_timer_init();
	measured = measure_tsc_hz(platform);
	hz = round_frequency(measured);
	if (hz < MHZ)
		boot_fail("the TSC does not count (%lu Hz against the %s)", (unsigned long)measured,
			  platform->name);
	tsc_khz = hz / 1000;
	stable = cpu_features.invariant_tsc || (cpu_features.tcg && hz == ICOUNT_HZ);
	master.scale = scale_from(NS_PER_SEC, hz);
	install(this_cpu(), &master, 0);
	platform_state.base_ns = scale_ticks(platform_state.previous_tsc - master.tsc,
					     master.scale.mul, master.scale.shift);
	platform_state.previous_ns = platform_state.base_ns;
	log_info("clock: TSC %u.%03u MHz (measured %lu Hz against the %s)%s", tsc_khz / 1000,
		 tsc_khz % 1000, (unsigned long)measured, platform->name,
		 stable ? ", invariant" : "");
}

/* --- correction ---------------------------------------------------------------------- */

/* Platform counter and TSC at one moment: the closest of three tries. */
static u32 sample_platform(u64 *tsc)
{
	u64 best = UINT64_MAX;
	u32 value = 0;

	*tsc = 0;
	for (unsigned i = 0; i < 3; i++) {
		u64 t0 = rdtsc_ordered();
		u32 v = platform->read();
		u64 t1 = rdtsc_ordered();

		if (t1 - t0 < best) {
			best = t1 - t0;
			value = v;
			*tsc = t0 + best / 2;
		}
	}
	return value;
}

/* Time by the platform counter when it reads @value; how often it wrapped follows from @local. */
static u64 platform_ns(u32 value, s_time_t local)
{
	u64 period = (u64)platform->mask + 1;
	u64 delta = (value - platform_state.last) & platform->mask;
	u64 so_far = mul_div(platform_state.ticks, NS_PER_SEC, platform->hz) + platform_state.base_ns;
	u64 expected = (u64)local > so_far ? mul_div(local - so_far, platform->hz, NS_PER_SEC) : 0;

	if (expected > delta)
		delta += (expected - delta + period / 2) / period * period;
	platform_state.last = value;
	platform_state.ticks += delta;
	return mul_div(platform_state.ticks, NS_PER_SEC, platform->hz) + platform_state.base_ns;
}

/* New slope: the rate of the last period, with @error made up for within the next. */
static void change_slope(u64 tsc, s_time_t local, u64 platform_now, s64 error)
{
	u64 ticks_per_second = mul_div(tsc - platform_state.previous_tsc, NS_PER_SEC,
				       platform_now - platform_state.previous_ns);
	unsigned long flags;
	unsigned cpu;

	error = MAX(MIN(error, MAX_SLEW), -MAX_SLEW);
	platform_state.slewing = error != 0;
	flags = spin_lock_irqsave(&scale_lock);
	master.tsc = tsc;
	master.ns = local;
	master.scale = scale_from(NS_PER_SEC + error, ticks_per_second);
	WRITE_ONCE(master.generation, master.generation + 1);
	spin_unlock_irqrestore(&scale_lock, flags);
	for_each_online_pcpu(cpu)
		cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
}

static void correct(void *unused)
{
	const struct pcpu *p = this_cpu();
	s64 deadband = DEADBAND_NS + 2 * (s64)(NS_PER_SEC / platform->hz);
	unsigned long flags = irq_save();
	u64 tsc, platform_now;
	u32 value = sample_platform(&tsc);
	s_time_t local;
	s64 error;

	irq_restore(flags);
	local = p->stime_stamp + scale_ticks(tsc - p->tsc_stamp, p->tsc_mul, p->tsc_shift);
	platform_now = platform_ns(value, local);
	error = (s64)platform_now - local;
	if (error <= deadband && error >= -deadband)
		error = 0;
	if ((error || platform_state.slewing) && platform_now > platform_state.previous_ns)
		change_slope(tsc, local, platform_now, error);
	platform_state.previous_tsc = tsc;
	platform_state.previous_ns = platform_now;
	timer_set(&correction_timer, local + CORRECTION_PERIOD);
}

void clock_start_correction(void)
{
	if (stable || !platform->runs_forever)
		return;
	timer_init(&correction_timer, correct, NULL, 0);
	timer_set(&correction_timer, now_ns() + CORRECTION_PERIOD);
}

void clock_take_update(void)
{
	struct pcpu *p = this_cpu();
	s_time_t before;
	unsigned long flags;

	if (likely(READ_ONCE(master.generation) == taken_generation[p->id]))
		return;
	flags = spin_lock_irqsave(&scale_lock);
	before = now_ns();
	install(p, &master, tsc_distance[p->id]);
	/* We come a little later than the change: never fall behind what we showed already. */
	if (now_ns() < before) {
		p->tsc_stamp = rdtsc();
		p->stime_stamp = before;
	}
	spin_unlock_irqrestore(&scale_lock, flags);
	if (update_hook)
		update_hook();
}

void clock_set_update_hook(void (*fn)(void))
{
	update_hook = fn;
}

/* --- a new pCPU ------------------------------------------------------------------------ */

#define SYNC_ROUNDS 4

static struct {
	u32 go, done;      /* round numbers */
	u64 follower_tsc;
} sync;

bool clock_sync_lead(unsigned cpu)
{
	u64 best = UINT64_MAX;
	s64 distance = 0;
	bool inside = true;

	WRITE_ONCE(sync.done, 0);
	for (u32 round = 1; round <= SYNC_ROUNDS; round++) {
		u64 t0 = rdtsc_ordered(), t1, theirs;

		__atomic_store_n(&sync.go, round, __ATOMIC_RELEASE);
		while (__atomic_load_n(&sync.done, __ATOMIC_ACQUIRE) != round)
			cpu_relax();
		t1 = rdtsc_ordered();
		theirs = sync.follower_tsc;
		inside &= theirs >= t0 && theirs <= t1;
		if (t1 - t0 < best) {
			best = t1 - t0;
			distance = theirs - (t0 + best / 2);
		}
	}
	if (inside)
		distance = 0;
	else
		WRITE_ONCE(stable, false);
	install(pcpus[cpu], &master, distance);
	__atomic_store_n(&sync.go, SYNC_ROUNDS + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&sync.done, __ATOMIC_ACQUIRE) != SYNC_ROUNDS + 1)
		cpu_relax();
	__atomic_store_n(&sync.go, 0, __ATOMIC_RELEASE);
	return inside;
}

void clock_sync_follow(void)
{
	for (u32 round = 1; round <= SYNC_ROUNDS + 1; round++) {
		while (__atomic_load_n(&sync.go, __ATOMIC_ACQUIRE) != round)
			cpu_relax();
		sync.follower_tsc = rdtsc_ordered();
		__atomic_store_n(&sync.done, round, __ATOMIC_RELEASE);
	}
}
