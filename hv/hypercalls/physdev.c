/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: Dom0's hand on the interrupt hardware, and a PV vCPU's I/O
 * privilege.  Structures and numbers: <xen/physdev.h>; the error codes are what
 * SURFACE.md found Xen 4.17 to return or its interface documents.  Arguments are
 * copied once and checked here; the work is done by x86/pirq, irq-line, ioapic.
 * Of PCI devices only is kept which Dom0 has told us of.
 */
#include "hypercalls/hypercall.h"

#include <xen/physdev.h>

#include "lib/errno.h"
#include "memory/guest.h"
#include "x86/acpi.h"
#include "x86/ioapic.h"
#include "x86/irq-line.h"
#include "x86/msi.h"
#include "x86/pci-config.h"
#include "x86/pirq.h"

#define IO_PORTS 65536
#define RTE_LEVEL (1U << 15) /* Intel 82093AA, redirection entry */
#define RTE_ACTIVE_LOW (1U << 13)
#define MULTI_MSI_MAX 32 /* vectors of a device by plain MSI: PCI Local Bus 3.0, 6.8.1 */

union physdev_args {
	struct physdev_eoi eoi;
	struct physdev_pirq_eoi_gmfn gmfn;
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_apic apic;
	struct physdev_irq irq;
	struct physdev_map_pirq map;
	struct physdev_unmap_pirq unmap;
	struct physdev_manage_pci manage;
	struct physdev_manage_pci_ext manage_ext;
	struct physdev_restore_msi restore;
	struct physdev_setup_gsi setup;
	struct physdev_get_free_pirq free_pirq;
	struct physdev_pci_mmcfg_reserved mmcfg;
	struct physdev_pci_device_add add;
	struct physdev_pci_device device;
	struct physdev_dbgp_op dbgp;
};

/* --- every PV guest --- */

static long op_eoi(union physdev_args *a)
{
	return pirq_eoi(current->domain, a->eoi.irq);
}

static long op_eoi_page_v1(union physdev_args *a)
{
	return pirq_set_eoi_page(current->domain, a->gmfn.gmfn, true);
}

static long op_eoi_page_v2(union physdev_args *a)
{
	return pirq_set_eoi_page(current->domain, a->gmfn.gmfn, false);
}

static long op_irq_status(union physdev_args *a)
{
	return pirq_status(current->domain, a->status.irq, &a->status.flags);
}

static long op_set_iopl(union physdev_args *a)
{
	if (a->iopl.iopl > 3)
		return -EINVAL;
	current->pv.iopl = a->iopl.iopl;
	return 0;
}

static long op_set_iobitmap(union physdev_args *a)
{
	u64 va = guest_handle_va(a->iobitmap.bitmap);

	if (a->iobitmap.nr_ports > IO_PORTS)
		return -EINVAL;
	/* Read with the usual checks on each use; a wild pointer only denies access. */
	current->pv.iobmp = va;
	current->pv.iobmp_bits = va ? a->iobitmap.nr_ports : 0;
	return 0;
}

/* From when an interrupt was unmasked in Xen's sight: nothing to tell any more. */
static long op_nothing(union physdev_args *a)
{
	return 0;
}

/* --- IO-APICs and GSIs --- */

static long op_apic_read(union physdev_args *a)
{
	return ioapic_guest_read(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

/*
 * Dom0 sets up a pin the old way: only trigger mode and polarity are taken over, and only
 * for a pin that is not set up yet.  Vector, destination and mask are ours.
 */
static long op_apic_write(union physdev_args *a)
{
	bool high;
	int gsi = ioapic_reg_to_gsi(a->apic.apic_physbase, a->apic.reg, &high);
	int rc;

	if (gsi < 0)
		return gsi;
	if (high)
		return 0;
	rc = irq_setup_gsi(gsi, a->apic.value & RTE_LEVEL, a->apic.value & RTE_ACTIVE_LOW);
	return rc == -EEXIST ? 0 : rc;
}

/* The caller's idea of a vector means nothing any more: it gets its own number back. */
static long op_alloc_irq_vector(union physdev_args *a)
{
	a->irq.vector = a->irq.irq;
	return 0;
}

static long op_setup_gsi(union physdev_args *a)
{
	if (a->setup.gsi < 0)
		return -EINVAL;
	return irq_setup_gsi(a->setup.gsi, a->setup.triggering, a->setup.polarity);
}

/* --- PIRQs --- */

static struct msi_request msi_request_from(const struct physdev_map_pirq *m)
{
	bool segmented = m->type != MAP_PIRQ_TYPE_MSI;
	bool multi = m->type == MAP_PIRQ_TYPE_MULTI_MSI;

	return (struct msi_request){
		.segment = segmented ? (u32)m->bus >> 16 : 0,
		.bus = m->bus,
		.devfn = m->devfn,
		.entry = multi ? 0 : m->entry_nr,
		.table_base = multi ? 0 : m->table_base,
	};
}

/* Several at once need interrupts to be remapped, which ours are not: the answers are Xen's. */
static int check_msi_count(const struct physdev_map_pirq *m)
{
	if (m->type != MAP_PIRQ_TYPE_MULTI_MSI || m->entry_nr == 1)
		return 0;
	return m->entry_nr < 1 || m->entry_nr > MULTI_MSI_MAX ? -EDOM : -EOPNOTSUPP;
}

static long map_for(struct domain *d, struct physdev_map_pirq *m)
{
	struct msi_request req = msi_request_from(m);
	int rc;

	switch (m->type) {
	case MAP_PIRQ_TYPE_GSI:
		rc = pirq_map_gsi(d, m->index, m->pirq);
		break;
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI:
		rc = check_msi_count(m);
		if (!rc)
			rc = pirq_map_msi(d, &req, m->pirq);
		break;
	default:
		return -EINVAL;
	}
	if (rc < 0)
		return rc;
	m->pirq = rc;
	return 0;
}

static long op_map_pirq(union physdev_args *a)
{
	int err;
	struct domain *d = hypercall_target(a->map.domid, &err);
	long rc;

	if (!d)
		return err;
	rc = caller_privileged() ? map_for(d, &a->map) : -EPERM;
	domain_put(d);
	return rc;
}

static long op_unmap_pirq(union physdev_args *a)
{
	int err;
	struct domain *d = hypercall_target(a->unmap.domid, &err);
	long rc;

	if (!d)
		return err;
	rc = caller_privileged() ? pirq_unmap(d, a->unmap.pirq) : -EPERM;
	domain_put(d);
	return rc;
}

static long op_get_free_pirq(union physdev_args *a)
{
	int pirq = pirq_reserve(current->domain, a->free_pirq.type == MAP_PIRQ_TYPE_GSI);

	if (pirq < 0)
		return pirq;
	a->free_pirq.pirq = pirq;
	return 0;
}

/* --- PCI --- */

static long note_added(u16 segment, u8 bus, u8 devfn)
{
	if (segment)
		return -ENODEV;
	pci_device_note(bus, devfn, true);
	return 0;
}

/* Interrupts it still has mapped stay until they are unmapped. */
static long note_removed(u16 segment, u8 bus, u8 devfn)
{
	if (segment || !pci_device_known(bus, devfn))
		return -ENODEV;
	pci_device_note(bus, devfn, false);
	return 0;
}

static long op_manage_pci_add(union physdev_args *a)
{
	return note_added(0, a->manage.bus, a->manage.devfn);
}

static long op_manage_pci_remove(union physdev_args *a)
{
	return note_removed(0, a->manage.bus, a->manage.devfn);
}

static long op_manage_pci_ext(union physdev_args *a)
{
	if (a->manage_ext.is_extfn > 1 || a->manage_ext.is_virtfn > 1)
		return -EINVAL;
	return note_added(0, a->manage_ext.bus, a->manage_ext.devfn);
}

static long op_pci_device_add(union physdev_args *a)
{
	return note_added(a->add.seg, a->add.bus, a->add.devfn);
}

static long op_pci_device_remove(union physdev_args *a)
{
	return note_removed(a->device.seg, a->device.bus, a->device.devfn);
}

static long op_pci_mmcfg_reserved(union physdev_args *a)
{
	if (a->mmcfg.flags & ~XEN_PCI_MMCFG_RESERVED)
		return -EINVAL;
	for (unsigned i = 0; i < acpi.nr_mcfg; i++) {
		const struct acpi_mcfg_window *m = &acpi.mcfg[i];

		if (m->segment == a->mmcfg.segment && m->start_bus == a->mmcfg.start_bus &&
		    m->end_bus == a->mmcfg.end_bus)
			return m->address == a->mmcfg.address ? 0 : -EIO;
	}
	return -ENODEV;
}

static long op_restore_msi(union physdev_args *a)
{
	return pirq_msi_restore(0, a->restore.bus, a->restore.devfn);
}

static long op_restore_msi_ext(union physdev_args *a)
{
	return pirq_msi_restore(a->device.seg, a->device.bus, a->device.devfn);
}

static bool has_msix(const struct physdev_pci_device *d)
{
	return !d->seg && pci_device_known(d->bus, d->devfn) &&
	       pci_find_capability(d->bus, d->devfn, PCI_CAP_MSIX);
}

/* A pass-through owner is to have the device: its table must not be in use. */
static long op_prepare_msix(union physdev_args *a)
{
	const struct physdev_pci_device *d = &a->device;

	if (!has_msix(d))
		return -ENODEV;
	return pirq_msi_in_use(d->seg, d->bus, d->devfn) ? -EBUSY : 0;
}

static long op_release_msix(union physdev_args *a)
{
	return has_msix(&a->device) ? 0 : -ENODEV;
}

/* We never use a USB debug port. */
static long op_dbgp(union physdev_args *a)
{
	return a->dbgp.op == PHYSDEVOP_DBGP_RESET_PREPARE || a->dbgp.op == PHYSDEVOP_DBGP_RESET_DONE ?
		       0 : -EINVAL;
}

#define ARGS(field) sizeof(((union physdev_args *)0)->field)
#define GUEST false
#define DOM0 true

static const struct physdev_sub_op {
	long (*fn)(union physdev_args *a);
	u16 size;
	bool privileged;
	bool copy_back;
} sub_ops[] = {
	[PHYSDEVOP_IRQ_UNMASK_NOTIFY] = { op_nothing, 0, GUEST, false },
	[PHYSDEVOP_irq_status_query] = { op_irq_status, ARGS(status), GUEST, true },
	[PHYSDEVOP_set_iopl] = { op_set_iopl, ARGS(iopl), GUEST, false },
	[PHYSDEVOP_set_iobitmap] = { op_set_iobitmap, ARGS(iobitmap), GUEST, false },
	[PHYSDEVOP_apic_read] = { op_apic_read, ARGS(apic), DOM0, true },
	[PHYSDEVOP_apic_write] = { op_apic_write, ARGS(apic), DOM0, false },
	[PHYSDEVOP_alloc_irq_vector] = { op_alloc_irq_vector, ARGS(irq), DOM0, true },
	[PHYSDEVOP_eoi] = { op_eoi, ARGS(eoi), GUEST, false },
	[PHYSDEVOP_map_pirq] = { op_map_pirq, ARGS(map), DOM0, true },
	[PHYSDEVOP_unmap_pirq] = { op_unmap_pirq, ARGS(unmap), DOM0, false },
	[PHYSDEVOP_manage_pci_add] = { op_manage_pci_add, ARGS(manage), DOM0, false },
	[PHYSDEVOP_manage_pci_remove] = { op_manage_pci_remove, ARGS(manage), DOM0, false },
	[PHYSDEVOP_pirq_eoi_gmfn_v1] = { op_eoi_page_v1, ARGS(gmfn), GUEST, false },
	[PHYSDEVOP_restore_msi] = { op_restore_msi, ARGS(restore), DOM0, false },
	[PHYSDEVOP_manage_pci_add_ext] = { op_manage_pci_ext, ARGS(manage_ext), DOM0, false },
	[PHYSDEVOP_setup_gsi] = { op_setup_gsi, ARGS(setup), DOM0, false },
	[PHYSDEVOP_get_free_pirq] = { op_get_free_pirq, ARGS(free_pirq), GUEST, true },
	[PHYSDEVOP_pci_mmcfg_reserved] = { op_pci_mmcfg_reserved, ARGS(mmcfg), DOM0, false },
	/* Without the optional array behind it. */
	[PHYSDEVOP_pci_device_add] = { op_pci_device_add,
				       offsetof(struct physdev_pci_device_add, optarr), DOM0, false },
	[PHYSDEVOP_pci_device_remove] = { op_pci_device_remove, ARGS(device), DOM0, false },
	[PHYSDEVOP_restore_msi_ext] = { op_restore_msi_ext, ARGS(device), DOM0, false },
	[PHYSDEVOP_pirq_eoi_gmfn_v2] = { op_eoi_page_v2, ARGS(gmfn), GUEST, false },
	[PHYSDEVOP_dbgp_op] = { op_dbgp, ARGS(dbgp), DOM0, false },
	[PHYSDEVOP_prepare_msix] = { op_prepare_msix, ARGS(device), DOM0, false },
	[PHYSDEVOP_release_msix] = { op_release_msix, ARGS(device), DOM0, false },
};

long hypercall_physdev_op(u64 cmd, u64 arg)
{
	const struct physdev_sub_op *op = cmd < ARRAY_SIZE(sub_ops) ? &sub_ops[cmd] : NULL;
	union physdev_args args;
	long rc;

	if (!op || !op->fn)
		return -ENOSYS;
	if (op->privileged && !caller_privileged())
		return -EPERM;
	if (copy_from_guest(&args, arg, op->size))
		return -EFAULT;
	rc = op->fn(&args);
	if (op->copy_back && !rc && copy_to_guest(arg, &args, op->size))
		return -EFAULT;
	return rc;
}
