/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's side of engine/seam.h: softirqs for kicks, time/timer.h for
 * the engine's timers, the console for its lines.  Timer callbacks come in
 * SOFTIRQ_TIMER with interrupts on; the engine wants them off.
 */
#include "sched/engine/seam.h"

#include "console/console.h"
#include "lib/printf.h"
#include "sched/hints.h"
#include "sched/machine.h"
#include "x86/cpu.h"
#include "trace/trace.h"
#include "x86/softirq.h"

#define LAST_RECORDS 12 /* in a report: the last two or three decisions */

void seam_kick(struct sched_pcpu *pc)
{
	cpu_raise_softirq(pc->p.id, SOFTIRQ_SCHEDULE);
}

bool seam_holds_lock(const struct sched_vcpu *sv)
{
	return *sched_hint(container_of(sv, struct vcpu, sched), HINT_HOLDS_LOCK);
}

void seam_wants_pcpu_back(struct sched_vcpu *sv)
{
	*sched_hint(container_of(sv, struct vcpu, sched), HINT_GIVE_WAY) = 1;
}

static void set_or_stop(struct timer *t, s_time_t when)
{
	if (when == TIME_MAX)
		timer_stop(t);
	else
		timer_set(t, when);
}

void seam_slice_timer(struct sched_pcpu *pc, s_time_t when)
{
	set_or_stop(&container_of(pc, struct machine_pcpu, s)->slice, when);
}

void seam_pcpu_timer(struct sched_pcpu *pc, s_time_t when)
{
	set_or_stop(&container_of(pc, struct machine_pcpu, s)->policy, when);
}

void seam_pool_timer(struct sched_pool *pool, s_time_t when)
{
	set_or_stop(&container_of(pool, struct machine_pool, s)->accounting, when);
}

void seam_watchdog_timer(struct sched_pool *pool, s_time_t when)
{
	set_or_stop(&container_of(pool, struct machine_pool, s)->watchdog, when);
}

void seam_log(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	fmt_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_warn("%s", text);
}

struct tail {
	void (*line)(void *ctx, const char *text);
	void *ctx;
};

static void tail_record(void *data, const char *name, u64 ns_ago, u32 variant, const u32 *words,
			u32 nr)
{
	const struct tail *t = data;
	char text[120];
	size_t n = fmt_scnprintf(text, sizeof(text), "%lu ns ago: %s", (unsigned long)ns_ago, name);

	if (variant)
		n += fmt_scnprintf(text + n, sizeof(text) - n, "/%x", variant);
	for (u32 i = 0; i < nr; i++)
		n += fmt_scnprintf(text + n, sizeof(text) - n, " %08x", words[i]);
	t->line(t->ctx, text);
}

void seam_last_records(void (*line)(void *ctx, const char *text), void *ctx)
{
	trace_tail(LAST_RECORDS, tail_record, &(struct tail){ line, ctx });
}

static void slice_fired(void *data)
{
	unsigned long flags = irq_save();

	sched_slice_fired(data, now_ns());
	irq_restore(flags);
}

static void policy_fired(void *data)
{
	unsigned long flags = irq_save();

	sched_pcpu_timer_fired(data, now_ns());
	irq_restore(flags);
}

static void accounting_fired(void *data)
{
	unsigned long flags = irq_save();

	sched_pool_timer_fired(data, now_ns());
	irq_restore(flags);
}

static void watchdog_fired(void *data)
{
	unsigned long flags = irq_save();

	sched_watchdog_fired(data, now_ns());
	irq_restore(flags);
}

void machine_pcpu_timers_init(struct machine_pcpu *mp, unsigned cpu)
{
	timer_init(&mp->slice, slice_fired, &mp->s, cpu);
	timer_init(&mp->policy, policy_fired, &mp->s, cpu);
}

void machine_pool_timers_init(struct machine_pool *mp)
{
	timer_init(&mp->accounting, accounting_fired, &mp->s, 0);
	timer_init(&mp->watchdog, watchdog_fired, &mp->s, 0);
}

void machine_pool_timers_place(struct machine_pool *mp)
{
	const struct list *pcpus = &mp->s.p.pcpus;
	unsigned cpu;

	if (list_empty(pcpus))
		return;
	cpu = list_entry(pcpus->next, struct policy_pcpu, node)->id;
	timer_migrate(&mp->accounting, cpu);
	timer_migrate(&mp->watchdog, cpu);
}

void machine_pool_timers_kill(struct machine_pool *mp)
{
	timer_kill(&mp->accounting);
	timer_kill(&mp->watchdog);
}
