/* SPDX-License-Identifier: MIT */
/*
 * Time as guests see it; see guest-time.h.  Both structures carry a version
 * that is odd while they change; the count is kept on our side and never read
 * back from the guest's page.  vcpu_time_info is written only by the pCPU its
 * vCPU runs on, the wall clock under wallclock_lock.
 */
#include "time/guest-time.h"

#include "domain/domain.h"
#include "domain/vcpu.h"
#include "time/clock.h"
#include "time/timer.h"
#include "x86/percpu.h"

/* --- the TSC scale ------------------------------------------------------------ */

/* What <xen/xen.h> promises with the bit: all vCPUs may use one page, and need not compare. */
static u8 time_flags(void)
{
	return clock_is_stable() ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
}

static bool time_is_current(const struct vcpu *v, const struct pcpu *p)
{
	const struct vcpu_time_info *t = &v->time;

	return t->tsc_timestamp == p->tsc_stamp && t->system_time == p->stime_stamp &&
	       t->tsc_to_system_mul == p->tsc_mul && t->tsc_shift == p->tsc_shift &&
	       t->flags == time_flags() && !v->time_stale;
}

/* @t is complete but for its version, which is still the old one. */
static void write_master(struct vcpu_time_info *to, const struct vcpu_time_info *t)
{
	WRITE_ONCE(to->version, t->version + 1);
	barrier();
	to->tsc_timestamp = t->tsc_timestamp;
	to->system_time = t->system_time;
	to->tsc_to_system_mul = t->tsc_to_system_mul;
	to->tsc_shift = t->tsc_shift;
	to->flags = t->flags;
	barrier();
	WRITE_ONCE(to->version, t->version + 2);
}

/* The copy user space may read; false if the guest does not map it now. */
static bool write_secondary(struct vcpu *v, const struct vcpu_time_info *t)
{
	struct vcpu_time_info copy = *t;

	copy.version = t->version + 1;
	if (copy_to_guest_kernel(v, v->time_info_guest, &copy.version, sizeof(copy.version)) ||
	    copy_to_guest_kernel(v, v->time_info_guest, &copy, sizeof(copy)))
		return false;
	copy.version = t->version + 2;
	return !copy_to_guest_kernel(v, v->time_info_guest, &copy.version, sizeof(copy.version));
}

void vcpu_time_publish(struct vcpu *v)
{
	const struct pcpu *p = this_cpu();
	struct vcpu_time_info *t = &v->time;

	if (likely(time_is_current(v, p)))
		return;
	t->tsc_timestamp = p->tsc_stamp;
	t->system_time = p->stime_stamp;
	t->tsc_to_system_mul = p->tsc_mul;
	t->tsc_shift = p->tsc_shift;
	t->flags = time_flags();
	write_master(&v->info->time, t);
	v->time_stale = v->time_info_guest && !write_secondary(v, t);
	t->version += 2;
}

static void scale_changed(void)
{
	if (!current->is_idle)
		vcpu_time_publish(current);
}

/* --- the wall clock ------------------------------------------------------------ */

static spinlock_t wallclock_lock = SPINLOCK_INIT;
static u64 wall_sec; /* UTC at system time 0 */
static u32 wall_nsec;

/* @pre wallclock_lock held. */
static void publish_locked(struct domain *d)
{
	struct shared_info *si = d->shared_info;
	u64 sec = wall_sec + d->time_offset_seconds;

	WRITE_ONCE(si->wc_version, d->wc_version + 1);
	barrier();
	si->wc_sec = sec;
	si->wc_sec_hi = sec >> 32;
	si->wc_nsec = wall_nsec;
	barrier();
	d->wc_version += 2;
	WRITE_ONCE(si->wc_version, d->wc_version);
}

void domain_wallclock_publish(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&wallclock_lock);

	publish_locked(d);
	spin_unlock_irqrestore(&wallclock_lock, flags);
}

void domain_set_time_offset(struct domain *d, s64 seconds)
{
	unsigned long flags = spin_lock_irqsave(&wallclock_lock);

	d->time_offset_seconds = seconds;
	publish_locked(d);
	spin_unlock_irqrestore(&wallclock_lock, flags);
}

void wallclock_set(u64 sec, u32 nsec, u64 system_time)
{
	u64 at_zero = sec * NS_PER_SEC + nsec - system_time;
	struct domain *d;
	unsigned long flags = spin_lock_irqsave(&domain_list_lock);

	spin_lock(&wallclock_lock);
	wall_sec = at_zero / NS_PER_SEC;
	wall_nsec = at_zero % NS_PER_SEC;
	list_for_each_entry(d, &domain_list, all)
		if (d->shared_info)
			publish_locked(d);
	spin_unlock(&wallclock_lock);
	spin_unlock_irqrestore(&domain_list_lock, flags);
}

void wallclock_get(u64 *sec, u32 *nsec)
{
	unsigned long flags = spin_lock_irqsave(&wallclock_lock);

	*sec = wall_sec;
	*nsec = wall_nsec;
	spin_unlock_irqrestore(&wallclock_lock, flags);
}

void guest_time_init(void)
{
	clock_set_update_hook(scale_changed);
	wallclock_set(wallclock_read_boot(), 0, now_ns());
}
