/* SPDX-License-Identifier: MIT */
/*
 * The summary of a trace: counts per class, event, hypercall and trap;
 * runstates and waiting times per vCPU; loss per pCPU.  Filled record by
 * record in the order of time, then written as text, JSON or TSV
 * (summary_text.c, summary_json.c, summary_tsv.c).  All times are in TSC
 * ticks; the writers convert with tsc_hz.
 *
 * "Until next entry" of a hypercall is the time from its record to the next
 * one by which the same vCPU is seen entering the hypervisor again or leaving
 * its pCPU.  It holds the hypercall and what the guest did after it: an upper
 * bound of the call's path, tight at the minimum when calls come back to back.
 * In instruction-count mode one tick is one executed instruction.
 */
#ifndef ORRERY_ANALYSIS_SUMMARY_H
#define ORRERY_ANALYSIS_SUMMARY_H

#include "tracing/decode/model.h"
#include "analysis/metrics/samples.h"

struct trace_file;

#define SUMMARY_NO_SUB (-1)
#define SUMMARY_NO_DOM 0xffff
#define SUMMARY_TRAPS 257

struct summary_call {
	u16 domid;      /* SUMMARY_NO_DOM when who ran is not known */
	u16 op;
	s32 sub;        /* sub-operation, or SUMMARY_NO_SUB */
	bool multicall; /* an entry of a multicall */
	u64 count, items; /* items: of batches; 0 where there are none */
	struct samples until_entry;
};

struct summary_vcpu {
	u64 total[MODEL_STATES];            /* ticks, spells cut by the trace's ends included */
	struct samples state[MODEL_STATES]; /* lengths of whole spells */
	struct samples wake;    /* from runnable (woken) to running */
	struct samples preempt; /* from runnable (pre-empted) to running */
	u64 migrations;
	s32 last_cpu;           /* -1: has not run */
};

struct summary_cpu {
	u64 records, bytes, lost, loss_records, backward;
	u64 busy, idle;  /* ticks */
	u64 switches;    /* spells of a vCPU other than the idle one */
	s32 open_outer;  /* index into calls: hypercall whose next entry is awaited, or -1 */
	s32 open_inner;  /* the same for a multicall's entry */
	u64 outer_tsc, inner_tsc;
};

struct summary {
	struct model model;
	u64 records, bytes, unknown;
	u64 first_tsc, last_tsc, tsc_hz;
	bool tsc_hz_told; /* by the trace or the caller; else TRACE_DEFAULT_HZ is assumed */
	u64 class_records[TRACE_CLASS_COUNT], class_bytes[TRACE_CLASS_COUNT];
	u64 event_records[TRACE_EV_COUNT];
	u64 traps[SUMMARY_TRAPS];
	u64 lost, losses; /* records lost, and loss records */
	/* Time in which a pCPU idled while a vCPU waited (affinity and pools are not looked at),
	 * and its longest stretch: what a work-conserving policy keeps near zero. */
	u64 idle_waiting, idle_waiting_longest, idle_waiting_since;
	bool idle_waiting_now;
	struct summary_call *calls;
	u32 call_count, call_room;
	struct summary_vcpu *vcpus; /* parallel to model.vcpus */
	u32 vcpu_room;
	struct summary_cpu *cpus;
	u32 cpu_count;
	char damage[TRACE_ERROR_MAX]; /* "" when the stream was whole */
};

/* In instruction-count mode QEMU's TSC counts nanoseconds. */
#define SUMMARY_DEFAULT_HZ 1000000000ULL

void summary_init(struct summary *s);
void summary_free(struct summary *s);
void summary_add(struct summary *s, const struct trace_record *rec);
/* After the last record: closes what is open, sorts the tables.  @hz 0: as the trace says,
 * or the default. */
void summary_finish(struct summary *s, u64 hz);
/* All of a file, from its beginning. */
void summary_of_file(struct summary *s, struct trace_file *f, u64 hz);

/* Ticks to nanoseconds, rounded down, without overflow. */
u64 summary_ns(const struct summary *s, u64 ticks);
/* Wake-to-run of all vCPUs but idle ones, or those of @domid, into one bag (caller frees). */
struct samples summary_wakes(const struct summary *s, int domid);

/* Who the summary is of; for titles. Any may be NULL. */
struct summary_title {
	const char *run, *policy, *frames;
};

#include <stdio.h>
void summary_text(const struct summary *s, const struct summary_title *t, FILE *out);
/* One table per call: "runstates", "hypercalls", "wakes", "events", "pcpus". False: no such. */
bool summary_tsv(const struct summary *s, const char *table, FILE *out);
struct json_t;
struct json_t *summary_json(const struct summary *s, const struct summary_title *t);

#endif
