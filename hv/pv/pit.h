/* SPDX-License-Identifier: MIT */
/*
 * Channel 2 of the interval timer as Dom0 has it: ports 0x42, 0x43 and the gate
 * in 0x61.  The real one calibrates our clocks at boot and is not shared; this
 * one runs on the vCPU's time.  Pure: the caller passes the time, and holds
 * whatever keeps other vCPUs out.
 */
#ifndef ORRERY_PV_PIT_H
#define ORRERY_PV_PIT_H

#include "lib/types.h"

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE_PORT 0x61

struct pit_channel {
	u64 loaded_ns;     /* when the count was loaded or started again */
	u32 count;         /* 1 .. 65536 */
	u8 mode;           /* 0 .. 5 */
	u8 access;         /* 1: low byte, 2: high byte, 3: low then high */
	bool gate, speaker;
	bool write_high, read_high; /* access 3: the high byte is next */
	u8 low_written;
	u8 latched_bytes;  /* of the latched count still to be read, lowest first */
	u16 latch;
	bool status_latched;
	u8 status;
};

/* As after a reset: square wave, full count, gate closed. */
void pit_init(struct pit_channel *c, u64 now_ns);
/* @port is one of the three above. */
u8 pit_read(struct pit_channel *c, u16 port, u64 now_ns);
void pit_write(struct pit_channel *c, u16 port, u8 val, u64 now_ns);

static inline bool pit_port(u16 port)
{
	return port == PIT_CHANNEL2 || port == PIT_COMMAND || port == PIT_GATE_PORT;
}

#endif
