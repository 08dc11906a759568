/* SPDX-License-Identifier: MIT */
/*
 * Console input: a small ring between the serial interrupt and Dom0's reads,
 * the Ctrl-A switch to the debug keys, and the softirq that tells Dom0 about
 * new text in the console ring.  The input ring has one producer (the serial
 * interrupt, one pCPU) and readers under input_lock.
 */
#include "console/input.h"

#include "console/console.h"
#include "console/internal.h"
#include "console/keys.h"
#include "console/serial.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/spinlock.h"
#include "x86/softirq.h"

#define INPUT_BYTES 256u /* a power of two */
#define CTRL_A 0x01
#define SWITCH_COUNT 3

static char input[INPUT_BYTES];
static u32 input_head, input_tail; /* produced, consumed; free-running */
static spinlock_t input_lock = SPINLOCK_INIT;
static unsigned ctrl_a_seen;
static bool keys_mode; /* input goes to the debug keys */
static bool softirqs_work;

/* Count the switch characters; true if @byte completed or belongs to the switch only. */
static bool input_switched(u8 byte)
{
	ctrl_a_seen = byte == CTRL_A ? ctrl_a_seen + 1 : 0;
	if (ctrl_a_seen < SWITCH_COUNT)
		return false;
	ctrl_a_seen = 0;
	keys_mode = !keys_mode;
	log_info("input goes to %s; Ctrl-A three times switches",
		 keys_mode ? "Orrery (h: help)" : "Dom0");
	return true;
}

void console_input_byte(u8 byte)
{
	if (input_switched(byte))
		return;
	if (keys_mode) {
		if (byte != CTRL_A)
			debug_key_queue(byte);
		return;
	}
	if (input_head - READ_ONCE(input_tail) < INPUT_BYTES) {
		input[input_head % INPUT_BYTES] = byte;
		__atomic_store_n(&input_head, input_head + 1, __ATOMIC_RELEASE);
	}
}

void console_input_done(void)
{
	if (dom0 && READ_ONCE(input_head) != READ_ONCE(input_tail))
		send_domain_virq(dom0, VIRQ_CONSOLE);
}

size_t console_read_input(char *buf, size_t n)
{
	unsigned long flags = spin_lock_irqsave(&input_lock);
	u32 head = __atomic_load_n(&input_head, __ATOMIC_ACQUIRE);
	size_t done = 0;

	while (done < n && input_tail != head) {
		buf[done++] = input[input_tail % INPUT_BYTES];
		WRITE_ONCE(input_tail, input_tail + 1);
	}
	spin_unlock_irqrestore(&input_lock, flags);
	return done;
}

void console_notify(void)
{
	if (softirqs_work)
		raise_softirq(SOFTIRQ_CONSOLE);
}

static void console_softirq(void)
{
	debug_keys_run_queued();
	if (dom0)
		send_global_virq(VIRQ_CON_RING);
}

void console_init_late(void)
{
	debug_keys_init();
	debug_dumps_init();
	softirq_register(SOFTIRQ_CONSOLE, console_softirq);
	softirqs_work = true;
	serial_enable_interrupt();
}
