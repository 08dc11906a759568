/* SPDX-License-Identifier: MIT */
/*
 * Timer queues, one per pCPU: a heap, a lock and what the local APIC is set
 * for.  Setting a timer programs the APIC only if the earliest expiry moved;
 * stopping one never does, an interrupt that finds nothing to do re-programs.
 * `timer_slop=` (ns, default 0) lets a timer that is due within that time fire
 * together with one that is due now, as Xen's option does with its 50000; the
 * default keeps expiries exact.
 *
 * Lock: the queue's, interrupts off; callbacks run without it.  Two queues are
 * locked in ascending order of pCPU.
 */
#include "time/timer.h"

#include "console/console.h"
#include "lib/cmdline.h"
#include "lib/spinlock.h"
#include "time/clock.h"
#include "time/heap.h"
#include "time/timer-queue.h"
#include "x86/irq.h"
#include "x86/softirq.h"

#define MAX_SLOP_NS 10000000
#define PASSES 3 /* over the queue in a softirq; what is due then waits for the others' turn */

struct timer_queue {
	spinlock_t lock;
	struct timer *root;
	u64 next_seq;
	s_time_t programmed;   /* what this pCPU's APIC will fire at; TIME_MAX: not set */
	struct timer *running; /* callback in progress */
} ALIGNED(64);

static struct timer_queue queues[MAX_PCPUS];
static unsigned timer_slop;
CMDLINE_UINT("timer_slop", timer_slop, 0, MAX_SLOP_NS);

/* Lock the queue of @t wherever it is. */
static struct timer_queue *queue_lock(const struct timer *t, unsigned long *flags)
{
	for (;;) {
		unsigned cpu = READ_ONCE(t->cpu);
		struct timer_queue *q = &queues[cpu];

		*flags = spin_lock_irqsave(&q->lock);
		if (likely(t->cpu == cpu)) /* it may have migrated meanwhile */
			return q;
		spin_unlock_irqrestore(&q->lock, *flags);
	}
}

static inline void queue_insert(struct timer_queue *q, struct timer *t)
{
	t->seq = q->next_seq++;
	t->active = true;
	q->root = timer_heap_insert(q->root, t);
}

static inline void queue_remove(struct timer_queue *q, struct timer *t)
{
	q->root = timer_heap_remove(q->root, t);
	t->active = false;
}

/* Set the APIC of this pCPU for the earliest timer of its queue @q. @pre q->lock held. */
static inline void reprogram(struct timer_queue *q)
{
	s_time_t earliest = q->root ? q->root->expires : TIME_MAX;

	if (earliest != q->programmed) {
		q->programmed = earliest;
		apic_timer_set(earliest);
	}
}

/* The same for any pCPU: another one does it itself. */
static void reprogram_any(struct timer_queue *q, unsigned cpu)
{
	if (cpu == smp_processor_id())
		reprogram(q);
	else if (q->root && q->root->expires < q->programmed)
		cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
}

/* Lock the queue of this pCPU if @t is on it: NULL if not. @pre interrupts off. */
static inline struct timer_queue *local_queue_lock(const struct timer *t)
{
	const struct pcpu *p = this_cpu();
	struct timer_queue *q = p->timers;

	if (unlikely(t->cpu != p->id))
		return NULL;
	spin_lock(&q->lock);
	if (likely(READ_ONCE(t->cpu) == p->id))
		return q;
	spin_unlock(&q->lock);
	return NULL;
}

/* The usual case of re-arming: the pCPU's earliest timer stays the earliest. */
static inline bool rearm_in_place(struct timer_queue *q, struct timer *t, s_time_t expires)
{
	struct timer old;

	if (t != q->root)
		return false;
	old.expires = t->expires;
	old.seq = t->seq;
	t->expires = expires;
	t->seq = q->next_seq++;
	if (likely(timer_heap_root_stays(t)))
		return true;
	t->expires = old.expires;
	t->seq = old.seq;
	return false;
}

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned cpu)
{
	ASSERT(cpu < MAX_PCPUS);
	*t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

static inline void queue_set(struct timer_queue *q, struct timer *t, s_time_t expires)
{
	if (rearm_in_place(q, t, expires))
		return;
	if (t->active)
		queue_remove(q, t);
	t->expires = expires;
	queue_insert(q, t);
}

static void __attribute__((noinline)) timer_set_remote(struct timer *t, s_time_t expires)
{
	unsigned long flags;
	struct timer_queue *q = queue_lock(t, &flags);

	queue_set(q, t, expires);
	reprogram_any(q, t->cpu);
	spin_unlock_irqrestore(&q->lock, flags);
}

void timer_set(struct timer *t, s_time_t expires)
{
	unsigned long flags = irq_save();
	struct timer_queue *q = local_queue_lock(t);

	if (unlikely(!q)) {
		irq_restore(flags);
		timer_set_remote(t, expires);
		return;
	}
	queue_set(q, t, expires);
	reprogram(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

static void __attribute__((noinline)) timer_stop_remote(struct timer *t)
{
	unsigned long flags;
	struct timer_queue *q = queue_lock(t, &flags);

	if (t->active)
		queue_remove(q, t);
	spin_unlock_irqrestore(&q->lock, flags);
}

void timer_stop(struct timer *t)
{
	unsigned long flags = irq_save();
	struct timer_queue *q = local_queue_lock(t);

	if (unlikely(!q)) {
		irq_restore(flags);
		timer_stop_remote(t);
		return;
	}
	if (t->active)
		queue_remove(q, t);
	spin_unlock_irqrestore(&q->lock, flags);
}

void timer_migrate(struct timer *t, unsigned cpu)
{
	unsigned long flags = irq_save();
	unsigned old;

	ASSERT(cpu < MAX_PCPUS);
	for (;;) {
		old = READ_ONCE(t->cpu);
		spin_lock(&queues[MIN(old, cpu)].lock);
		if (old != cpu)
			spin_lock(&queues[MAX(old, cpu)].lock);
		if (t->cpu == old)
			break;
		if (old != cpu)
			spin_unlock(&queues[MAX(old, cpu)].lock);
		spin_unlock(&queues[MIN(old, cpu)].lock);
	}
	if (old != cpu) {
		bool was_active = t->active;

		if (was_active)
			queue_remove(&queues[old], t);
		t->cpu = cpu;
		if (was_active) {
			queue_insert(&queues[cpu], t);
			reprogram_any(&queues[cpu], cpu);
		}
		spin_unlock(&queues[MAX(old, cpu)].lock);
	}
	spin_unlock(&queues[MIN(old, cpu)].lock);
	irq_restore(flags);
}

void timer_kill(struct timer *t)
{
	timer_stop(t);
	/* A callback may have moved its own timer, so ask every queue. */
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++)
		while (READ_ONCE(queues[cpu].running) == t)
			cpu_relax();
	timer_stop(t); /* the callback may have set it again */
}

/* Run what is due at @now. @pre lock held, dropped during callbacks. True if anything ran. */
static bool run_expired(struct timer_queue *q, s_time_t now, unsigned long *flags)
{
	bool ran = false;

	while (q->root && q->root->expires <= now) {
		struct timer *t = q->root;
		void (*fn)(void *) = t->fn;
		void *data = t->data;

		queue_remove(q, t);
		q->running = t;
		spin_unlock_irqrestore(&q->lock, *flags);
		fn(data); /* may free or re-arm its timer */
		*flags = spin_lock_irqsave(&q->lock);
		WRITE_ONCE(q->running, NULL);
		ran = true;
	}
	return ran;
}

static void timer_softirq(void)
{
	struct timer_queue *q = this_cpu()->timers;
	unsigned long flags;

	clock_take_update();
	flags = spin_lock_irqsave(&q->lock);
	for (unsigned pass = 0; pass < PASSES; pass++)
		if (!run_expired(q, clock_now() + timer_slop, &flags))
			break;
	reprogram(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

void timer_interrupt(void)
{
	this_cpu()->timers->programmed = TIME_MAX; /* one-shot: it is over */
	raise_softirq(SOFTIRQ_TIMER);
}

int timers_init_pcpu(unsigned cpu)
{
	struct timer_queue *q = &queues[cpu];

	/* Others may have set timers here already: the lock and an empty heap are all zeroes. */
	q->programmed = TIME_MAX;
	pcpus[cpu]->timers = q;
	if (q->root)
		cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
	if (cpu == 0)
		softirq_register(SOFTIRQ_TIMER, timer_softirq);
	return 0;
}
