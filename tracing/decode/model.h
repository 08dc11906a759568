/* SPDX-License-Identifier: MIT */
/*
 * What a trace says about vCPUs over time: records go in, in the order of
 * time; out come intervals (this vCPU was in that runstate from here to there)
 * and, at any moment, who runs on a pCPU.  The one place that knows how
 * scheduler records fit together and what a loss makes unknown.
 *
 * Loss: what was open when records were lost is not counted; a vCPU's state is
 * unknown until its next record tells it.
 */
#ifndef ORRERY_TRACING_DECODE_MODEL_H
#define ORRERY_TRACING_DECODE_MODEL_H

#include "tracing/decode/reader.h"

struct trace_file; /* merge.h */

#define MODEL_IDLE_DOMID 0x7fff

/* RUNSTATE_* of <xen/vcpu.h>, and not knowing. */
enum model_state {
	MODEL_RUNNING, MODEL_RUNNABLE, MODEL_BLOCKED, MODEL_OFFLINE,
	MODEL_STATES, MODEL_UNKNOWN = MODEL_STATES,
};

/* Why a vCPU waits in MODEL_RUNNABLE. */
enum model_wait { MODEL_WOKEN, MODEL_PREEMPTED };

struct model_vcpu {
	u16 domid, vcpu;
	u8 state;   /* enum model_state */
	u8 wait;    /* enum model_wait, while runnable */
	bool known; /* @state holds since @since */
	bool whole; /* and @since is when it began, not when the trace did */
	bool lost;  /* was known before records were lost */
	u32 cpu;    /* pCPU of the last running spell */
	u64 since;
};

struct model_interval {
	u32 vcpu;   /* index into model->vcpus */
	u8 state, wait;
	u32 cpu;    /* where it ran; for others where it ran last */
	u64 from, to;
	bool whole; /* both ends were seen; else cut by the beginning or end of the trace */
};

struct model {
	struct model_vcpu *vcpus; /* in order of first appearance */
	u32 vcpu_count;
	s32 *running;             /* by pCPU: index of who runs, -1 not known */
	u32 cpus;
	u64 first_tsc, last_tsc;
	bool started;
	bool ahead;               /* model_begin was used */
	u64 odd;                  /* runstate records that did not fit what was known */
	u64 tsc_hz;               /* from a clock_info record; 0 */
	char policy[17];           /* of pool 0, from a policy_info record; "" */
	char frames[17], heap[17]; /* allocators, from allocator_info records; "" */
	void (*interval)(void *ctx, const struct model_interval *i); /* may be NULL */
	void *ctx;
};

void model_init(struct model *m, void (*interval)(void *, const struct model_interval *),
		void *ctx);
/*
 * Optional first pass over @f, which is rewound for the second: finds who runs on
 * each pCPU when the trace begins, so that model_apply on all records knows it
 * from the first one on.
 */
void model_begin(struct model *m, struct trace_file *f);
void model_free(struct model *m);
void model_apply(struct model *m, const struct trace_record *rec);
/* The trace is over: intervals still open end at the last record's time. */
void model_finish(struct model *m);
/* Who runs on @cpu, as an index into vcpus, or -1. */
s32 model_running(const struct model *m, u32 cpu);
/* Index of dXvY, entered if new. */
u32 model_vcpu_index(struct model *m, u16 domid, u16 vcpu);
/* "d0v1", or "idle2" for an idle vCPU.  @size 16 is enough. */
const char *model_vcpu_name(const struct model_vcpu *v, char *buf, size_t size);
const char *model_state_name(unsigned state);

#endif
