/* SPDX-License-Identifier: MIT */
/*
 * Tracing for the rest of the hypervisor: trace_<event>(fields...) for every
 * event of tracing/events/events.def, typed from the table.  Legal in any
 * context but NMI and machine check: no locks are taken, interrupts are off
 * for the few instructions of a record.
 *
 * Off, or with the event's class masked out, a call is one test of one global
 * word and a branch that is not taken; the arguments must therefore be plain
 * expressions, which the compiler then evaluates only on the taken side.
 */
#ifndef ORRERY_TRACE_TRACE_H
#define ORRERY_TRACE_TRACE_H

#include "tracing/events/events.h"

struct xen_sysctl_tbuf_op;

/* The event mask while tracing is on, 0 while it is off.  Xen's rule (trace_mask_wants)
 * splits into two tests of constants, of which the first decides nearly always. */
extern u32 trace_active;

static inline __attribute__((always_inline)) bool trace_wanted(u32 id)
{
	if (likely(!(trace_active & id & 0x0fff0000)))
		return false;
	__asm__ volatile(""); /* no code; keeps the compiler from merging the two tests */
	return trace_active & id & 0x0000f000;
}

/* From the table: void trace_<name>(fields...), and for VARIANT rows
 * void trace_<name>(variant, fields...) where variant holds the varying id bits. */
#define TRACE_PARAM(type, field) TRACE_PARAM_##type(field)
#define TRACE_PARAM_u8(f) u8 f
#define TRACE_PARAM_u16(f) u16 f
#define TRACE_PARAM_x16(f) u16 f
#define TRACE_PARAM_u32(f) u32 f
#define TRACE_PARAM_s32(f) s32 f
#define TRACE_PARAM_x32(f) u32 f
#define TRACE_PARAM_u64(f) u64 f
#define TRACE_PARAM_x64(f) u64 f
#define TRACE_PARAM_c16(f) const char *f
#define TRACE_ARG(type, field) field

#define TRACE_DECLARE_EMIT(name, ...)                                                     \
	void trace_write_##name TRACE_PAREN(TRACE_PARAM, void, __VA_ARGS__);              \
	static inline __attribute__((always_inline)) void trace_##name TRACE_PAREN(       \
		TRACE_PARAM, void, __VA_ARGS__)                                           \
	{                                                                                 \
		if (trace_wanted(TRACE_ID_##name))                                        \
			trace_write_##name TRACE_PAREN(TRACE_ARG, , __VA_ARGS__);         \
	}
#define TRACE_DECLARE_VARIANT(name, ...)                                                  \
	void trace_write_##name(u32 variant TRACE_MORE(TRACE_PARAM, __VA_ARGS__));        \
	static inline __attribute__((always_inline)) void trace_##name(                   \
		u32 variant TRACE_MORE(TRACE_PARAM, __VA_ARGS__))                         \
	{                                                                                 \
		if (trace_wanted(TRACE_ID_##name))                                        \
			trace_write_##name(variant TRACE_MORE(TRACE_ARG, __VA_ARGS__));   \
	}
#define TRACE_DECLARE_TAIL(...)
#define TRACE_DECLARE_READ(...)
#define TRACE_DECLARE_RETIRED(...)
#define EVENT(kind, name, id, vary, class, timing, sentence, ...) \
	TRACE_DECLARE_##kind(name __VA_OPT__(,) __VA_ARGS__)
#include "tracing/events/events.def"
#undef EVENT

/* The varying id bits of a runstate change, RUNSTATE_* to RUNSTATE_*. */
static inline u32 trace_runstates(unsigned from, unsigned to)
{
	return (from & 3) << 8 | (to & 3) << 4;
}

/* A hypercall @op, or (subcall) one entry of a multicall, with its first three arguments;
 * which of them are recorded depends on @op (emit.c). */
void trace_write_hypercall(u32 id, u64 op, u64 arg0, u64 arg1, u64 arg2);

static inline __attribute__((always_inline)) void trace_hypercall(u64 op, u64 arg0, u64 arg1,
								  u64 arg2)
{
	if (trace_wanted(TRACE_ID_hypercall))
		trace_write_hypercall(TRACE_ID_hypercall, op, arg0, arg1, arg2);
}

static inline __attribute__((always_inline)) void trace_hypercall_subcall(u64 op, u64 arg0,
									  u64 arg1, u64 arg2)
{
	if (trace_wanted(TRACE_ID_hypercall_subcall))
		trace_write_hypercall(TRACE_ID_hypercall_subcall, op, arg0, arg1, arg2);
}

/* Bit 15 of pv_trap's trap field. */
#define TRACE_TRAP_HAS_ERROR 0x8000

/*
 * Boot: once, when every pCPU is up and frames can be allocated.  @pages a
 * pCPU and @mask are tbuf_size= and tevt_mask= (0: not given); with @pages,
 * tracing starts at once.  @tsc_hz is told to readers of the trace.
 */
void trace_init(unsigned pages, u32 mask, u64 tsc_hz);

/*
 * XEN_SYSCTL_tbuf_op: @op is a copy of the caller's structure, written back by
 * the hypercall.  0, -EINVAL (bad command, size, or enabling without rings),
 * -EBUSY (rings exist already), -ENOMEM, -EFAULT (cpu_mask).  @pre interrupts
 * on, no locks held: the other pCPUs are waited for.
 */
int trace_tbuf_op(struct xen_sysctl_tbuf_op *op);

/*
 * The last scheduling records of this pCPU, at most @most, oldest first: @variant holds the varying bits
 * of the id, @words the @nr words of payload.  None while tracing is off.  @pre interrupts off.
 */
void trace_tail(u32 most, void (*line)(void *ctx, const char *name, u64 ns_ago, u32 variant,
				       const u32 *words, u32 nr), void *ctx);

#endif
