/* SPDX-License-Identifier: MIT */
/*
 * The simulator's side of sched/engine/seam.h and of trace/trace.h: kicks go to
 * a queue that the event loop empties, timers to the event heap, lines to the
 * log, trace records to the simulation's callback with simulated time.
 */
#include "sched-policies/simulator/seam.h"

#include "lib/printf.h"
#include "sched-policies/simulator/trace-out.h"

static struct sim *sim_now;

void sim_make_current(struct sim *sim)
{
	sim_now = sim;
}

struct sim *sim_current(void)
{
	return sim_now;
}

void seam_kick(struct sched_pcpu *spc)
{
	sim_kick(container_of(spc, struct sim_pcpu, s), sim_now->config.kick_cost);
}

void sim_kick(struct sim_pcpu *pc, s_time_t cost)
{
	if (pc->kicked && (!pc->kick.active || pc->kick.expires <= sim_now->now + cost))
		return;
	pc->kicked = true;
	sim_timer_set(sim_now, &pc->kick, cost ? sim_now->now + cost : TIME_MAX);
	if (cost)
		return;
	pc->next_kicked = NULL;
	*sim_now->kicked_tail = pc;
	sim_now->kicked_tail = &pc->next_kicked;
}

bool seam_holds_lock(const struct sched_vcpu *sv)
{
	return to_sim_vcpu(sv)->program.holding;
}

/* sim.c looks at grace_until itself. */
void seam_wants_pcpu_back(struct sched_vcpu *sv)
{
}

void seam_slice_timer(struct sched_pcpu *pc, s_time_t when)
{
	sim_timer_set(sim_now, &container_of(pc, struct sim_pcpu, s)->slice, when);
}

void seam_pcpu_timer(struct sched_pcpu *pc, s_time_t when)
{
	sim_timer_set(sim_now, &container_of(pc, struct sim_pcpu, s)->policy, when);
}

void seam_pool_timer(struct sched_pool *pool, s_time_t when)
{
	sim_timer_set(sim_now, &container_of(pool, struct sim_pool, s)->accounting, when);
}

void seam_watchdog_timer(struct sched_pool *pool, s_time_t when)
{
	sim_timer_set(sim_now, &container_of(pool, struct sim_pool, s)->watchdog, when);
}

void seam_log(const char *fmt, ...)
{
	va_list ap;
	size_t room;
	int n;

	if (!sim_now || !sim_now->config.log_bytes)
		return;
	room = sim_now->config.log_bytes - sim_now->log_used;
	va_start(ap, fmt);
	n = fmt_vsnprintf(sim_now->log + sim_now->log_used, room + 1, fmt, ap);
	va_end(ap);
	if ((size_t)n < room)
		sim_now->log[sim_now->log_used + n++] = '\n';
	sim_now->log_used += MIN((size_t)n, room);
	sim_now->log[sim_now->log_used] = '\0';
}

void seam_last_records(void (*line)(void *ctx, const char *text), void *ctx)
{
	/* The simulator's trace is a file: all of it is there. */
}

static void slice_fired(void *data)
{
	sim_now->on_pcpu = ((struct sched_pcpu *)data)->p.id;
	sched_slice_fired(data, sim_now->now);
}

static void policy_fired(void *data)
{
	sim_now->on_pcpu = ((struct sched_pcpu *)data)->p.id;
	sched_pcpu_timer_fired(data, sim_now->now);
}

static void accounting_fired(void *data)
{
	sched_pool_timer_fired(data, sim_now->now);
}

static void watchdog_fired(void *data)
{
	sched_watchdog_fired(data, sim_now->now);
}

void sim_pcpu_timers_init(struct sim_pcpu *pc)
{
	pc->slice = (struct timer){ .fn = slice_fired, .data = &pc->s };
	pc->policy = (struct timer){ .fn = policy_fired, .data = &pc->s };
}

void sim_pool_timers_init(struct sim_pool *pool)
{
	pool->accounting = (struct timer){ .fn = accounting_fired, .data = &pool->s };
	pool->watchdog = (struct timer){ .fn = watchdog_fired, .data = &pool->s };
}

void sim_trace_out(u32 header, const void *payload, u32 bytes)
{
	if (sim_now && sim_now->record)
		sim_now->record(sim_now, header, payload, bytes);
}
