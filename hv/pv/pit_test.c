/* SPDX-License-Identifier: MIT */
/*
 * Dom0's interval timer: programming, reading back, the gate, and the sequence
 * with which Linux measures its time-stamp counter.
 */
#include <criterion/criterion.h>

#include "pv/pit.h"

#define MS 1000000ULL
#define OUTPUT 0x20

static struct pit_channel c;

static void program(u8 command, u16 count, u64 now)
{
	pit_write(&c, PIT_COMMAND, command, now);
	pit_write(&c, PIT_CHANNEL2, count & 0xff, now);
	pit_write(&c, PIT_CHANNEL2, count >> 8, now);
}

static u16 read_latched(u64 now)
{
	u8 low;

	pit_write(&c, PIT_COMMAND, 0x80, now);
	low = pit_read(&c, PIT_CHANNEL2, now + 5 * MS); /* latched: time does not matter */
	return low | pit_read(&c, PIT_CHANNEL2, now + 9 * MS) << 8;
}

Test(pit, one_shot_ends_after_its_count)
{
	pit_init(&c, 0);
	pit_write(&c, PIT_GATE_PORT, 1, 0);
	program(0xb0, 11932, MS); /* 10 ms */
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 10 * MS) & (OUTPUT | 3), 1);
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 12 * MS) & (OUTPUT | 3), OUTPUT | 1);
}

Test(pit, zero_is_the_largest_count)
{
	pit_init(&c, 0);
	program(0xb0, 0, 0);
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 54 * MS) & OUTPUT, 0);
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 55 * MS) & OUTPUT, OUTPUT);
}

Test(pit, counts_down)
{
	pit_init(&c, 0);
	program(0xb0, 50000, 0);
	cr_assert_eq(read_latched(0), 50000);
	cr_assert_eq(read_latched(10 * MS), 50000 - 11931);
}

Test(pit, a_latch_holds_until_it_is_read)
{
	u8 low;

	pit_init(&c, 0);
	program(0xb0, 0x1234, 0);
	pit_write(&c, PIT_COMMAND, 0x80, 0);
	pit_write(&c, PIT_COMMAND, 0x80, MS); /* ignored */
	low = pit_read(&c, PIT_CHANNEL2, MS);
	cr_assert_eq(low, 0x34);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, MS), 0x12);
	cr_assert_neq(pit_read(&c, PIT_CHANNEL2, MS), 0x34);
}

Test(pit, single_bytes)
{
	pit_init(&c, 0);
	pit_write(&c, PIT_COMMAND, 0xa0, 0); /* high byte only */
	pit_write(&c, PIT_CHANNEL2, 0x12, 0);
	cr_assert_eq(c.count, 0x1200);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, 0), 0x12);
	pit_write(&c, PIT_COMMAND, 0x90, 0); /* low byte only */
	pit_write(&c, PIT_CHANNEL2, 0x34, 0);
	cr_assert_eq(c.count, 0x34);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, 0), 0x34);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, 0), 0x34);
}

Test(pit, read_back)
{
	pit_init(&c, 0);
	program(0xba, 1000, 0); /* mode 5 */
	pit_write(&c, PIT_COMMAND, 0xe8, 1000); /* status of channel 2 */
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, 1000), 0x3a);
	pit_write(&c, PIT_COMMAND, 0xc8, 0); /* status and count */
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, MS), 0x3a);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, MS), 1000 & 0xff);
	cr_assert_eq(pit_read(&c, PIT_CHANNEL2, MS), 1000 >> 8);
	pit_write(&c, PIT_COMMAND, 0xe4, 0); /* of channel 1: nothing */
	cr_assert_not(c.status_latched);
}

Test(pit, the_gate_starts_a_square_wave_again)
{
	pit_init(&c, 0);
	program(0xb6, 11932, 0); /* 10 ms: 5 high, 5 low */
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 7 * MS) & OUTPUT, 0);
	pit_write(&c, PIT_GATE_PORT, 3, 7 * MS);
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 7 * MS) & (OUTPUT | 3), OUTPUT | 3);
	pit_write(&c, PIT_GATE_PORT, 1, 8 * MS); /* still open: no edge */
	cr_assert_eq(pit_read(&c, PIT_GATE_PORT, 13 * MS) & (OUTPUT | 3), 1);
}

Test(pit, other_channels_are_not_there)
{
	struct pit_channel before;

	pit_init(&c, 0);
	before = c;
	pit_write(&c, PIT_COMMAND, 0x36, MS);
	pit_write(&c, PIT_COMMAND, 0x00, MS);
	cr_assert_arr_eq(&c, &before, sizeof(c));
	cr_assert_eq(pit_read(&c, PIT_COMMAND, MS), 0);
}

Test(pit, no_count_divides_by_zero)
{
	for (unsigned command = 0; command < 256; command++)
		for (unsigned count = 0; count < 3; count++) {
			pit_init(&c, 0);
			program(command, count, 0);
			for (u64 now = 0; now < 4; now++) {
				pit_read(&c, PIT_GATE_PORT, now * MS);
				pit_read(&c, PIT_CHANNEL2, now * MS);
			}
			cr_assert(c.count >= 1 && c.count <= 0x10000);
		}
}
