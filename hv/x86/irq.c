/* SPDX-License-Identifier: MIT */
/*
 * Interrupt dispatch: from a vector to its handler or its line, calls across
 * pCPUs, and keeping the legacy 8259 quiet.  Handlers run with interrupts off.
 *
 * A cross call has one lock; whoever waits, for the lock or for the others to
 * finish, serves calls meant for itself meanwhile, so that two pCPUs calling
 * each other with interrupts off cannot deadlock.
 */
#include "x86/irq.h"

#include "console/console.h"
#include "lib/bitmap.h"
#include "lib/spinlock.h"
#include "time/timer-queue.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/irq-line.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1
#define PIC_VECTOR 0x20
#define SPURIOUS_REPORTS 8

static void (*vector_handlers[256])(struct cpu_regs *regs);

void set_vector_handler(u8 vector, void (*fn)(struct cpu_regs *regs))
{
	vector_handlers[vector] = fn;
}

/* --- dispatch --- */

/* Nobody's vector: acknowledge it only if the local APIC delivered it as a real one. */
static void stray_interrupt(u8 vector)
{
	static u32 count;
	u32 n;

	if (apic_read(APIC_ISR + vector / 32 * 16) >> (vector % 32) & 1)
		apic_eoi();
	if (vector == VECTOR_SPURIOUS)
		return; /* the APIC changed its mind: normal */
	n = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
	if (n < SPURIOUS_REPORTS)
		log_warn("CPU%u: unexpected interrupt, vector %#x", smp_processor_id(), vector);
}

static void __attribute__((noinline)) device_interrupt(u8 vector, struct cpu_regs *regs)
{
	if (vector_handlers[vector]) {
		apic_eoi();
		vector_handlers[vector](regs);
	} else if (!irq_line_fired(vector)) {
		stray_interrupt(vector);
	}
}

void handle_interrupt(struct cpu_regs *regs)
{
	u8 vector = regs->entry_vector;

	this_cpu()->irq_count++;
	if (vector == VECTOR_EVENT_CHECK) {
		apic_eoi(); /* its purpose is the way out */
	} else if (vector == VECTOR_TIMER) {
		apic_eoi();
		timer_interrupt();
	} else {
		device_interrupt(vector, regs);
	}
}

/* --- calls on other pCPUs --- */

static struct {
	spinlock_t lock;
	void (*fn)(void *);
	void *arg;
	u32 left;
	DECLARE_BITMAP(wanted, MAX_PCPUS);
} cross_call;

/* Run the current call here if it is meant for us and we have not yet. */
void serve_cross_call(void)
{
	unsigned cpu = smp_processor_id();
	unsigned long flags;

	if (!bitmap_test(cross_call.wanted, cpu))
		return;
	flags = irq_save();
	if (bitmap_atomic_test_and_clear(cross_call.wanted, cpu)) {
		cross_call.fn(cross_call.arg);
		__atomic_fetch_sub(&cross_call.left, 1, __ATOMIC_RELEASE);
	}
	irq_restore(flags);
}

static void call_interrupt(struct cpu_regs *regs)
{
	serve_cross_call();
}

/* Online pCPUs of @mask other than this one, into @others: their number. */
static unsigned select_others(const u64 *mask, u64 *others)
{
	unsigned n = 0;

	for (unsigned w = 0; w < BITMAP_WORDS(MAX_PCPUS); w++)
		others[w] = 0;
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++)
		if (cpu != smp_processor_id() && bitmap_test(mask, cpu) && pcpus[cpu]->online) {
			bitmap_set(others, cpu);
			n++;
		}
	return n;
}

static void call_others(const u64 *others, unsigned n, void (*fn)(void *), void *arg)
{
	while (!spin_trylock(&cross_call.lock)) {
		serve_cross_call();
		cpu_relax();
	}
	cross_call.fn = fn;
	cross_call.arg = arg;
	__atomic_store_n(&cross_call.left, n, __ATOMIC_RELAXED);
	for (unsigned w = 0; w < BITMAP_WORDS(MAX_PCPUS); w++)
		__atomic_store_n(&cross_call.wanted[w], others[w], __ATOMIC_RELEASE);
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++)
		if (bitmap_test(others, cpu))
			apic_send_ipi(cpu, VECTOR_CALL);
	while (__atomic_load_n(&cross_call.left, __ATOMIC_ACQUIRE))
		cpu_relax();
	spin_unlock(&cross_call.lock);
}

void call_on_pcpus(const u64 *mask, void (*fn)(void *), void *arg)
{
	DECLARE_BITMAP(others, MAX_PCPUS);
	unsigned n = pcpu_count > 1 ? select_others(mask, others) : 0;

	if (n)
		call_others(others, n, fn, arg);
	if (bitmap_test(mask, smp_processor_id())) {
		unsigned long flags = irq_save();

		fn(arg);
		irq_restore(flags);
	}
}

/* --- 8259 --- */

/* Moved away from the exception vectors, as a masked 8259 can still raise its line 7. */
static void pic_disable(void)
{
	outb(PIC1_COMMAND, 0x11); /* initialise, expect ICW4 */
	outb(PIC2_COMMAND, 0x11);
	outb(PIC1_DATA, PIC_VECTOR);
	outb(PIC2_DATA, PIC_VECTOR + 8);
	outb(PIC1_DATA, 4); /* cascade on line 2 */
	outb(PIC2_DATA, 2);
	outb(PIC1_DATA, 1); /* 8086 mode */
	outb(PIC2_DATA, 1);
	outb(PIC1_DATA, 0xff);
	outb(PIC2_DATA, 0xff);
}

void irq_init(void)
{
	pic_disable();
	set_vector_handler(VECTOR_CALL, call_interrupt);
}
