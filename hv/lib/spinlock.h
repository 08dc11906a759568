/* SPDX-License-Identifier: MIT */
/*
 * Ticket locks.  On one pCPU they cost an add and a compare.  Where a lock is
 * also taken by an interrupt handler, use the _irqsave form everywhere.
 */
#ifndef ORRERY_LIB_SPINLOCK_H
#define ORRERY_LIB_SPINLOCK_H

#include "lib/types.h"
#include "x86/cpu.h"

typedef struct spinlock {
	u16 serving, next;
} spinlock_t;

#define SPINLOCK_INIT { 0, 0 }

static inline void spin_lock_init(spinlock_t *l)
{
	l->serving = l->next = 0;
}

static inline void spin_lock(spinlock_t *l)
{
	u16 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);

	while (unlikely(__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket))
		cpu_relax();
}

static inline bool spin_trylock(spinlock_t *l)
{
	u16 s = READ_ONCE(l->serving), expect = s;

	return __atomic_compare_exchange_n(&l->next, &expect, (u16)(s + 1), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_unlock(spinlock_t *l)
{
	/* Only the holder writes it: a plain increment, which on x86 nothing before passes. */
	__asm__ volatile("incw %0" : "+m"(l->serving) : : "memory", "cc");
}

static inline bool spin_is_locked(const spinlock_t *l)
{
	return READ_ONCE(l->serving) != READ_ONCE(l->next);
}

static inline unsigned long spin_lock_irqsave(spinlock_t *l)
{
	unsigned long flags = irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

#endif
