/* SPDX-License-Identifier: MIT */
/*
 * PIRQ tables of domains: mapping numbers to lines, binding, EOI; see pirq.h.
 * Called by physdev_op and by the event channels.  A line has at most one
 * domain; lines shared by several domains are not supported, which only device
 * pass-through could ask for.
 */
#include "x86/pirq.h"

#include <xen/physdev.h>

#include "domain/domain.h"
#include "evtchn/channel.h"
#include "evtchn/ops.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "memory/page.h"
#include "x86/ioapic.h"
#include "x86/irq-line.h"
#include "x86/irq.h"
#include "x86/msi.h"

#define DYNAMIC_VECTORS 208 /* of a pCPU, in Xen: what its numbers of PIRQs are made of */
#define DOMU_MSIS 32
#define FIRST_FREE_GSI 16 /* lower ones are never handed out unasked */
#define MAX_PIRQS 4096

struct pirq {
	struct irq_line *line;
	bool reserved; /* handed out by get_free_pirq */
	bool bound;
	bool shared; /* bound by a guest that says it can share it */
};

struct irq_state {
	unsigned nr;
	bool auto_unmask;
	u64 *eoi_map; /* guest's page: bit set for a PIRQ whose interrupts need an EOI */
	struct pirq pirq[];
};

static spinlock_t pirq_map_lock = SPINLOCK_INIT;

static struct pirq *pirq_get(const struct domain *d, unsigned pirq)
{
	return d->irqs && pirq < d->irqs->nr ? &d->irqs->pirq[pirq] : NULL;
}

unsigned pirq_limit(const struct domain *d)
{
	return d->irqs ? d->irqs->nr : 0;
}

bool pirq_access_permitted(const struct domain *d, unsigned pirq)
{
	const struct pirq *p = pirq_get(d, pirq);

	return p && READ_ONCE(p->line);
}

/* As many MSIs as Xen would have for this machine: guests see it in the numbers they are given. */
static unsigned dom0_pirqs(const struct domain *d)
{
	unsigned lines = MAX(ioapic_gsi_count() + 16, pcpu_count * DYNAMIC_VECTORS);
	unsigned share = 32 - __builtin_clz(pcpu_count);

	share = MIN(share, d->max_vcpus);
	return MIN(ioapic_gsi_count() + share * DYNAMIC_VECTORS, lines);
}

int irq_domain_init(struct domain *d)
{
	unsigned nr = d->id ? ioapic_gsi_count() + DOMU_MSIS : dom0_pirqs(d);
	struct irq_state *st;

	nr = MIN(nr, MAX_PIRQS);
	st = xzalloc(sizeof(*st) + nr * sizeof(st->pirq[0]));
	if (!st)
		return -ENOMEM;
	st->nr = nr;
	d->irqs = st;
	return 0;
}

static void nothing(void *unused)
{
}

void irq_domain_relinquish(struct domain *d)
{
	static const u64 everyone[BITMAP_WORDS(MAX_PCPUS)] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL };
	struct irq_state *st = d->irqs;

	for (unsigned i = 0; i < st->nr; i++) {
		pirq_guest_unbind(d, i);
		if (st->pirq[i].line)
			pirq_unmap(d, i);
	}
	/* A handler that still carries @d has interrupts off: after this it is through. */
	call_on_pcpus(everyone, nothing, NULL);
	if (st->eoi_map)
		put_page_writable(mfn_to_page(virt_to_mfn(st->eoi_map)));
	st->eoi_map = NULL;
}

void irq_domain_destroy(struct domain *d)
{
	irq_domain_relinquish(d);
	xfree(d->irqs);
	d->irqs = NULL;
}

/* --- binding --------------------------------------------------------------------------------- */

/* The guest reads this before it decides on an EOI hypercall; as in Xen it is set for lines bound
 * as shareable, which are those that may be level. @pre irq_lock held. */
static void update_eoi_map(struct irq_state *st, unsigned pirq, bool needs_eoi)
{
	if (!st->eoi_map)
		return;
	if (needs_eoi)
		bitmap_atomic_set(st->eoi_map, pirq);
	else
		bitmap_atomic_clear(st->eoi_map, pirq);
}

static int bind_locked(struct domain *d, struct pirq *p, unsigned number, bool will_share)
{
	struct irq_line *line = p->line;

	if (!line)
		return -EINVAL;
	if (line->hypervisor || line->bound)
		return -EBUSY;
	/* A fresh event channel belongs to vCPU 0. */
	if (d->vcpu[0] && line->cpu != d->vcpu[0]->cpu)
		irq_line_set_cpu(line, d->vcpu[0]->cpu);
	if (line->kind == LINE_GSI) {
		int rc = irq_vector_alloc(line);

		if (rc)
			return rc;
		ioapic_route_gsi(line->gsi, line->vector, line->level, line->active_low, line->cpu,
				 true);
	}
	line->in_service = false;
	line->bound = p->bound = true;
	p->shared = will_share;
	update_eoi_map(d->irqs, number, will_share);
	irq_line_unmask(line);
	return 0;
}

int pirq_guest_bind(struct domain *d, unsigned pirq, bool will_share)
{
	struct pirq *p = pirq_get(d, pirq);
	unsigned long flags;
	int rc;

	if (!p)
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	rc = bind_locked(d, p, pirq, will_share);
	spin_unlock_irqrestore(&irq_lock, flags);
	return rc;
}

/* @pre irq_lock held. */
static void unbind_locked(struct domain *d, struct pirq *p, unsigned number)
{
	struct irq_line *line = p->line;

	if (!p->bound)
		return;
	p->bound = line->bound = line->in_service = false;
	irq_line_mask(line);
	if (line->kind == LINE_GSI)
		irq_vector_free(line);
	update_eoi_map(d->irqs, number, false);
}

void pirq_guest_unbind(struct domain *d, unsigned pirq)
{
	struct pirq *p = pirq_get(d, pirq);
	unsigned long flags;

	if (!p)
		return;
	flags = spin_lock_irqsave(&irq_lock);
	unbind_locked(d, p, pirq);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void pirq_set_affinity(struct domain *d, unsigned pirq, unsigned cpu)
{
	struct pirq *p = pirq_get(d, pirq);
	unsigned long flags;

	if (!p || cpu >= pcpu_count)
		return;
	flags = spin_lock_irqsave(&irq_lock);
	if (p->bound && p->line->cpu != cpu)
		irq_line_set_cpu(p->line, cpu);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* --- mapping ---------------------------------------------------------------------------------- */

static bool pirq_free(const struct pirq *p)
{
	return !p->line && !p->reserved;
}

/* The highest free number for an MSI, or -ENOSPC. */
static int find_free_msi(const struct irq_state *st)
{
	for (unsigned i = st->nr; i-- > ioapic_gsi_count();)
		if (pirq_free(&st->pirq[i]))
			return i;
	return -ENOSPC;
}

static int find_free_gsi(const struct irq_state *st)
{
	for (unsigned i = FIRST_FREE_GSI; i < MIN(ioapic_gsi_count(), st->nr); i++)
		if (pirq_free(&st->pirq[i]))
			return i;
	return -ENOSPC;
}

int pirq_reserve(struct domain *d, bool gsi)
{
	int pirq;

	spin_lock(&pirq_map_lock);
	pirq = gsi ? find_free_gsi(d->irqs) : -ENOSPC;
	if (pirq < 0)
		pirq = find_free_msi(d->irqs);
	if (pirq >= 0)
		d->irqs->pirq[pirq].reserved = true;
	spin_unlock(&pirq_map_lock);
	return pirq;
}

/* Make @line number @pirq of @d. @pre pirq_map_lock held, both free. */
static void connect(struct domain *d, unsigned pirq, struct irq_line *line)
{
	struct pirq *p = &d->irqs->pirq[pirq];
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	line->owner = d;
	line->pirq = pirq;
	p->reserved = false;
	WRITE_ONCE(p->line, line);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* @pre pirq_map_lock held. */
static int map_gsi_locked(struct domain *d, struct irq_line *line, int pirq)
{
	struct irq_state *st = d->irqs;

	if (line->denied)
		return -EPERM;
	if (line->owner && line->owner != d)
		return -EEXIST;
	if (line->owner)
		return pirq < 0 || line->pirq == pirq ? line->pirq : -EEXIST;
	if (pirq < 0)
		pirq = line->gsi < st->nr && pirq_free(&st->pirq[line->gsi]) ? line->gsi :
									      find_free_gsi(st);
	if (pirq < 0)
		return pirq;
	if (pirq >= st->nr || st->pirq[pirq].line)
		return -EINVAL;
	connect(d, pirq, line);
	return pirq;
}

int pirq_map_gsi(struct domain *d, int gsi, int pirq)
{
	struct irq_line *line = gsi >= 0 ? irq_line_of_gsi(gsi) : NULL;
	int rc;

	if (!line || !d->irqs)
		return -EINVAL;
	spin_lock(&pirq_map_lock);
	rc = map_gsi_locked(d, line, pirq);
	spin_unlock(&pirq_map_lock);
	return rc;
}

/* @pre pirq_map_lock held. */
static int map_msi_locked(struct domain *d, const struct msi_request *req, int pirq)
{
	struct irq_state *st = d->irqs;
	struct irq_line *line;
	int rc;

	if (pirq < 0)
		pirq = find_free_msi(st);
	if (pirq < 0)
		return pirq;
	if (pirq >= st->nr || st->pirq[pirq].line)
		return -EINVAL;
	rc = msi_setup(req, &line);
	if (rc)
		return rc;
	connect(d, pirq, line);
	return pirq;
}

int pirq_map_msi(struct domain *d, const struct msi_request *req, int pirq)
{
	int rc;

	if (!d->irqs)
		return -EINVAL;
	spin_lock(&pirq_map_lock);
	rc = map_msi_locked(d, req, pirq);
	spin_unlock(&pirq_map_lock);
	return rc;
}

int pirq_unmap(struct domain *d, int pirq)
{
	struct pirq *p = pirq < 0 ? NULL : pirq_get(d, pirq);
	struct irq_line *line;
	unsigned long flags;

	if (!p)
		return -EINVAL;
	spin_lock(&pirq_map_lock);
	flags = spin_lock_irqsave(&irq_lock);
	line = p->line;
	if (line) {
		unbind_locked(d, p, pirq);
		line->owner = NULL;
		line->denied |= d->privileged && line->kind == LINE_GSI; /* as in Xen: given up is given up */
	}
	WRITE_ONCE(p->line, NULL);
	p->reserved = false;
	spin_unlock_irqrestore(&irq_lock, flags);
	if (line && line->kind == LINE_MSI)
		msi_teardown(line);
	spin_unlock(&pirq_map_lock);
	return line ? 0 : -EINVAL;
}

int pirq_msi_restore(u16 segment, u8 bus, u8 devfn)
{
	int rc;

	spin_lock(&pirq_map_lock);
	rc = msi_restore(segment, bus, devfn);
	spin_unlock(&pirq_map_lock);
	return rc;
}

bool pirq_msi_in_use(u16 segment, u8 bus, u8 devfn)
{
	bool used;

	spin_lock(&pirq_map_lock);
	used = msi_in_use(segment, bus, devfn);
	spin_unlock(&pirq_map_lock);
	return used;
}

/* --- EOI --------------------------------------------------------------------------------------- */

/* v1 of the shared page: an EOI opens the event channel as well. */
static void unmask_event(struct domain *d, unsigned pirq)
{
	const u32 *ports = READ_ONCE(d->evtchn->pirq_port);
	u32 port = ports && pirq < d->evtchn->nr_pirqs ? READ_ONCE(ports[pirq]) : 0;

	if (port)
		evtchn_unmask(d, port);
}

int pirq_eoi(struct domain *d, unsigned pirq)
{
	struct pirq *p = pirq_get(d, pirq);
	struct irq_line *line;
	unsigned long flags;

	if (!p || !READ_ONCE(p->line))
		return -EINVAL;
	if (d->irqs->auto_unmask)
		unmask_event(d, pirq);
	flags = spin_lock_irqsave(&irq_lock);
	line = p->line;
	if (line && p->bound && line->in_service) {
		line->in_service = false;
		irq_line_unmask(line);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

int pirq_status(const struct domain *d, unsigned pirq, u32 *flags)
{
	if (!pirq_get(d, pirq))
		return -EINVAL;
	/* As Xen: always, for guests that do not look into the shared page. */
	*flags = XENIRQSTAT_needs_eoi;
	if (pirq_get(d, pirq)->bound && pirq_get(d, pirq)->shared)
		*flags |= XENIRQSTAT_shared;
	return 0;
}

int pirq_set_eoi_page(struct domain *d, mfn_t mfn, bool auto_unmask)
{
	struct irq_state *st = d->irqs;
	unsigned long flags;

	if (!st || !mfn_valid(mfn) || !get_page_writable(mfn_to_page(mfn), d, d->id))
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	if (st->eoi_map) {
		spin_unlock_irqrestore(&irq_lock, flags);
		put_page_writable(mfn_to_page(mfn));
		return -EBUSY;
	}
	st->eoi_map = mfn_to_virt(mfn);
	st->auto_unmask = auto_unmask;
	for (unsigned i = 0; i < st->nr; i++)
		update_eoi_map(st, i, st->pirq[i].bound && st->pirq[i].shared);
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}
