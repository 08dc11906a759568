/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines: one record per GSI and per MSI, with its vector and what is
 * to happen when it fires.  Vectors mean the same on every pCPU, so moving a
 * line to another pCPU changes its destination only.
 *
 * irq_lock guards all fields; taken with interrupts off, with event channel locks
 * possibly held; below it only the IO-APIC and PCI configuration locks.
 */
#ifndef ORRERY_X86_IRQ_LINE_H
#define ORRERY_X86_IRQ_LINE_H

#include "lib/spinlock.h"
#include "lib/types.h"

struct domain;

enum irq_line_kind { LINE_GSI, LINE_MSI };

struct irq_line {
	u8 kind;
	u8 vector;            /* 0: none yet */
	bool level, active_low;
	bool configured;      /* trigger mode is settled: by firmware or setup_gsi */
	bool hypervisor;      /* ours (serial port, cascade): guests cannot bind it */
	bool denied;          /* nobody may map it: the timer's, and one that was unmapped again */
	bool bound;           /* an event channel of @owner is to be told */
	bool in_service;      /* level: masked until the guest's EOI */
	u16 cpu;
	u32 gsi;              /* LINE_GSI */
	unsigned pirq;        /* @owner's number for it */
	struct domain *owner; /* who has it mapped, or NULL */
};

extern spinlock_t irq_lock;

/* Boot pCPU, before interrupts go on: silence the 8259, cross-pCPU calls. */
void irq_init(void);
/* Boot: one line per GSI, trigger modes from the firmware.  After ioapic_init(). */
void irq_lines_init(void);

/* The line of @gsi, or NULL. */
struct irq_line *irq_line_of_gsi(u32 gsi);

/* A free dynamic vector, spread over the priority classes: 0 or -ENOSPC.  Lock held. */
int irq_vector_alloc(struct irq_line *line);
void irq_vector_free(struct irq_line *line);

/* Dispatcher, interrupts off, vector not yet acknowledged: false if it is no line's. */
bool irq_line_fired(u8 vector);

/* PHYSDEVOP_setup_gsi: -EINVAL no such GSI, -EEXIST set up before. */
int irq_setup_gsi(u32 gsi, bool level, bool active_low);

/* Take ISA interrupt @isa_irq for the hypervisor, on a fixed vector of pCPU 0: 0, -ENOENT, -EBUSY. */
int irq_claim_isa(unsigned isa_irq, u8 vector);

/* By kind.  Lock held. */
void irq_line_mask(struct irq_line *line);
void irq_line_unmask(struct irq_line *line);
void irq_line_set_cpu(struct irq_line *line, unsigned cpu);

#endif
