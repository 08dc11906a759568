/* SPDX-License-Identifier: MIT */
/*
 * vCPUs and events of bench guests, after the ABI's own description
 * (<xen/xen.h>, <xen/event_channel.h>).  A port's event is handled by exactly
 * one vCPU: whoever clears its pending bit.
 */
#include "bench/guests/pv/smp.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/vcpu.h>

#define FLAT_CS 0xe033
#define FLAT_SS 0xe02b
#define STACK_BYTES 8192
#define WORD_PENDING (1U << EVTCHN_FIFO_PENDING)
#define WORD_MASKED (1U << EVTCHN_FIFO_MASKED)
#define WORD_LINKED (1U << EVTCHN_FIFO_LINKED)
#define WORD_LINK (EVTCHN_FIFO_NR_CHANNELS - 1U)

void upcall_entry_0(void), upcall_entry_1(void), upcall_entry_2(void), upcall_entry_3(void);
void vcpu_entry(void);
void vcpu_main(unsigned id);

void (*event_handler)(u32 port, unsigned vcpu);

static u32 *fifo_words; /* NULL: 2-level ABI */
static struct evtchn_fifo_control_block *control[VCPUS_MAX];
static u32 fifo_head[VCPUS_MAX][EVTCHN_FIFO_MAX_QUEUES];

/* --- vCPUs --------------------------------------------------------------------- */

static u8 stacks[VCPUS_MAX][STACK_BYTES] __attribute__((aligned(16)));
static void (*vcpu_fn[VCPUS_MAX])(unsigned id);

static void register_upcall(unsigned id)
{
	static void (*const entries[])(void) = { upcall_entry_0, upcall_entry_1, upcall_entry_2,
						 upcall_entry_3 };
	struct callback_register cb = { CALLBACKTYPE_event, CALLBACKF_mask_events, (u64)entries[id] };

	hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb);
}

void events_init(void)
{
	register_upcall(0);
}

void vcpu_main(unsigned id)
{
	platform_set_traps();
	register_upcall(id);
	shared_info->vcpu_info[id].evtchn_upcall_mask = 0;
	vcpu_fn[id](id);
}

long vcpu_start(unsigned id, void (*fn)(unsigned id))
{
	static struct vcpu_guest_context ctx; /* large; only what is set here is ever set */
	u8 *top = stacks[id] + STACK_BYTES - 16;
	long rc;

	ctx.flags = VGCF_in_kernel;
	ctx.user_regs.rip = (u64)vcpu_entry;
	ctx.user_regs.cs = FLAT_CS;
	ctx.user_regs.ss = FLAT_SS;
	ctx.user_regs.rsp = (u64)top;
	ctx.user_regs.rdi = id;
	ctx.user_regs.rflags = 0x202;
	ctx.kernel_ss = FLAT_SS;
	ctx.kernel_sp = (u64)top;
	ctx.ctrlreg[3] = va_to_mfn((void *)start_info->pt_base) << 12;
	vcpu_fn[id] = fn;
	rc = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, id, &ctx);
	return rc ? rc : hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, id, 0);
}

/* --- the 2-level ABI -------------------------------------------------------------- */

static u64 swap(volatile u64 *p, u64 with)
{
	return __atomic_exchange_n(p, with, __ATOMIC_SEQ_CST);
}

static bool take_bit(volatile u64 *words, u32 bit)
{
	u64 mask = 1UL << bit % 64;

	return __atomic_fetch_and(&words[bit / 64], ~mask, __ATOMIC_SEQ_CST) & mask;
}

static void consume_word(unsigned vcpu, unsigned w)
{
	volatile u64 *pending = (volatile u64 *)shared_info->evtchn_pending;
	volatile u64 *mask = (volatile u64 *)shared_info->evtchn_mask;
	u64 bits;

	while ((bits = pending[w] & ~mask[w])) {
		u32 port = w * 64 + __builtin_ctzl(bits);

		if (take_bit(pending, port))
			event_handler(port, vcpu);
	}
}

static void consume_two_level(unsigned vcpu)
{
	u64 sel = swap((volatile u64 *)&shared_info->vcpu_info[vcpu].evtchn_pending_sel, 0);

	for (; sel; sel &= sel - 1)
		consume_word(vcpu, __builtin_ctzl(sel));
}

/* --- the FIFO ABI -------------------------------------------------------------------- */

long events_use_fifo(unsigned vcpus)
{
	u32 *array = page_alloc();
	struct evtchn_expand_array expand = { .array_gfn = va_to_mfn(array) };

	for (unsigned v = 0; v < vcpus; v++) {
		struct evtchn_init_control init = { .vcpu = v };
		long rc;

		control[v] = page_alloc();
		init.control_gfn = va_to_mfn(control[v]);
		rc = evtchn(EVTCHNOP_init_control, &init);
		if (rc)
			return rc;
	}
	fifo_words = array;
	return evtchn(EVTCHNOP_expand_array, &expand);
}

bool events_are_fifo(void)
{
	return fifo_words;
}

/* Off the queue: where it points; *@word is what it was before. */
static u32 unlink_word(u32 port, u32 *word)
{
	u32 w = *(volatile u32 *)&fifo_words[port];

	while (!__atomic_compare_exchange_n(&fifo_words[port], &w, w & ~(WORD_LINKED | WORD_LINK), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	*word = w;
	return w & WORD_LINK;
}

static void consume_fifo_event(unsigned vcpu, u32 port, u32 word)
{
	if (!(word & WORD_PENDING) || word & WORD_MASKED)
		return;
	if (__atomic_fetch_and(&fifo_words[port], ~WORD_PENDING, __ATOMIC_SEQ_CST) & WORD_PENDING)
		event_handler(port, vcpu);
}

static void consume_fifo(unsigned vcpu)
{
	struct evtchn_fifo_control_block *cb = control[vcpu];
	u32 ready = __atomic_exchange_n(&cb->ready, 0, __ATOMIC_SEQ_CST);

	while (ready) {
		unsigned q = __builtin_ctz(ready);
		u32 port = fifo_head[vcpu][q], word;

		if (!port)
			port = __atomic_load_n(&cb->head[q], __ATOMIC_SEQ_CST);
		fifo_head[vcpu][q] = unlink_word(port, &word);
		if (!fifo_head[vcpu][q])
			ready &= ~(1U << q);
		consume_fifo_event(vcpu, port, word);
		ready |= __atomic_exchange_n(&cb->ready, 0, __ATOMIC_SEQ_CST);
	}
}

/* --- both ------------------------------------------------------------------------------ */

void event_upcall(unsigned vcpu)
{
	*(volatile u8 *)&shared_info->vcpu_info[vcpu].evtchn_upcall_pending = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (fifo_words)
		consume_fifo(vcpu);
	else
		consume_two_level(vcpu);
}

void port_mask(u32 port)
{
	if (fifo_words)
		__atomic_fetch_or(&fifo_words[port], WORD_MASKED, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_or((u64 *)&shared_info->evtchn_mask[port / 64], 1UL << port % 64,
				  __ATOMIC_SEQ_CST);
}

long port_unmask(u32 port)
{
	struct evtchn_unmask op = { port };

	return evtchn(EVTCHNOP_unmask, &op);
}

bool port_pending(u32 port)
{
	if (fifo_words)
		return *(volatile u32 *)&fifo_words[port] & WORD_PENDING;
	return *(volatile u64 *)&shared_info->evtchn_pending[port / 64] >> port % 64 & 1;
}
