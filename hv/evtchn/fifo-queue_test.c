/* SPDX-License-Identifier: MIT */
/*
 * The FIFO event queue on plain memory, against a guest written from the
 * public description of the ABI: order, no loss, no event twice, and a guest
 * that scribbles over its words.
 */
#include "evtchn/fifo-queue.h"

#include <criterion/criterion.h>
#include <string.h>

#define PORTS 64

static u32 words[PORTS], head, tail;
static bool ready;

static void queue_reset(void)
{
	memset(words, 0, sizeof(words));
	head = tail = 0;
	ready = false;
}

/* What fifo_raise_fast() does, for one queue. */
static void raise_port(u32 port)
{
	u32 behind;

	if (!fifo_set_pending(&words[port]))
		return;
	if (tail == port)
		tail = 0;
	behind = tail;
	tail = port;
	if (behind && fifo_link_behind(&words[behind], port))
		return;
	head = port;
	ready = true;
}

/* The guest takes the next event off the queue, 0 if it is empty.  @local: its copy of the head. */
static u32 guest_next(u32 *local)
{
	u32 port = *local, w;

	if (!port) {
		if (!ready)
			return 0;
		port = head;
	}
	w = words[port];
	words[port] = w & ~(FIFO_LINKED | EVTCHN_FIFO_LINK_MASK);
	*local = w & EVTCHN_FIFO_LINK_MASK;
	if (!*local)
		ready = false;
	return port;
}

/* Is the event to be handled?  Clears PENDING. */
static bool guest_handles(u32 port)
{
	if ((words[port] & (FIFO_PENDING | FIFO_MASKED)) != FIFO_PENDING)
		return false;
	words[port] &= ~FIFO_PENDING;
	return true;
}

Test(evtchn_fifo, first_event_starts_a_chain)
{
	queue_reset();
	raise_port(5);
	cr_assert_eq(words[5], FIFO_PENDING | FIFO_LINKED);
	cr_assert_eq(head, 5);
	cr_assert(ready);
}

Test(evtchn_fifo, events_come_in_the_order_they_were_raised)
{
	static const u32 order[] = { 9, 3, 40, 1, 63 };
	u32 local = 0;

	queue_reset();
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		raise_port(order[i]);
	cr_assert_eq(head, 9, "only the first of a chain is at the head");
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		cr_assert_eq(guest_next(&local), order[i]);
		cr_assert(guest_handles(order[i]));
	}
	cr_assert_eq(guest_next(&local), 0);
}

Test(evtchn_fifo, a_pending_event_is_queued_once)
{
	u32 local = 0;

	queue_reset();
	raise_port(7);
	raise_port(7);
	raise_port(8);
	cr_assert_eq(guest_next(&local), 7);
	cr_assert_eq(guest_next(&local), 8);
	cr_assert_eq(guest_next(&local), 0);
}

Test(evtchn_fifo, a_masked_event_becomes_pending_and_stays_off_the_queue)
{
	queue_reset();
	words[4] = FIFO_MASKED;
	raise_port(4);
	cr_assert_eq(words[4], FIFO_MASKED | FIFO_PENDING);
	cr_assert_not(ready);
	cr_assert_eq(tail, 0);
}

Test(evtchn_fifo, the_last_event_taken_ends_the_chain)
{
	u32 local = 0;

	queue_reset();
	raise_port(2);
	cr_assert_eq(guest_next(&local), 2);
	cr_assert(guest_handles(2));
	raise_port(3); /* behind 2, which is not LINKED any more */
	cr_assert_eq(head, 3);
	cr_assert(ready);
	raise_port(2); /* its own tail entry from before must not chain it to itself */
	cr_assert_eq(words[3] & EVTCHN_FIFO_LINK_MASK, 2);
	cr_assert_eq(words[2] & EVTCHN_FIFO_LINK_MASK, 0);
	cr_assert_eq(guest_next(&local), 3);
	cr_assert_eq(guest_next(&local), 2);
}

Test(evtchn_fifo, raised_again_while_it_is_the_only_one)
{
	u32 local = 0;

	queue_reset();
	for (int round = 0; round < 3; round++) {
		raise_port(11);
		cr_assert_eq(guest_next(&local), 11);
		cr_assert(guest_handles(11));
	}
}

/* Any mixture of raising and taking: each raise since the last handling is seen exactly once. */
Test(evtchn_fifo, random_traffic_loses_nothing)
{
	bool due[PORTS] = { false };
	u32 local = 0, seed = 12345;
	unsigned handled = 0, raised = 0;

	queue_reset();
	for (int step = 0; step < 200000; step++) {
		u32 port;

		seed = seed * 1664525 + 1013904223;
		if (seed >> 31) {
			port = 1 + (seed >> 8) % (PORTS - 1);
			raised += !due[port];
			due[port] = true;
			raise_port(port);
			continue;
		}
		port = guest_next(&local);
		if (port && guest_handles(port)) {
			cr_assert(due[port], "port %u came without being raised", port);
			due[port] = false;
			handled++;
		}
	}
	for (u32 port; (port = guest_next(&local)) != 0;)
		handled += guest_handles(port);
	cr_assert_eq(handled, raised);
}

/* Whatever lies in the words, links are only ever what we wrote. */
Test(evtchn_fifo, scribbled_words_are_not_followed)
{
	queue_reset();
	raise_port(1);
	words[1] = 0xffffffff & ~FIFO_LINKED; /* the guest breaks its chain */
	raise_port(2);
	cr_assert_eq(head, 2);
	words[2] = 0xffffffff;
	raise_port(3);
	cr_assert_eq(words[2] & EVTCHN_FIFO_LINK_MASK, 3, "still LINKED: 3 hangs on it");
	cr_assert_not(words[2] & FIFO_BUSY);
	cr_assert_eq(tail, 3);
}

Test(evtchn_fifo, busy_is_taken_back)
{
	u32 w = FIFO_BUSY | FIFO_LINKED | 77;

	cr_assert(fifo_link_behind(&w, 5));
	cr_assert_eq(w, FIFO_LINKED | 5);
	w = FIFO_PENDING;
	cr_assert_not(fifo_link_behind(&w, 5));
	cr_assert_eq(w, FIFO_PENDING);
}

Test(evtchn_fifo, set_pending_in_two_steps_does_the_same)
{
	u32 w = 0;

	cr_assert(fifo_set_pending_apart(&w));
	cr_assert_eq(w, FIFO_PENDING | FIFO_LINKED);
	cr_assert_not(fifo_set_pending_apart(&w));
	w = FIFO_MASKED;
	cr_assert_not(fifo_set_pending_apart(&w));
	cr_assert_eq(w, FIFO_MASKED | FIFO_PENDING);
}
