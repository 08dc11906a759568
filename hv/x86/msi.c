/* SPDX-License-Identifier: MIT */
/*
 * MSI and MSI-X; see msi.h.  A function that had lines once is remembered.
 * Of several vectors by plain MSI there is one: they would share an address, and
 * so a pCPU, unless interrupts are remapped.  Without per-vector masking a message
 * that nobody listens to is acknowledged and dropped.
 */
#include "x86/msi.h"

#include "boot/e820.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "memory/heap.h"
#include "pv/mmu.h"
#include "x86/irq-line.h"
#include "x86/paging.h"
#include "x86/pci-config.h"
#include "x86/percpu.h"
#include "x86/setup.h"

#define MSG_ADDRESS 0xfee00000U /* physical destination, fixed delivery, edge */
#define MSG_DESTINATION_SHIFT 12

#define MSI_CONTROL 2
#define MSI_ADDRESS 4
#define MSI_ENABLE 0x0001
#define MSI_USED_SHIFT 4 /* log2 of the vectors the device may use */
#define MSI_64BIT 0x0080
#define MSI_MASKABLE 0x0100

#define MSIX_CONTROL 2
#define MSIX_TABLE 4
#define MSIX_PENDING 8
#define MSIX_SIZE_MASK 0x07ff
#define MSIX_MASK_ALL 0x4000
#define MSIX_ENABLE 0x8000
#define MSIX_BIR_MASK 7
#define MSIX_ENTRY_WORDS 4 /* address, upper address, data, control */
#define MSIX_ENTRY_BYTES 16UL
#define MSIX_ENTRY_MASKED 1

#define PCI_COMMAND_MEMORY 0x2

struct msi_device {
	struct list all;
	struct list vectors;
	u8 bus, devfn;
	u8 cap;             /* offset of the capability */
	bool msix, wide, maskable;
	unsigned entries;   /* MSI-X: size of the table */
	volatile u32 *table;
	paddr_t table_address, pending_address;
	bool owned;         /* MSI-X: vectors are mapped, so the table is ours */
};

struct msi_vector {
	struct irq_line line;
	struct list siblings;
	struct msi_device *dev;
	unsigned index;
};

static struct list devices = LIST_INIT(devices);

static struct msi_vector *to_vector(struct irq_line *line)
{
	return container_of(line, struct msi_vector, line);
}

static struct msi_device *find_device(u8 bus, u8 devfn)
{
	struct msi_device *dev;

	list_for_each_entry(dev, &devices, all)
		if (dev->bus == bus && dev->devfn == devfn)
			return dev;
	return NULL;
}

static struct msi_vector *find_index(struct msi_device *dev, unsigned index)
{
	struct msi_vector *v;

	list_for_each_entry(v, &dev->vectors, siblings)
		if (v->index == index)
			return v;
	return NULL;
}

static u16 control_read(const struct msi_device *dev)
{
	return pci_read16(dev->bus, dev->devfn, dev->cap + MSI_CONTROL);
}

static void control_write(const struct msi_device *dev, u16 value)
{
	pci_write16(dev->bus, dev->devfn, dev->cap + MSI_CONTROL, value);
}

/* --- hardware --- */

static volatile u32 *table_entry(const struct msi_vector *v)
{
	return &v->dev->table[v->index * MSIX_ENTRY_WORDS];
}

static u8 mask_register(const struct msi_device *dev)
{
	return dev->cap + (dev->wide ? 0x10 : 0x0c);
}

static void set_masked(struct msi_vector *v, bool masked)
{
	const struct msi_device *dev = v->dev;

	if (dev->msix) {
		table_entry(v)[3] = masked ? MSIX_ENTRY_MASKED : 0;
	} else if (dev->maskable) {
		u32 bits = pci_read32(dev->bus, dev->devfn, mask_register(dev));

		bits = masked ? bits | 1U << v->index : bits & ~(1U << v->index);
		pci_write32(dev->bus, dev->devfn, mask_register(dev), bits);
	}
}

static u32 message_address(const struct irq_line *line)
{
	return MSG_ADDRESS | pcpus[line->cpu]->apic_id << MSG_DESTINATION_SHIFT;
}

/* MSI-X: @pre masked. */
static void write_message(const struct msi_vector *v)
{
	const struct msi_device *dev = v->dev;
	u8 at = dev->cap + MSI_ADDRESS;

	if (dev->msix) {
		volatile u32 *e = table_entry(v);

		e[0] = message_address(&v->line);
		e[1] = 0;
		e[2] = v->line.vector;
		return;
	}
	pci_write32(dev->bus, dev->devfn, at, message_address(&v->line));
	if (dev->wide)
		pci_write32(dev->bus, dev->devfn, at + 4, 0);
	pci_write16(dev->bus, dev->devfn, at + (dev->wide ? 8 : 4), v->line.vector);
}

void msi_mask(struct irq_line *line)
{
	set_masked(to_vector(line), true);
}

void msi_unmask(struct irq_line *line)
{
	set_masked(to_vector(line), false);
}

void msi_set_cpu(struct irq_line *line, unsigned cpu)
{
	struct msi_vector *v = to_vector(line);

	if (v->dev->msix) {
		set_masked(v, true);
		write_message(v);
		set_masked(v, !line->bound);
		return;
	}
	pci_write32(v->dev->bus, v->dev->devfn, v->dev->cap + MSI_ADDRESS, message_address(line));
}

/* --- set-up --- */

/* The record of a function; once made it stays, and with it the window on its table. */
static struct msi_device *device_get(const struct msi_request *req)
{
	struct msi_device *dev = find_device(req->bus, req->devfn);

	if (dev)
		return dev;
	dev = xzalloc(sizeof(*dev));
	if (!dev)
		return NULL;
	list_init(&dev->vectors);
	dev->bus = req->bus;
	dev->devfn = req->devfn;
	list_add_tail(&devices, &dev->all);
	return dev;
}

static struct msi_vector *vector_new(struct msi_device *dev, unsigned index)
{
	struct msi_vector *v = xzalloc(sizeof(*v));

	if (!v)
		return NULL;
	v->line.kind = LINE_MSI;
	v->line.configured = true;
	v->dev = dev;
	v->index = index;
	return v;
}

/* Point the device at @v, masked where it can; the guest switches it on. @pre irq_lock held. */
static void msi_point(struct msi_device *dev, struct msi_vector *v)
{
	u16 control = control_read(dev) & ~(MSI_ENABLE | 7U << MSI_USED_SHIFT);

	control_write(dev, control);
	write_message(v);
	list_add_tail(&dev->vectors, &v->siblings);
	set_masked(v, true);
}

static int setup_msi(struct msi_device *dev, const struct msi_request *req, struct irq_line **line)
{
	struct msi_vector *v;
	unsigned long flags;
	u16 control;
	int rc;

	if (!list_empty(&dev->vectors))
		return -EEXIST;
	dev->cap = pci_find_capability(req->bus, req->devfn, PCI_CAP_MSI);
	if (!dev->cap)
		return -ENODEV;
	control = control_read(dev);
	dev->msix = false;
	dev->wide = control & MSI_64BIT;
	dev->maskable = control & MSI_MASKABLE;
	v = vector_new(dev, 0);
	if (!v)
		return -ENOMEM;
	*line = &v->line;
	flags = spin_lock_irqsave(&irq_lock);
	rc = irq_vector_alloc(&v->line);
	if (!rc)
		msi_point(dev, v);
	spin_unlock_irqrestore(&irq_lock, flags);
	if (rc)
		xfree(v);
	return rc;
}

/* Can that be a device's table?  Neither memory nor an interrupt controller, and an address that
 * the processor can form at all; what BARs say is Dom0's doing. */
static bool table_place_ok(paddr_t at, size_t bytes)
{
	paddr_t end = at + bytes;

	if (end <= at || (end - 1) >> cpu_features.paddr_bits ||
	    e820_overlaps(at, end, 1U << E820_RAM))
		return false;
	for (paddr_t page = at & PAGE_MASK; page < end; page += PAGE_SIZE)
		if (!pv_may_map_device(dom0, page >> PAGE_SHIFT))
			return false;
	return true;
}

/* A window on the table: by the BAR the capability names, else where the guest says it is. */
static int msix_map_table(struct msi_device *dev, const struct msi_request *req)
{
	u32 where = pci_read32(req->bus, req->devfn, dev->cap + MSIX_TABLE);
	paddr_t bar = pci_memory_bar(req->bus, req->devfn, where & MSIX_BIR_MASK);
	paddr_t at = bar ? bar + (where & ~MSIX_BIR_MASK) : req->table_base;

	if (!(pci_read16(req->bus, req->devfn, PCI_COMMAND) & PCI_COMMAND_MEMORY) ||
	    !table_place_ok(at, dev->entries * MSIX_ENTRY_BYTES))
		return -ENXIO;
	if (dev->table && dev->table_address == at)
		return 0;
	dev->table = map_mmio(at, dev->entries * MSIX_ENTRY_BYTES);
	dev->table_address = at;
	return dev->table ? 0 : -ENOMEM;
}

/* Where the pending bits are; 0 if the capability names no memory. */
static paddr_t msix_pending_address(const struct msi_device *dev)
{
	u32 where = pci_read32(dev->bus, dev->devfn, dev->cap + MSIX_PENDING);
	paddr_t bar = pci_memory_bar(dev->bus, dev->devfn, where & MSIX_BIR_MASK);

	return bar ? bar + (where & ~MSIX_BIR_MASK) : 0;
}

/* A device's first MSI-X vector: reach its table and mask everything in it. */
static int msix_start(struct msi_device *dev, const struct msi_request *req)
{
	u16 control;
	int rc;

	dev->cap = pci_find_capability(req->bus, req->devfn, PCI_CAP_MSIX);
	if (!dev->cap)
		return -ENODEV;
	control = control_read(dev);
	dev->entries = (control & MSIX_SIZE_MASK) + 1;
	rc = msix_map_table(dev, req);
	if (rc)
		return rc;
	dev->pending_address = msix_pending_address(dev);
	dev->msix = true;
	control_write(dev, control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (unsigned i = 0; i < dev->entries; i++)
		dev->table[i * MSIX_ENTRY_WORDS + 3] = MSIX_ENTRY_MASKED;
	control_write(dev, control); /* on and off is the guest's decision, and MASK_ALL too */
	WRITE_ONCE(dev->owned, true);
	return 0;
}

/* Its last vector is gone. */
static void switch_off(struct msi_device *dev)
{
	control_write(dev, control_read(dev) & ~(dev->msix ? MSIX_ENABLE : MSI_ENABLE));
	WRITE_ONCE(dev->owned, false);
}

/* @pre started. */
static int add_msix_vector(struct msi_device *dev, unsigned entry, struct irq_line **line)
{
	struct msi_vector *v;
	unsigned long flags;
	int rc;

	if (entry >= dev->entries)
		return -EINVAL;
	if (find_index(dev, entry))
		return -EEXIST;
	v = vector_new(dev, entry);
	if (!v)
		return -ENOMEM;
	*line = &v->line;
	flags = spin_lock_irqsave(&irq_lock);
	rc = irq_vector_alloc(&v->line);
	if (!rc) {
		list_add_tail(&dev->vectors, &v->siblings);
		write_message(v);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	if (rc)
		xfree(v);
	return rc;
}

static int setup_msix(struct msi_device *dev, const struct msi_request *req, struct irq_line **line)
{
	int rc = list_empty(&dev->vectors) ? msix_start(dev, req) : 0;

	if (rc)
		return rc;
	rc = add_msix_vector(dev, req->entry, line);
	if (list_empty(&dev->vectors))
		switch_off(dev);
	return rc;
}

int msi_setup(const struct msi_request *req, struct irq_line **line)
{
	bool msix = req->table_base != 0;
	struct msi_device *dev;

	if (req->segment || !pci_device_known(req->bus, req->devfn) ||
	    !pci_present(req->bus, req->devfn))
		return -ENODEV;
	dev = device_get(req);
	if (!dev)
		return -ENOMEM;
	if (!pci_find_capability(req->bus, req->devfn, msix ? PCI_CAP_MSIX : PCI_CAP_MSI))
		return -ENODEV;
	if (!list_empty(&dev->vectors) && dev->msix != msix)
		return -EBUSY;
	return msix ? setup_msix(dev, req, line) : setup_msi(dev, req, line);
}

void msi_teardown(struct irq_line *line)
{
	struct msi_vector *v = to_vector(line);
	struct msi_device *dev = v->dev;
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	set_masked(v, true);
	irq_vector_free(line);
	list_del(&v->siblings);
	if (list_empty(&dev->vectors))
		switch_off(dev);
	spin_unlock_irqrestore(&irq_lock, flags);
	xfree(v);
}

int msi_restore(u16 segment, u8 bus, u8 devfn)
{
	struct msi_device *dev = segment ? NULL : find_device(bus, devfn);
	struct msi_vector *v;
	unsigned long flags;
	u16 control;

	if (segment || !pci_device_known(bus, devfn))
		return -ENODEV;
	if (!dev || list_empty(&dev->vectors))
		return 0;
	flags = spin_lock_irqsave(&irq_lock);
	list_for_each_entry(v, &dev->vectors, siblings) {
		set_masked(v, true);
		write_message(v);
		set_masked(v, !v->line.bound);
	}
	control = control_read(dev);
	if (dev->msix)
		control = (control & ~MSIX_MASK_ALL) | MSIX_ENABLE;
	else
		control = (control & ~(7U << MSI_USED_SHIFT)) | MSI_ENABLE;
	control_write(dev, control);
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

static bool in_page(paddr_t page, paddr_t at, size_t bytes)
{
	return at && at < page + PAGE_SIZE && at + bytes > page;
}

bool msi_owns_page(paddr_t page)
{
	const struct msi_device *dev;

	list_for_each_entry(dev, &devices, all)
		if (READ_ONCE(dev->owned) &&
		    (in_page(page, dev->table_address, dev->entries * MSIX_ENTRY_BYTES) ||
		     in_page(page, dev->pending_address, ROUND_UP(DIV_ROUND_UP(dev->entries, 8), 8))))
			return true;
	return false;
}

bool msi_in_use(u16 segment, u8 bus, u8 devfn)
{
	struct msi_device *dev = segment ? NULL : find_device(bus, devfn);

	return dev && !list_empty(&dev->vectors);
}
