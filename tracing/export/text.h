/* SPDX-License-Identifier: MIT */
/*
 * A trace as text: one line a record for people (dump), or comma-separated
 * values with one header line (csv).  Both in the order of time.
 */
#ifndef ORRERY_TRACING_EXPORT_TEXT_H
#define ORRERY_TRACING_EXPORT_TEXT_H

#include <stdio.h>

#include "tracing/decode/merge.h"

/* "   0.000123456 p0 d0v1  sched_wake domid=0 vcpu=1"; @event -1: all; @limit 0: no limit. */
void trace_dump(struct trace_file *f, u64 tsc_hz, int event, u64 limit, FILE *out);
/* time_ns,pcpu,domid,vcpu,class,event,id,fields; fields as name=value joined by spaces. */
void trace_csv(struct trace_file *f, u64 tsc_hz, FILE *out);
/* One record's fields as "name=value name=value"; what the table does not name as wN=0x.... */
void trace_fields_text(const struct trace_record *rec, char *buf, size_t size);

#endif
