/* SPDX-License-Identifier: MIT */
/*
 * What the engine asks of its surroundings, beside trace/trace.h.  Two
 * implementations, chosen by linking: hv/sched/seam.c and the simulator's.
 * All are called with state locks held and interrupts off, and must not call
 * back into the engine.
 */
#ifndef ORRERY_SCHED_SEAM_H
#define ORRERY_SCHED_SEAM_H

#include "sched/engine/engine.h"

/* sched_decide() is due on @pc as soon as it can.  Idempotent. */
void seam_kick(struct sched_pcpu *pc);

/* One timer each; setting replaces; TIME_MAX stops.  They end in sched_slice_fired(),
 * sched_pcpu_timer_fired(), sched_pool_timer_fired() and sched_watchdog_fired(). */
void seam_slice_timer(struct sched_pcpu *pc, s_time_t when);
void seam_pcpu_timer(struct sched_pcpu *pc, s_time_t when);
void seam_pool_timer(struct sched_pool *pool, s_time_t when);
void seam_watchdog_timer(struct sched_pool *pool, s_time_t when);

/* Does @sv, which runs, say that it holds a lock?  It is let go on, and shall give way when it has let go. */
bool seam_holds_lock(const struct sched_vcpu *sv);
void seam_wants_pcpu_back(struct sched_vcpu *sv);

/* The last scheduling records of the trace on this pCPU, as far as there are any: a call of @line each. */
void seam_last_records(void (*line)(void *ctx, const char *text), void *ctx);

/* One line for the operator, without newline.  Also called without locks. */
void seam_log(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
