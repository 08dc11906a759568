/* SPDX-License-Identifier: MIT */
/*
 * The writers behind trace_<event>(): one function a row of the event table,
 * made by the preprocessor, so that every size is a constant and a record is
 * a handful of stores.  Called with the event known to be wanted, in any
 * context but NMI; interrupts are off from finding the ring until the record
 * is committed, so a record is never interrupted by one of its own pCPU.
 */
#include "trace/trace.h"

#include <xen/xen.h>

#include "lib/string.h"
#include "trace/ring.h"
#include "trace/tbuf.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

static inline void *begin_TIMED(u32 *rec, u32 header)
{
	u64 tsc = rdtsc();

	rec[0] = header;
	rec[1] = tsc;
	rec[2] = tsc >> 32;
	return rec + 3;
}

static inline void *begin_UNTIMED(u32 *rec, u32 header)
{
	*rec = header;
	return rec + 1;
}

static inline struct trace_text16 text16(const char *s)
{
	struct trace_text16 t = { "" };

	for (unsigned i = 0; i < sizeof(t.text) && s[i]; i++)
		t.text[i] = s[i];
	return t;
}

#define SET(type, field) p->field = SET_##type(field);
#define SET_u8(f) f
#define SET_u16(f) f
#define SET_x16(f) f
#define SET_u32(f) f
#define SET_s32(f) f
#define SET_x32(f) f
#define SET_u64(f) f
#define SET_x64(f) f
#define SET_c16(f) text16(f)

/*
 * The writer's body.  Without room at hand the fields go through the stack to
 * trace_write_slowly, so that the usual path needs no register saved.
 */
#define WRITE(name, header_word, timing, ...)                                              \
	{                                                                                  \
		unsigned long flags = irq_save();                                          \
		struct trace_ring *r = this_cpu()->trace;                                  \
		u32 header = (header_word);                                                \
		unsigned bytes = 4 + 8 * TRACE_##timing + sizeof(struct trace_rec_##name); \
		u32 *rec = (u32 *)r->next;                                                 \
                                                                                           \
		if (ring_has_room(r, bytes)) {                                             \
			struct trace_rec_##name *p UNUSED = begin_##timing(rec, header);   \
                                                                                           \
			TRACE_EACH(SET, __VA_ARGS__)                                       \
			ring_commit(r, rec, bytes);                                        \
			irq_restore(flags);                                                \
		} else {                                                                   \
			struct trace_rec_##name fields, *p = &fields;                      \
                                                                                           \
			TRACE_EACH(SET, __VA_ARGS__)                                       \
			trace_write_slowly(header, p, flags);                              \
		}                                                                          \
	}

#define HEADER_OF(name, timing)                        \
	TRACE_HEADER(TRACE_ID_##name, TRACE_##timing, \
		     sizeof(struct trace_rec_##name) / 4)

#define WRITER_EMIT(name, vary, timing, ...)                                   \
	void trace_write_##name TRACE_PAREN(TRACE_PARAM, void, __VA_ARGS__)    \
		WRITE(name, HEADER_OF(name, timing), timing __VA_OPT__(,) __VA_ARGS__)
#define WRITER_VARIANT(name, vary, timing, ...)                                    \
	void trace_write_##name(u32 variant TRACE_MORE(TRACE_PARAM, __VA_ARGS__))  \
		WRITE(name, HEADER_OF(name, timing) | (variant & (vary)),          \
		      timing __VA_OPT__(,) __VA_ARGS__)
#define WRITER_TAIL(...)
#define WRITER_READ(...)
#define WRITER_RETIRED(...)
#define EVENT(kind, name, id, vary, class, timing, sentence, ...) \
	WRITER_##kind(name, vary, timing __VA_OPT__(,) __VA_ARGS__)
#include "tracing/events/events.def"
#undef EVENT

/* Hypercall records: an operation word, then as many arguments as it flags. */
struct trace_rec_call1 {
	u32 word;
};
struct trace_rec_call2 {
	u32 word, arg;
};
struct trace_rec_call3 {
	u32 word, arg, more;
};

static __attribute__((noinline)) void call1(u32 id, u32 word)
	WRITE(call1, id | TRACE_HEADER(0, 1, 1), TIMED, (u32, word))
static __attribute__((noinline)) void call2(u32 id, u32 word, u32 arg)
	WRITE(call2, id | TRACE_HEADER(0, 1, 2), TIMED, (u32, word), (u32, arg))
static __attribute__((noinline)) void call3(u32 id, u32 word, u32 arg, u32 more)
	WRITE(call3, id | TRACE_HEADER(0, 1, 3), TIMED, (u32, word), (u32, arg), (u32, more))

/*
 * Which arguments of a hypercall are worth a word: where Xen records any, the
 * same; beyond that the sub-operation, which tells what the call does.  The
 * flags of TRC_PV_HYPERCALL_V2, and in the low bits how to pick the values.
 */
#define HAS(i) TRC_PV_HYPERCALL_V2_ARG_32(i)
#define FIRST_IS_1 1
#define SECOND_IS_1 2
#define SECOND_IS_2 4

#define ARG0 (HAS(0))
#define ARG1 (HAS(1) | FIRST_IS_1)
#define ARG0_1 (HAS(0) | HAS(1) | SECOND_IS_1)
#define ARG0_2 (HAS(0) | HAS(2) | SECOND_IS_2)

static const u32 picks[64] = {
	[__HYPERVISOR_mmu_update] = ARG1,
	[__HYPERVISOR_multicall] = ARG1,
	[__HYPERVISOR_mmuext_op] = ARG1,
	[__HYPERVISOR_grant_table_op] = ARG0_2,
	[__HYPERVISOR_vcpu_op] = ARG0_1,
	[__HYPERVISOR_sched_op] = ARG0,
	[__HYPERVISOR_memory_op] = ARG0,
	[__HYPERVISOR_event_channel_op] = ARG0,
	[__HYPERVISOR_physdev_op] = ARG0,
	[__HYPERVISOR_xen_version] = ARG0,
	[__HYPERVISOR_console_io] = ARG0_1,
	[__HYPERVISOR_vm_assist] = ARG0_1,
	[__HYPERVISOR_callback_op] = ARG0,
	[__HYPERVISOR_nmi_op] = ARG0,
	[__HYPERVISOR_hvm_op] = ARG0,
	[__HYPERVISOR_kexec_op] = ARG0,
	[__HYPERVISOR_xenpmu_op] = ARG0,
	[__HYPERVISOR_hypfs_op] = ARG0,
	[__HYPERVISOR_set_segment_base] = ARG0,
	[__HYPERVISOR_set_debugreg] = ARG0,
	[__HYPERVISOR_get_debugreg] = ARG0,
};

void trace_write_hypercall(u32 id, u64 op, u64 arg0, u64 arg1, u64 arg2)
{
	u32 pick = op < ARRAY_SIZE(picks) ? picks[op] : 0;
	u32 word = (op & ~TRC_PV_HYPERCALL_V2_ARG_MASK) | (pick & TRC_PV_HYPERCALL_V2_ARG_MASK);

	if (!pick)
		call1(id, word);
	else if (!(pick & (SECOND_IS_1 | SECOND_IS_2)))
		call2(id, word, pick & FIRST_IS_1 ? arg1 : arg0);
	else
		call3(id, word, arg0, pick & SECOND_IS_1 ? arg1 : arg2);
}
