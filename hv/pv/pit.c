/* SPDX-License-Identifier: MIT */
/*
 * The interval timer's channel 2; see pit.h.  Commands and modes are the Intel
 * 8254's; where Xen 4.17's own model departs from it (the output of modes 2, 4 and
 * 5, counting on while the gate is closed) this follows Xen, as measured.
 */
#include "pv/pit.h"

#define PIT_HZ 1193182ULL
#define NS_PER_SEC 1000000000ULL
#define REFRESH_HALF_NS 15085 /* the memory refresh bit of port 0x61 turns over that often */

#define COMMAND_CHANNEL(v) ((v) >> 6)
#define COMMAND_ACCESS(v) ((v) >> 4 & 3)
#define COMMAND_MODE(v) ((v) >> 1 & 7)
#define READ_BACK 3
#define READ_BACK_NO_COUNT 0x20
#define READ_BACK_NO_STATUS 0x10
#define READ_BACK_CHANNEL2 0x08

#define GATE_OPEN 0x01
#define GATE_SPEAKER 0x02
#define GATE_REFRESH_SHIFT 4
#define GATE_OUTPUT_SHIFT 5

static void load(struct pit_channel *c, u16 count, u64 now_ns)
{
	c->count = count ? count : 0x10000;
	c->loaded_ns = now_ns;
}

void pit_init(struct pit_channel *c, u64 now_ns)
{
	*c = (struct pit_channel){ .mode = 3, .access = 3 };
	load(c, 0, now_ns);
}

/* Clock ticks since the count was loaded. */
static u64 ticks(const struct pit_channel *c, u64 now_ns)
{
	u64 ns = now_ns - c->loaded_ns;

	return ns / NS_PER_SEC * PIT_HZ + ns % NS_PER_SEC * PIT_HZ / NS_PER_SEC;
}

static bool output(const struct pit_channel *c, u64 now_ns)
{
	u64 t = ticks(c, now_ns);

	switch (c->mode) {
	case 1:
		return t < c->count;
	case 2:
		return t && t % c->count == 0;
	case 3:
		return t % c->count < (c->count + 1) / 2;
	case 4: case 5:
		return t == c->count;
	}
	return t >= c->count;
}

static u16 counter(const struct pit_channel *c, u64 now_ns)
{
	u64 t = ticks(c, now_ns);

	switch (c->mode) {
	case 2:
		return c->count - t % c->count;
	case 3: /* by two, twice around */
		return c->count - 2 * t % c->count;
	}
	return c->count - t;
}

static void latch_count(struct pit_channel *c, u64 now_ns)
{
	if (c->latched_bytes)
		return;
	c->latch = counter(c, now_ns);
	c->latched_bytes = c->access;
}

static void latch_status(struct pit_channel *c, u64 now_ns)
{
	if (c->status_latched)
		return;
	c->status = output(c, now_ns) << 7 | c->access << 4 | c->mode << 1;
	c->status_latched = true;
}

static void command(struct pit_channel *c, u8 val, u64 now_ns)
{
	unsigned access = COMMAND_ACCESS(val), mode = COMMAND_MODE(val);

	if (COMMAND_CHANNEL(val) == READ_BACK) {
		if (!(val & READ_BACK_CHANNEL2))
			return;
		if (!(val & READ_BACK_NO_COUNT))
			latch_count(c, now_ns);
		if (!(val & READ_BACK_NO_STATUS))
			latch_status(c, now_ns);
	} else if (COMMAND_CHANNEL(val) == 2) {
		if (!access) {
			latch_count(c, now_ns);
			return;
		}
		c->access = access;
		c->mode = mode > 5 ? mode - 4 : mode; /* 6 and 7 are 2 and 3 */
		c->write_high = c->read_high = false;
	}
}

static void write_count(struct pit_channel *c, u8 val, u64 now_ns)
{
	switch (c->access) {
	case 1:
		load(c, val, now_ns);
		return;
	case 2:
		load(c, val << 8, now_ns);
		return;
	}
	if (c->write_high)
		load(c, c->low_written | val << 8, now_ns);
	else
		c->low_written = val;
	c->write_high = !c->write_high;
}

/* The gate's rising edge starts most modes again. */
static void write_gate(struct pit_channel *c, u8 val, u64 now_ns)
{
	bool open = val & GATE_OPEN;

	if (open && !c->gate && c->mode != 0 && c->mode != 4)
		c->loaded_ns = now_ns;
	c->gate = open;
	c->speaker = val & GATE_SPEAKER;
}

void pit_write(struct pit_channel *c, u16 port, u8 val, u64 now_ns)
{
	switch (port) {
	case PIT_CHANNEL2:
		write_count(c, val, now_ns);
		return;
	case PIT_COMMAND:
		command(c, val, now_ns);
		return;
	}
	write_gate(c, val, now_ns);
}

static u8 read_latched(struct pit_channel *c)
{
	if (c->latched_bytes & 1) {
		c->latched_bytes &= ~1;
		return c->latch;
	}
	c->latched_bytes = 0;
	return c->latch >> 8;
}

static u8 read_count(struct pit_channel *c, u64 now_ns)
{
	u16 now;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latched_bytes)
		return read_latched(c);
	now = counter(c, now_ns);
	if (c->access == 3)
		c->read_high = !c->read_high;
	if (c->access == 2 || (c->access == 3 && !c->read_high))
		return now >> 8;
	return now;
}

u8 pit_read(struct pit_channel *c, u16 port, u64 now_ns)
{
	switch (port) {
	case PIT_CHANNEL2:
		return read_count(c, now_ns);
	case PIT_COMMAND: /* cannot be read */
		return 0;
	}
	return c->gate | c->speaker << 1 | (now_ns / REFRESH_HALF_NS & 1) << GATE_REFRESH_SHIFT |
	       output(c, now_ns) << GATE_OUTPUT_SHIFT;
}
