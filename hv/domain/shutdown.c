/* SPDX-License-Identifier: MIT */
/*
 * The end of a guest's run, by its own wish, by a crash or by a watchdog: its
 * vCPUs are stopped and Dom0 is told.  When Dom0 itself ends, so does the
 * machine.  Also pausing by the control tools, which the same counters serve.
 * shutdown_lock covers all of it; interrupts off, since timers and fault
 * handlers come here too.
 */
#include <xen/sched.h>

#include "console/console.h"
#include "domain/lifecycle.h"
#include "domain/shutdown.h"
#include "evtchn/evtchn.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "trace/trace.h"
#include "x86/power.h"

#define PAUSES_MAX 255 /* by the tools at a time, as Xen */

static void NORETURN restart_unless_noreboot(void)
{
	if (opt_noreboot) {
		log_err("'noreboot' is set: the machine stays halted");
		machine_halt();
	}
	log_err("restarting the machine");
	machine_restart();
}

static void NORETURN dom0_shutdown(u8 code)
{
	switch (code) {
	case SHUTDOWN_poweroff:
		log_info("Dom0 has powered off: switching the machine off");
		machine_power_off();
	case SHUTDOWN_reboot:
		log_info("Dom0 asks for a restart");
		restart_unless_noreboot();
	case SHUTDOWN_crash:
		log_err("Dom0 has crashed");
		restart_unless_noreboot();
	case SHUTDOWN_watchdog:
		log_err("Dom0's watchdog fired");
		restart_unless_noreboot();
	default:
		log_err("Dom0 has shut down for reason %u, which means nothing here", code);
		restart_unless_noreboot();
	}
}

static void stop_vcpus(struct domain *d)
{
	struct vcpu *v;
	unsigned i;

	for_each_vcpu(d, v, i)
		if (!v->paused_by_shutdown) {
			v->paused_by_shutdown = true;
			vcpu_pause_nosync(v);
		}
}

/* Suspending guests have a port for it; all other ends are exceptional. */
static void tell_of_shutdown(struct domain *d)
{
	if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_port)
		evtchn_send(d, d->suspend_port);
	else
		send_global_virq(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, u8 code)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	bool first = !d->shutting_down;

	if (d->shutdown_code == SHUTDOWN_CODE_NONE)
		d->shutdown_code = code;
	code = d->shutdown_code;
	if (first && !d->privileged) {
		d->shutting_down = true;
		stop_vcpus(d);
		d->shut_down = true;
	}
	spin_unlock_irqrestore(&d->shutdown_lock, flags);
	if (d->privileged)
		dom0_shutdown(code);
	if (first)
		tell_of_shutdown(d);
}

void domain_resume(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	struct vcpu *v;
	unsigned i;

	d->shutting_down = d->shut_down = false;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	for_each_vcpu(d, v, i)
		if (v->paused_by_shutdown) {
			v->paused_by_shutdown = false;
			vcpu_unpause(v);
		}
	spin_unlock_irqrestore(&d->shutdown_lock, flags);
}

int domain_latch_shutdown_code(struct domain *d, u8 code)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	int rc = -EBUSY;

	if (d->shutdown_code == SHUTDOWN_CODE_NONE) {
		d->shutdown_code = code;
		rc = 0;
	}
	spin_unlock_irqrestore(&d->shutdown_lock, flags);
	return rc;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	if (d->shutting_down)
		return;
	va_start(ap, fmt);
	fmt_vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_err("domain %u crashed: %s", d->id, why);
	if (d == current->domain) {
		log_err("on vCPU %u, pCPU %u:", current->id, smp_processor_id());
		dump_registers(&cpu_info()->guest_regs);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

/* --- pausing by the tools ------------------------------------------------------ */

int domain_pause(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	bool first = !d->pause_count;

	if (d->pause_count >= PAUSES_MAX) {
		spin_unlock_irqrestore(&d->shutdown_lock, flags);
		return -EINVAL;
	}
	d->pause_count++;
	if (first)
		sched_domain_pause_nosync(d);
	spin_unlock_irqrestore(&d->shutdown_lock, flags);

	/* The wait needs interrupts on; a second count only for its duration. */
	sched_domain_pause(d);
	sched_domain_unpause(d);
	return 0;
}

/* In one step: one that is being destroyed meanwhile stays dying. */
static void become_alive(struct domain *d)
{
	__typeof__(d->state) building = DOM_BUILDING;

	__atomic_compare_exchange_n(&d->state, &building, DOM_ALIVE, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

int domain_unpause(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	int rc = d->pause_count ? 0 : -EINVAL;

	if (!rc && !--d->pause_count) {
		become_alive(d);
		sched_domain_unpause(d);
	}
	spin_unlock_irqrestore(&d->shutdown_lock, flags);
	return rc;
}

/* --- watchdogs ------------------------------------------------------------------ */

static void watchdog_fired(void *data)
{
	struct domain *d = data;

	if (d->shutting_down || d->state >= DOM_DYING)
		return;
	log_warn("watchdog of domain %u fired", d->id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

void domain_watchdogs_init(struct domain *d)
{
	for (unsigned i = 0; i < NR_WATCHDOGS; i++)
		timer_init(&d->watchdog[i], watchdog_fired, d, 0);
}

void domain_watchdogs_kill(struct domain *d)
{
	for (unsigned i = 0; i < NR_WATCHDOGS; i++)
		if (d->watchdog[i].fn)
			timer_kill(&d->watchdog[i]);
}

/* @pre shutdown_lock. A free watchdog, or NR_WATCHDOGS. */
static unsigned watchdog_take(struct domain *d)
{
	unsigned i = 0;

	while (i < NR_WATCHDOGS && d->watchdogs_in_use & 1U << i)
		i++;
	if (i < NR_WATCHDOGS)
		d->watchdogs_in_use |= 1U << i;
	return i;
}

static long watchdog_locked(struct domain *d, u32 id, u32 seconds)
{
	s_time_t deadline = now_ns() + seconds * NS_PER_SEC;
	unsigned i = id - 1;

	if (!id) {
		i = seconds ? watchdog_take(d) : NR_WATCHDOGS;
		if (i >= NR_WATCHDOGS)
			return seconds ? -ENOSPC : -EINVAL;
		timer_set(&d->watchdog[i], deadline);
		return i + 1;
	}
	if (i >= NR_WATCHDOGS || !(d->watchdogs_in_use & 1U << i))
		return -EINVAL;
	if (seconds) {
		timer_set(&d->watchdog[i], deadline);
	} else {
		timer_stop(&d->watchdog[i]);
		d->watchdogs_in_use &= ~(1U << i);
	}
	return 0;
}

long domain_watchdog(struct domain *d, u32 id, u32 seconds)
{
	unsigned long flags = spin_lock_irqsave(&d->shutdown_lock);
	long rc = watchdog_locked(d, id, seconds);

	spin_unlock_irqrestore(&d->shutdown_lock, flags);
	return rc;
}
