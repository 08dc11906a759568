/* SPDX-License-Identifier: MIT */
/*
 * Between the writers (emit.c) and the buffers (tbuf.c): nothing else includes
 * this.
 */
#ifndef ORRERY_TRACE_TBUF_H
#define ORRERY_TRACE_TBUF_H

#include "trace/ring.h"

/* The record with this header and these fields, however long it takes to find out whether there
 * is room; tells Dom0 when the ring is half full.  @pre interrupts off; restores @flags. */
void trace_write_slowly(u32 header, const void *fields, unsigned long flags);

#endif
