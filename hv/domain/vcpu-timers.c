/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's timers.  Each lives in the queue of the pCPU its vCPU ran on when it
 * was set; callbacks run in that pCPU's timer softirq.  They only raise
 * VIRQ_TIMER or unblock, both of which are safe against the vCPU running
 * anywhere.
 */
#include "domain/vcpu-timers.h"

#include "evtchn/channel.h"
#include "evtchn/ops.h"
#include "trace/trace.h"

static void singleshot_fired(void *data)
{
	struct vcpu *v = data;

	trace_timer_fire(v->id, v->domain->id, now_ns() - v->singleshot_timer.expires);
	send_vcpu_virq(v, VIRQ_TIMER);
}

static void periodic_fired(void *data)
{
	struct vcpu *v = data;

	/* It may have been descheduled with the callback under way: resumed later then. */
	if (vcpu_is_running(v))
		vcpu_periodic_resume(v);
}

static void poll_timed_out(void *data)
{
	struct vcpu *v = data;

	if (evtchn_poll_end(v))
		vcpu_unblock(v);
}

void vcpu_timers_init(struct vcpu *v)
{
	timer_init(&v->singleshot_timer, singleshot_fired, v, v->cpu);
	timer_init(&v->periodic_timer, periodic_fired, v, v->cpu);
	timer_init(&v->poll_timer, poll_timed_out, v, v->cpu);
	if (v->domain->is_pv)
		v->periodic_period = PERIODIC_TIMER_DEFAULT;
}

void vcpu_timers_kill(struct vcpu *v)
{
	timer_kill(&v->singleshot_timer);
	timer_kill(&v->periodic_timer);
	timer_kill(&v->poll_timer);
}

/* Set @t on the pCPU that @v runs on. */
static inline void set_here(struct vcpu *v, struct timer *t, s_time_t deadline)
{
	if (unlikely(t->cpu != v->cpu))
		timer_migrate(t, v->cpu);
	timer_set(t, deadline);
}

void vcpu_singleshot_set(struct vcpu *v, s_time_t deadline)
{
	trace_timer_set(v->id, v->domain->id, deadline);
	set_here(v, &v->singleshot_timer, deadline);
}

void vcpu_singleshot_stop(struct vcpu *v)
{
	timer_stop(&v->singleshot_timer);
}

void vcpu_poll_timeout(struct vcpu *v, s_time_t deadline)
{
	set_here(v, &v->poll_timer, deadline);
}

void vcpu_periodic_set(struct vcpu *v, s_time_t period)
{
	WRITE_ONCE(v->periodic_period, period);
	if (!period)
		timer_stop(&v->periodic_timer);
	else if (v == current)
		vcpu_periodic_resume(v);
}

void vcpu_periodic_resume(struct vcpu *v)
{
	s_time_t period = READ_ONCE(v->periodic_period), now;

	if (!period)
		return;
	now = now_ns();
	if (now >= v->periodic_last + period) {
		v->periodic_last = now;
		send_vcpu_virq(v, VIRQ_TIMER);
	}
	set_here(v, &v->periodic_timer, v->periodic_last + period);
}

void vcpu_periodic_pause(struct vcpu *v)
{
	if (v->periodic_timer.active)
		timer_stop(&v->periodic_timer);
}
