/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the hostile guest.
 */
#ifndef ORRERY_GUESTS_HOSTILE_H
#define ORRERY_GUESTS_HOSTILE_H

#include "bench/guests/pv/pv.h"
#include "bench/guests/pv/verdict.h"

#define VEC_UD (6 + 1)
#define VEC_GP (13 + 1) /* as TRY() returns them */
#define VEC_PF (14 + 1)

extern u64 scratch_frame, boot_stack;
extern u8 *scratch;

long set_pte(u64 maddr, u64 val);
long set_va(void *va, u64 pte);
/* Do the thing called @name; returns only if the hypervisor let it pass. */
void crash_by_name(const char *name);
/* hostile-long.c: a suite, the last one. */
void long_calls(void);
/* The suites of hostile-deep.c, one by one. */
void deep_suites(void (*run)(const char *name, void (*fn)(void)));

static inline long mmuext(unsigned cmd, u64 mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static inline long set_ldt(u64 base, unsigned entries)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = base,
				.arg2.nr_ents = entries };

	return hypercall4(__HYPERVISOR_mmuext_op, &op, 1, 0, DOMID_SELF);
}

static inline long set_gdt(u64 mfn, unsigned entries)
{
	u64 frames[14] = { mfn };

	return hypercall2(__HYPERVISOR_set_gdt, frames, entries);
}

static inline long evtchn(unsigned cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

/* A 64-bit store: 0, or vector + 1. */
#define TRY_STORE(ptr, val)                                                    \
	({                                                                     \
		register u64 p_ __asm__("rsi") = (u64)(ptr);                   \
		register u64 w_ __asm__("rdi") = (u64)(val);                   \
		__asm__ volatile("" : "+r"(p_), "+r"(w_));                     \
		u64 r_ = TRY("mov %%rdi, (%%rsi)");                            \
		__asm__ volatile("" : : "r"(p_), "r"(w_));                     \
		r_;                                                            \
	})

#endif
