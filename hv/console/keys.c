/* SPDX-License-Identifier: MIT */
/*
 * The debug-key table.  Owns the keys of the console itself (help, panic,
 * registers); subsystems register theirs at boot.  A key typed in an interrupt
 * waits in a short queue for the console softirq, because handlers take locks.
 */
#include "console/keys.h"

#include "console/console.h"
#include "console/internal.h"
#include "domain/domain.h"

#define QUEUE_KEYS 16u

static struct {
	const char *help;
	void (*handler)(void);
} keys[128];

static char queue[QUEUE_KEYS];
static u32 queued, taken; /* one producer (serial interrupt), one consumer (its softirq) */

void debug_key_register(char key, const char *help, void (*handler)(void))
{
	ASSERT(key > ' ' && key < 127 && !keys[(u8)key].handler);
	keys[(u8)key].help = help;
	keys[(u8)key].handler = handler;
}

void debug_key_run(char key)
{
	if ((u8)key >= ARRAY_SIZE(keys) || !keys[(u8)key].handler) {
		log_info("'%c' is no debug key; h lists them", key > ' ' && key < 127 ? key : '?');
		return;
	}
	log_info("'%c' pressed -> %s", key, keys[(u8)key].help);
	keys[(u8)key].handler();
}

void debug_key_queue(char key)
{
	if (queued - READ_ONCE(taken) < QUEUE_KEYS) {
		queue[queued % QUEUE_KEYS] = key;
		__atomic_store_n(&queued, queued + 1, __ATOMIC_RELEASE);
	}
	console_notify();
}

void debug_keys_run_queued(void)
{
	static u32 running;

	if (__atomic_exchange_n(&running, 1, __ATOMIC_ACQUIRE))
		return;
	while (taken != __atomic_load_n(&queued, __ATOMIC_ACQUIRE)) {
		char key = queue[taken % QUEUE_KEYS];

		WRITE_ONCE(taken, taken + 1);
		debug_key_run(key);
	}
	__atomic_store_n(&running, 0, __ATOMIC_RELEASE);
}

static void key_help(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].handler)
			log_info(" key '%c': %s", (char)i, keys[i].help);
}

/* The guest's frame of the pCPU that handles the key, and our own way here. */
static void key_registers(void)
{
	if (current && !current->is_idle)
		dump_registers(&cpu_info()->guest_regs);
	dump_call_trace(NULL);
}

static void key_panic(void)
{
	panic("requested by debug key");
}

void debug_keys_init(void)
{
	debug_key_register('h', "list the debug keys", key_help);
	debug_key_register('d', "dump registers of this pCPU", key_registers);
	debug_key_register('C', "stop with a dump", key_panic);
}
