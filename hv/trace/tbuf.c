/* SPDX-License-Identifier: MIT */
/*
 * The trace buffers: allocating the rings and the t_info area that tells the
 * consumer where they are, switching tracing on and off, masks, and the VIRQ
 * to Dom0.  Called at boot and by sysctl tbuf_op.
 *
 * Rings are made once and never freed, as in Xen.  A ring is touched only by
 * its own pCPU; what the control path wants done to all rings it does there,
 * through call_on_pcpus.  `control` serialises the control path and is never
 * taken by the writers.
 */
#include "trace/trace.h"

#include <xen/sysctl.h>

#include "console/console.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "memory/frame-alloc.h"
#include "memory/guest.h"
#include "memory/heap.h"
#include "memory/page.h"
#include "trace/ring.h"
#include "trace/tbuf.h"
#include "x86/irq.h"
#include "x86/percpu.h"
#include "x86/softirq.h"

u32 trace_active;

static spinlock_t control = SPINLOCK_INIT;
static struct t_info *info;       /* shared read-only; NULL until there are rings */
static unsigned info_pages;       /* of that area, accounting included */
static unsigned ring_pages;       /* a pCPU */
static struct trace_stats *stats; /* last part of the info area */
static struct trace_ring rings[MAX_PCPUS];
static u32 event_mask = TRC_ALL;
static DECLARE_BITMAP(masked_out, MAX_PCPUS);
static bool enabled;              /* trace_active may be 0 for an empty mask */
static u32 epoch;                 /* times tracing was disabled */
static u64 tsc_hz;

/* The page lists start behind a fixed table of offsets, in 32-bit words. */
#define LIST_FIRST DIV_ROUND_UP(offsetof(struct t_info, mfn_offset[MAX_PCPUS]), 4)

void trace_write_slowly(u32 header, const void *fields, unsigned long flags)
{
	struct trace_ring *r = this_cpu()->trace;
	struct vcpu *v = current;
	struct ring_moment now = {
		.tsc = rdtsc(),
		.domid = v ? v->domain->id : DOMID_IDLE,
		.vcpu = v ? v->id : smp_processor_id(),
		.epoch = READ_ONCE(epoch),
	};
	u32 *rec = ring_make_room(r, header, &now);

	if (rec) {
		unsigned bytes = trace_record_bytes(header), head = header >> 31 ? 3 : 1;

		rec[0] = header;
		if (head == 3) {
			rec[1] = now.tsc;
			rec[2] = now.tsc >> 32;
		}
		memcpy(rec + head, fields, bytes - 4 * head);
		ring_commit(r, rec, bytes);
	}
	if (r->notify) {
		r->notify = false;
		raise_softirq(SOFTIRQ_TRACE);
	}
	irq_restore(flags);
}

static void notify_dom0(void)
{
	send_global_virq(VIRQ_TBUF);
}

static void describe_domains(void)
{
	struct domain *d;
	struct vcpu *v;
	unsigned i;

	spin_lock(&domain_list_lock);
	list_for_each_entry(d, &domain_list, all) {
		u64 handle[2];

		memcpy(handle, d->handle, sizeof(handle));
		trace_domain_info(d->id, d->is_pv | !d->is_pv << 1 | d->privileged << 2,
				  __builtin_bswap64(handle[0]), __builtin_bswap64(handle[1]));
		for_each_vcpu(d, v, i)
			trace_vcpu_info(v->id, d->id, v->cpu, v->sched.runstate.state);
	}
	spin_unlock(&domain_list_lock);
}

static void describe_policies(void)
{
	struct sched_pool *pool;

	spin_lock(&sched_system.config);
	for (u32 id = 0; (pool = sched_pool_next(&sched_system, id)); id = pool->id + 1)
		trace_policy_info(pool->id, pool->p.policy->xen_id, pool->p.policy->name);
	spin_unlock(&sched_system.config);
	trace_allocator_info(0, frame_policy_name());
	trace_allocator_info(1, heap_policy_name());
}

/* What exists already, so that a trace started late is as readable as one from boot. */
static void describe(void)
{
	trace_clock_info(tsc_hz, now_ns());
	describe_policies();
	describe_domains();
}

static void start(void)
{
	bool was_off = !trace_active;

	enabled = true;
	barrier(); /* the rings first */
	trace_active = event_mask;
	if (was_off && trace_active)
		describe();
}

static void nothing(void *unused)
{
}

static void on_all_pcpus(void (*fn)(void *), void *arg)
{
	DECLARE_BITMAP(all, MAX_PCPUS) = { 0 };
	unsigned cpu;

	for_each_online_pcpu(cpu)
		bitmap_set(all, cpu);
	call_on_pcpus(all, fn, arg);
}

/* After this no record is being written: writers keep interrupts off, so a pCPU that has
 * answered is past the one it was writing. */
static void stop(void)
{
	enabled = false;
	trace_active = 0;
	epoch++;
	on_all_pcpus(nothing, NULL);
}

/* Pages a ring may have: positions fit 32 bits, offsets of the page lists 16 (both ABI). */
static unsigned clamp_pages(unsigned pages)
{
	unsigned max = MIN((u32)-1 / PAGE_SIZE / 2, 0xffff);

	if (pcpu_count > 1)
		max = MIN(max, (0xffff - LIST_FIRST) / (pcpu_count - 1));
	if (pages > max)
		log_warn("trace: %u pages a pCPU reduced to %u\n", pages, max);
	return MIN(pages, max);
}

static unsigned order_of(unsigned pages)
{
	return pages > 1 ? highest_bit(pages - 1) + 1 : 0;
}

static void free_rings(void *const *mem, unsigned count, unsigned order)
{
	while (count--)
		free_shared_pages(mem[count], order);
}

static bool alloc_rings(void **mem, unsigned order)
{
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++) {
		mem[cpu] = alloc_shared_pages(DOMID_XEN, order, true);
		if (!mem[cpu]) {
			free_rings(mem, cpu, order);
			return false;
		}
	}
	return true;
}

static void publish_ring(unsigned cpu, void *mem, unsigned pages)
{
	u32 *list = (u32 *)info + LIST_FIRST + cpu * pages;

	info->mfn_offset[cpu] = LIST_FIRST + cpu * pages;
	for (unsigned i = 0; i < pages; i++)
		list[i] = virt_to_mfn(mem) + i;
	ring_init(&rings[cpu], mem, pages * PAGE_SIZE, &stats->cpu[cpu]);
	ring_set_muted(&rings[cpu], bitmap_test(masked_out, cpu));
	pcpus[cpu]->trace = &rings[cpu];
}

static void publish_stats(unsigned first_page)
{
	stats = (void *)((u8 *)info + first_page * PAGE_SIZE);
	stats->magic = TRACE_STATS_MAGIC;
	stats->cpus = pcpu_count;
	stats->stride = sizeof(struct trace_stats_cpu);
	stats->tsc_hz = tsc_hz;
}

static int make_rings(unsigned pages)
{
	static void *mem[MAX_PCPUS];
	unsigned order, lists, cpu;

	pages = clamp_pages(pages);
	order = order_of(pages);
	lists = DIV_ROUND_UP((LIST_FIRST + pcpu_count * pages) * 4, PAGE_SIZE);
	info_pages = lists + DIV_ROUND_UP(offsetof(struct trace_stats, cpu[pcpu_count]), PAGE_SIZE);

	info = alloc_shared_pages(DOMID_XEN, order_of(info_pages), false);
	if (!info || !alloc_rings(mem, order)) {
		log_err("trace: no memory for %u pages on each of %u pCPUs; tracing stays off\n",
			pages, pcpu_count);
		if (info)
			free_shared_pages(info, order_of(info_pages));
		info = NULL;
		return -ENOMEM;
	}

	info->tbuf_size = pages;
	publish_stats(lists);
	for (cpu = 0; cpu < pcpu_count; cpu++)
		publish_ring(cpu, mem[cpu], pages);
	ring_pages = pages;
	log_info("trace: %u pages on each of %u pCPUs\n", pages, pcpu_count);
	return 0;
}

/* One-shot, at boot or by the tools, and it starts tracing: Xen's rules. */
static int set_size(unsigned pages)
{
	int rc;

	if (!pages || (info && pages != ring_pages))
		return -EINVAL;
	if (info)
		return -EBUSY;
	rc = make_rings(pages);
	if (!rc)
		start();
	return rc;
}

static void mute_self(void *unused)
{
	unsigned long flags = irq_save();

	ring_set_muted(this_cpu()->trace, bitmap_test(masked_out, smp_processor_id()));
	irq_restore(flags);
}

static int set_cpu_mask(const struct xenctl_bitmap *from)
{
	DECLARE_BITMAP(wanted, MAX_PCPUS) = { 0 };
	unsigned bits = MIN(from->nr_bits, MAX_PCPUS);

	if (copy_from_guest(wanted, guest_handle_va(from->bitmap), DIV_ROUND_UP(bits, 8)))
		return -EFAULT;
	if (bits % 64)
		wanted[bits / 64] &= bit_mask(bits) - 1;
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
		masked_out[i] = ~wanted[i];
	if (info)
		on_all_pcpus(mute_self, NULL);
	return 0;
}

static void get_info(struct xen_sysctl_tbuf_op *op)
{
	op->evt_mask = event_mask;
	op->buffer_mfn = info ? virt_to_mfn(info) : 0;
	op->size = info_pages * PAGE_SIZE;
}

static int control_op(struct xen_sysctl_tbuf_op *op)
{
	switch (op->cmd) {
	case XEN_SYSCTL_TBUFOP_get_info:
		get_info(op);
		return 0;
	case XEN_SYSCTL_TBUFOP_set_cpu_mask:
		return set_cpu_mask(&op->cpu_mask);
	case XEN_SYSCTL_TBUFOP_set_evt_mask:
		event_mask = op->evt_mask;
		if (enabled)
			start();
		return 0;
	case XEN_SYSCTL_TBUFOP_set_size:
		return set_size(op->size);
	case XEN_SYSCTL_TBUFOP_enable:
		if (!info)
			return -EINVAL;
		start();
		return 0;
	case XEN_SYSCTL_TBUFOP_disable:
		stop();
		return 0;
	default:
		return -EINVAL;
	}
}

int trace_tbuf_op(struct xen_sysctl_tbuf_op *op)
{
	int rc;

	spin_lock(&control);
	rc = control_op(op);
	spin_unlock(&control);
	return rc;
}

void trace_init(unsigned pages, u32 mask, u64 hz)
{
	tsc_hz = hz;
	softirq_register(SOFTIRQ_TRACE, notify_dom0);
	if (!pages)
		return;
	if (mask)
		event_mask = mask;
	set_size(pages);
}
