/* SPDX-License-Identifier: MIT */
/*
 * Reading xentrace streams: the only code that knows record bytes.  A stream
 * is a chain of windows, each a CPU_CHANGE record naming a pCPU and a number
 * of bytes, then that many bytes of the pCPU's records.
 *
 * Two readers: `trace_reader` goes through a buffer in file order and can be
 * continued when more bytes have arrived; `trace_file` (merge.h) gives a whole
 * file in the order of time.  Neither trusts anything in the stream: what does
 * not fit is an error with its offset, and what came before it stays valid.
 */
#ifndef ORRERY_TRACING_DECODE_READER_H
#define ORRERY_TRACING_DECODE_READER_H

#include "tracing/decode/table.h"

#define TRACE_PCPUS_MAX 65536 /* the simulator has thousands */

struct trace_record {
	u64 offset; /* of the header, bytes into the stream */
	u64 tsc;    /* of the record, or of the last timed one before it on its pCPU */
	u32 id;     /* 28 bits */
	u32 cpu;
	s16 event;  /* enum trace_event, or -1: unknown id */
	u8 words;   /* of payload */
	bool timed;
	u32 data[TRACE_EXTRA_MAX];
};

enum trace_status {
	TRACE_RECORD = 1, /* one more record */
	TRACE_END = 0,    /* the stream ends here, between windows */
	TRACE_MORE = -1,  /* the bytes given so far end inside a window or a record */
	TRACE_BAD = -2,   /* not a trace, or damaged: see error */
};

#define TRACE_ERROR_MAX 160

/* One record at @offset of @data, @limit bytes being there: bytes it takes, 0 if it does not fit.
 * Sets everything in @rec but cpu and, for an untimed record, tsc. */
unsigned trace_record_parse(const u8 *data, u64 offset, u64 limit, struct trace_record *rec);

/* A window's header (TRACE_WINDOW_HEAD bytes) at @offset: TRACE_RECORD with the pCPU and the
 * bytes of records that follow; TRACE_END, TRACE_MORE, or TRACE_BAD with @error filled. */
enum trace_status trace_window_parse(const u8 *data, u64 offset, u64 limit, u32 *cpu, u32 *bytes,
				     char *error);
#define TRACE_WINDOW_HEAD 12

/* Is this record's id one that no writer makes?  Used to tell damage from novelty. */
bool trace_id_plausible(u32 id);

struct trace_reader {
	const u8 *data;
	u64 limit;  /* bytes there are */
	u64 offset; /* of the next record or window */
	u64 window_end;
	u32 cpu;
	u64 *last_tsc;  /* by pCPU */
	u32 cpus;       /* entries of last_tsc */
	char error[TRACE_ERROR_MAX];
};

void trace_reader_init(struct trace_reader *r, const void *data, u64 bytes);
/* The same stream, now with more bytes (the earlier ones unchanged, perhaps elsewhere). */
void trace_reader_extend(struct trace_reader *r, const void *data, u64 bytes);
void trace_reader_free(struct trace_reader *r);
/* Next record in file order; CPU_CHANGE records are consumed, not returned. */
enum trace_status trace_reader_next(struct trace_reader *r, struct trace_record *rec);

#endif
