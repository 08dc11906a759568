/* SPDX-License-Identifier: MIT */
/*
 * Lines, their vectors, and what happens when one fires; see irq-line.h.
 *
 * Edge lines and MSIs are acknowledged at once.  A level line is masked at its
 * IO-APIC pin first and stays so until the guest's EOI: the guest may take any
 * time, and meanwhile the local APIC is free for everything else.
 */
#include "x86/irq-line.h"

#include "console/console.h"
#include "evtchn/evtchn.h"
#include "lib/errno.h"
#include "memory/heap.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/ioapic.h"
#include "x86/irq.h"
#include "x86/msi.h"

#define ISA_IRQS 16
#define CASCADE_IRQ 2
#define CLASS_SIZE 16 /* vectors of one priority */
#define NR_DYNAMIC (VECTOR_DYNAMIC_LAST - VECTOR_DYNAMIC_FIRST + 1)
#define NR_CLASSES (NR_DYNAMIC / CLASS_SIZE)
#define VECTOR_LINUX_SYSCALL 0x80 /* INT 0x80 and the ABI's 0x82: kept for guests' software */
#define VECTOR_XEN_HYPERCALL 0x82

spinlock_t irq_lock = SPINLOCK_INIT;

static struct irq_line *gsi_lines;
static struct irq_line *vector_lines[256];

struct irq_line *irq_line_of_gsi(u32 gsi)
{
	return gsi_lines && gsi < ioapic_gsi_count() ? &gsi_lines[gsi] : NULL;
}

/* --- vectors --- */

static bool vector_usable(unsigned v)
{
	return v != VECTOR_LINUX_SYSCALL && v != VECTOR_XEN_HYPERCALL && !vector_lines[v];
}

/* A free vector, or 0.  Classes are filled evenly: an APIC takes only two interrupts of one class
 * at a time. */
static unsigned find_vector(void)
{
	for (unsigned offset = 0; offset < CLASS_SIZE; offset++)
		for (unsigned class = 0; class < NR_CLASSES; class++) {
			unsigned v = VECTOR_DYNAMIC_FIRST + class * CLASS_SIZE + offset;

			if (v <= VECTOR_DYNAMIC_LAST && vector_usable(v))
				return v;
		}
	return 0;
}

int irq_vector_alloc(struct irq_line *line)
{
	unsigned vector = find_vector();

	if (!vector)
		return -ENOSPC;
	line->vector = vector;
	vector_lines[vector] = line;
	return 0;
}

void irq_vector_free(struct irq_line *line)
{
	if (!line->vector)
		return;
	vector_lines[line->vector] = NULL;
	line->vector = 0;
}

/* --- hardware, by kind --- */

void irq_line_mask(struct irq_line *line)
{
	if (line->kind == LINE_GSI)
		ioapic_mask_gsi(line->gsi);
	else
		msi_mask(line);
}

void irq_line_unmask(struct irq_line *line)
{
	if (line->kind == LINE_GSI)
		ioapic_unmask_gsi(line->gsi);
	else
		msi_unmask(line);
}

void irq_line_set_cpu(struct irq_line *line, unsigned cpu)
{
	line->cpu = cpu;
	if (line->kind == LINE_GSI)
		ioapic_set_gsi_cpu(line->gsi, cpu);
	else
		msi_set_cpu(line, cpu);
}

/* --- firing --- */

bool irq_line_fired(u8 vector)
{
	struct domain *d = NULL;
	struct irq_line *line;
	unsigned pirq = 0;

	spin_lock(&irq_lock);
	line = vector_lines[vector];
	if (!line) {
		spin_unlock(&irq_lock);
		return false;
	}
	if (line->level) {
		irq_line_mask(line);
		line->in_service = true;
	}
	if (line->bound) {
		d = line->owner;
		pirq = line->pirq;
	}
	spin_unlock(&irq_lock);
	apic_eoi();
	/* @d cannot go away: irq_domain_destroy() waits for pCPUs in here. */
	if (d)
		evtchn_send_pirq(d, pirq);
	return true;
}

/* --- set-up --- */

static void configure(struct irq_line *line, bool level, bool active_low)
{
	line->level = level;
	line->active_low = active_low;
	line->configured = true;
}

int irq_setup_gsi(u32 gsi, bool level, bool active_low)
{
	struct irq_line *line = irq_line_of_gsi(gsi);
	unsigned long flags;
	int rc = -EEXIST;

	if (!line)
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	if (!line->configured) {
		configure(line, level, active_low);
		rc = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return rc;
}

/* ISA lines are edge, active high unless an override says otherwise (ACPI 6.5, 5.2.12.5). */
static void apply_override(const struct acpi_override *o)
{
	struct irq_line *line = irq_line_of_gsi(o->gsi);
	unsigned polarity = o->flags & 3, trigger = o->flags >> 2 & 3;

	if (!line) {
		log_warn("ACPI: ISA interrupt %u overridden to GSI %u, which no IO-APIC has",
			 o->source, o->gsi);
		return;
	}
	line->level = trigger == 3;
	line->active_low = polarity == 3;
}

void irq_lines_init(void)
{
	unsigned n = ioapic_gsi_count();
	struct irq_line *lines = xzalloc(n * sizeof(*lines));

	if (!lines)
		boot_fail("out of memory for %u interrupt lines", n);
	for (unsigned gsi = 0; gsi < n; gsi++) {
		lines[gsi].kind = LINE_GSI;
		lines[gsi].gsi = gsi;
		/* PCI's way, for pins nobody ever describes. */
		lines[gsi].level = lines[gsi].active_low = gsi >= ISA_IRQS;
	}
	gsi_lines = lines;
	/* The timer's, which Xen keeps, and the 8259s' cascade, where no device can be. */
	lines[0].denied = lines[0].configured = true;
	lines[CASCADE_IRQ].hypervisor = true;
	for (unsigned i = 0; i < acpi.nr_overrides; i++)
		apply_override(&acpi.overrides[i]);
}

static u32 isa_to_gsi(unsigned isa_irq)
{
	for (unsigned i = 0; i < acpi.nr_overrides; i++)
		if (acpi.overrides[i].source == isa_irq)
			return acpi.overrides[i].gsi;
	return isa_irq;
}

int irq_claim_isa(unsigned isa_irq, u8 vector)
{
	struct irq_line *line = irq_line_of_gsi(isa_to_gsi(isa_irq));
	unsigned long flags;
	int rc = -EBUSY;

	if (!line)
		return -ENOENT;
	flags = spin_lock_irqsave(&irq_lock);
	if (!line->bound && !line->hypervisor) {
		rc = ioapic_route_gsi(line->gsi, vector, line->level, line->active_low, 0, false);
		line->hypervisor = line->configured = rc == 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return rc;
}
