/* SPDX-License-Identifier: MIT */
/*
 * A whole trace file in the order of time: every pCPU's records are in order,
 * so the next record is the earliest of the pCPUs' heads (ties: the lower pCPU).
 * The file is mapped, not copied; memory is a few words a window.
 */
#ifndef ORRERY_TRACING_DECODE_MERGE_H
#define ORRERY_TRACING_DECODE_MERGE_H

#include "tracing/decode/reader.h"

struct trace_window {
	u64 offset; /* of its first record */
	u64 end;
	u32 cpu;
	u32 next;   /* the same pCPU's next window, or TRACE_NO_WINDOW */
};
#define TRACE_NO_WINDOW 0xffffffffU

struct trace_cursor {
	u32 window, last_window; /* current, and the tail while the list is built */
	u64 offset;              /* of the record after @head */
	u64 tsc;
	u64 backward;            /* records whose TSC is lower than the one before */
	struct trace_record head;
};

struct trace_file {
	const u8 *data;
	u64 bytes;
	struct trace_window *windows;
	u32 window_count, cpus;
	struct trace_cursor *cursors; /* by pCPU */
	u32 *heap;                    /* pCPUs with a head, earliest on top */
	u32 heap_count;
	bool mapped;
	/* Damage: what lies before it is still delivered; empty if all is well. */
	char error[TRACE_ERROR_MAX];
};

/*
 * Open @path.  0, or -errno with @f->error saying what is wrong (no such file,
 * not a trace).  A file that is damaged further on opens fine; after the last
 * good record @f->error tells.
 */
int trace_file_open(struct trace_file *f, const char *path);
/* The same on bytes in memory, which stay the caller's. */
int trace_file_open_memory(struct trace_file *f, const void *data, u64 bytes);
void trace_file_close(struct trace_file *f);
/* TRACE_RECORD or TRACE_END. */
enum trace_status trace_file_next(struct trace_file *f, struct trace_record *rec);
/* Begin again. */
void trace_file_rewind(struct trace_file *f);

#endif
