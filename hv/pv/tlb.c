/* SPDX-License-Identifier: MIT */
/*
 * TLB flushes; see tlb.h.  The clock saturates: at the top every comparison
 * says "flush", which is slow and right.
 */
#include "pv/tlb.h"

#include "lib/string.h"
#include "memory/frame-type.h"
#include "x86/cpu.h"
#include "x86/irq.h"

u32 tlb_clock = 1;

static void tlb_clock_tick(struct pcpu *p)
{
	u32 now = READ_ONCE(tlb_clock);

	if (likely(now != ~0U))
		now = __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);
	p->tlb_generation = now;
}

void frame_type_wait(void)
{
	serve_cross_call(); /* the holder may be flushing, and interrupts may be off here */
	cpu_relax();
}

void tlb_flush_local(void)
{
	tlb_clock_tick(this_cpu());
	if (unlikely(vtlb_users))
		vtlb_flush();
	write_cr3(read_cr3());
}

static void flush_here(void *unused)
{
	tlb_flush_local();
}

static void invlpg_here(void *va)
{
	tlb_flush_page_local((u64)va);
}

static bool only_this_cpu(const u64 *mask)
{
	unsigned me = smp_processor_id();

	for (unsigned i = 0; i < PCPU_MASK_WORDS; i++)
		if (mask[i] & ~(i == me / 64 ? 1ULL << (me % 64) : 0))
			return false;
	return true;
}

static bool mask_has_this_cpu(const u64 *mask)
{
	unsigned me = smp_processor_id();

	return mask[me / 64] >> (me % 64) & 1;
}

void tlb_flush_mask(const u64 *mask)
{
	if (!only_this_cpu(mask))
		call_on_pcpus(mask, flush_here, NULL);
	else if (mask_has_this_cpu(mask))
		tlb_flush_local();
}

void tlb_flush_page_mask(const u64 *mask, u64 va)
{
	if (!only_this_cpu(mask))
		call_on_pcpus(mask, invlpg_here, (void *)va);
	else if (mask_has_this_cpu(mask))
		tlb_flush_page_local(va);
}

void tlb_domain_mask(const struct domain *d, const u64 *vcpus, u64 *mask)
{
	struct vcpu *v;
	unsigned i;

	memset(mask, 0, PCPU_MASK_WORDS * sizeof(u64));
	for_each_vcpu(d, v, i) {
		unsigned cpu = READ_ONCE(v->pv.loaded_on);

		if (cpu < MAX_PCPUS && (!vcpus || (vcpus[i / 64] >> (i % 64) & 1)))
			mask[cpu / 64] |= 1ULL << (cpu % 64);
	}
}

void tlb_online_mask(u64 *mask)
{
	memset(mask, 0, PCPU_MASK_WORDS * sizeof(u64));
	for (unsigned cpu = 0; cpu < pcpu_count; cpu++)
		if (pcpus[cpu]->online)
			mask[cpu / 64] |= 1ULL << (cpu % 64);
}

/* Keep in @mask only pCPUs that have not flushed since @stamp. */
static bool filter_flushed(u64 *mask, u32 stamp)
{
	bool any = false;

	for (unsigned cpu = 0; cpu < pcpu_count; cpu++) {
		u64 bit = 1ULL << (cpu % 64);

		if (READ_ONCE(pcpus[cpu]->tlb_generation) > stamp)
			mask[cpu / 64] &= ~bit;
		any |= mask[cpu / 64] & bit;
	}
	return any;
}

/* pCPUs that may hold translations to @pg: its owner's, or any. */
static void reach_mask(const struct page_info *pg, u64 *mask)
{
	struct domain *owner;

	if (unlikely(pg->nr_valid & FRAME_FOREIGN)) {
		tlb_online_mask(mask);
		return;
	}
	owner = pg->owner == current->domain->id ? current->domain : domain_lookup_any(pg->owner);
	if (likely(owner))
		tlb_domain_mask(owner, NULL, mask);
	else
		memset(mask, 0, PCPU_MASK_WORDS * sizeof(u64));
}

void frame_type_changes(struct page_info *pg, u32 old_type, u32 new_type)
{
	u64 mask[PCPU_MASK_WORDS];

	if (old_type == PGT_none || !current)
		return;
	reach_mask(pg, mask);
	if (filter_flushed(mask, pg->tlb_stamp))
		tlb_flush_mask(mask);
}

void tlb_flush_before_reuse(struct page_info *pg)
{
	u64 mask[PCPU_MASK_WORDS];

	if (pcpu_count == 1 && pcpus[0]->tlb_generation > pg->tlb_stamp)
		return;
	tlb_online_mask(mask);
	if (filter_flushed(mask, pg->tlb_stamp))
		tlb_flush_mask(mask);
}
