/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: interrupt lines and PIRQs, with the arguments of the good case and
 * of every bad one that has an answer of its own.
 */
#include <xen/event_channel.h>
#include <xen/physdev.h>

#include "bench/guests/pv/survey.h"

#define GSIS 26 /* two more than the IO-APIC has */

static long physdev(unsigned cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_physdev_op, cmd, arg);
}

static void survey_ioapic(void)
{
	for (unsigned reg = 0; reg < 0x44; reg++) {
		struct physdev_apic a = { .apic_physbase = 0xfec00000, .reg = reg };
		long rc = physdev(PHYSDEVOP_apic_read, &a);

		print("ANSWER apic_read %x = %ld %x\n", reg, rc, rc ? 0 : a.value);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct physdev_apic a = { .apic_physbase = i ? 0xfec01000 : 0, .reg = 1 };

		print("ANSWER apic_read of no IO-APIC %u = %ld\n", i, physdev(PHYSDEVOP_apic_read, &a));
	}
}

static void survey_gsis(void)
{
	for (int gsi = -1; gsi < GSIS; gsi++) {
		struct physdev_setup_gsi s = { .gsi = gsi, .triggering = gsi >= 16, .polarity = gsi >= 16 };
		struct physdev_irq irq = { .irq = gsi };
		long rc;

		rc = physdev(PHYSDEVOP_setup_gsi, &s);
		print("ANSWER setup_gsi %d = %ld, again %ld\n", gsi, rc,
		      physdev(PHYSDEVOP_setup_gsi, &s));
		s.polarity = !s.polarity;
		print("ANSWER setup_gsi %d changed = %ld\n", gsi, physdev(PHYSDEVOP_setup_gsi, &s));
		print("ANSWER alloc_irq_vector %d = %ld\n", gsi, physdev(PHYSDEVOP_alloc_irq_vector, &irq));
	}
}

static void map_line(const char *what, struct physdev_map_pirq m)
{
	long rc = physdev(PHYSDEVOP_map_pirq, &m);

	print("ANSWER map_pirq %s = %ld, pirq %d, entries %d\n", what, rc, m.pirq, m.entry_nr);
}

static void unmap_line(const char *what, int pirq)
{
	struct physdev_unmap_pirq u = { .domid = DOMID_SELF, .pirq = pirq };

	print("ANSWER unmap_pirq %s %d = %ld\n", what, pirq, physdev(PHYSDEVOP_unmap_pirq, &u));
}

static void status_line(unsigned pirq)
{
	struct physdev_irq_status_query q = { .irq = pirq };
	struct physdev_eoi eoi = { .irq = pirq };
	long rc = physdev(PHYSDEVOP_irq_status_query, &q);

	print("ANSWER irq_status_query %u = %ld, flags %x, eoi %ld\n", pirq, rc, q.flags,
	      physdev(PHYSDEVOP_eoi, &eoi));
}

#define GSI(i, p) ((struct physdev_map_pirq){ .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, \
					      .index = (i), .pirq = (p) })
#define MSI(kind, df, n) ((struct physdev_map_pirq){ .domid = DOMID_SELF, .index = -1, .pirq = -1, \
	.type = MAP_PIRQ_TYPE_##kind, .bus = 0, .devfn = (df), .entry_nr = (n) })

static u32 pci_read(unsigned devfn, unsigned reg)
{
	u32 v;

	__asm__ volatile("outl %0, %1" : : "a"(0x80000000 | devfn << 8 | reg), "d"((u16)0xcf8));
	__asm__ volatile("inl %1, %0" : "=a"(v) : "d"((u16)0xcfc));
	return v;
}

static void add_device(unsigned devfn)
{
	struct physdev_pci_device_add add = { .devfn = devfn };

	print("ANSWER device_add %x = %ld\n", devfn, physdev(PHYSDEVOP_pci_device_add, &add));
}

/* The capability of the AHCI controller at register 0x80, as QEMU's ICH9 has it. */
static void msi_registers(const char *when)
{
	print("ANSWER msi registers %s = control %x, command %x\n", when, pci_read(0xfa, 0x80) >> 16,
	      pci_read(0xfa, 4) & 0xffff);
}

/* More vectors than one: of a device that has only one, or that is not there.
 * Not by number, which the peer does not check: none of them stops it. */
static void several_msis(const char *when, unsigned devfn, int count)
{
	struct physdev_map_pirq m = MSI(MULTI_MSI, devfn, count);
	long rc = physdev(PHYSDEVOP_map_pirq, &m);
	print("ANSWER map_pirq %d msis of %x %s = %ld, pirq %d, entries %d\n", count, devfn, when, rc,
	      m.pirq, m.entry_nr);
}

static void survey_several_msis(const char *when)
{
	static const int counts[] = { 0, -1, 2, 3, 32, 33, 1 << 20 };

	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
		several_msis(when, 0xfa, counts[i]);
		several_msis(when, 0xff, counts[i]);
	}
}

static void survey_mapping(void)
{
	struct physdev_map_pirq m;

	for (int gsi = 0; gsi < GSIS; gsi++)
		map_line("gsi to its own number", GSI(gsi, gsi));
	map_line("gsi 5 again", GSI(5, 5));
	map_line("gsi 5 to another number", GSI(5, 6));
	map_line("gsi 5 to any number", GSI(5, -1));
	map_line("gsi -1", GSI(-1, -1));
	map_line("gsi 1000", GSI(1000, -1));
	unmap_line("mapped", 5);
	unmap_line("unmapped", 5);
	map_line("gsi 5 to any number after unmapping", GSI(5, -1));
	unmap_line("it", 5);
	map_line("gsi 5 to another number after unmapping", GSI(5, 23));
	unmap_line("of nothing", -1);
	unmap_line("beyond all", 100000);
	map_line("msi of a device nobody added", MSI(MSI, 0xfa, 0));
	add_device(0xfa);
	add_device(0);
	map_line("msi of no device", MSI(MSI, 0xf8 + 7, 0));
	map_line("msi of a device without", MSI(MSI, 0, 0));
	survey_several_msis("unmapped");
	msi_registers("before");
	map_line("msi of the AHCI controller", MSI(MSI_SEG, 0xfa, 0));
	msi_registers("in use");
	survey_several_msis("in use");
	m = MSI(MSI, 0xfa, 0);
	m.type = 9;
	map_line("of unknown type", m);
	m = MSI(MSI, 0xfa, 0);
	m.domid = 99;
	map_line("for no domain", m);
	m = GSI(3, 3);
	m.domid = DOMID_XEN;
	map_line("for DOMID_XEN", m);
}

static void survey_pirqs(void)
{
	static const unsigned more[] = { 200, 228, 229, 230, 231, 232, 300, 1000, 4096, ~0U };
	struct physdev_get_free_pirq f = { .type = MAP_PIRQ_TYPE_GSI };
	struct evtchn_bind_pirq b;
	struct evtchn_close close;

	for (unsigned pirq = 0; pirq < GSIS; pirq++)
		status_line(pirq);
	for (unsigned i = 0; i < ARRAY_SIZE(more); i++)
		status_line(more[i]);
	for (unsigned i = 0; i < 3; i++) {
		long rc = physdev(PHYSDEVOP_get_free_pirq, &f);

		print("ANSWER get_free_pirq gsi %u = %ld %d\n", i, rc, f.pirq);
	}
	f.type = MAP_PIRQ_TYPE_MSI;
	for (unsigned i = 0; i < 3; i++) {
		long rc = physdev(PHYSDEVOP_get_free_pirq, &f);

		print("ANSWER get_free_pirq msi %u = %ld %d\n", i, rc, f.pirq);
	}
	f.type = 9;
	print("ANSWER get_free_pirq of no type = %ld\n", physdev(PHYSDEVOP_get_free_pirq, &f));
	for (unsigned i = 0; i < GSIS; i++) {
		b = (struct evtchn_bind_pirq){ .pirq = i };
		print("ANSWER bind_pirq %u = %ld\n", i,
		      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &b));
		print("ANSWER bind_pirq %u again = %ld\n", i,
		      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &b));
	}
	b = (struct evtchn_bind_pirq){ .pirq = 207 };
	print("ANSWER bind_pirq of the msi = %ld\n",
	      hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, &b));
	msi_registers("bound");
	unmap_line("bound", 9);
	close.port = b.port;
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &close);
	unmap_line("of the msi", 207);
	msi_registers("unmapped");
}

static void survey_pci_calls(void)
{
	struct physdev_manage_pci m = { .bus = 0, .devfn = 0xfa };
	struct physdev_pci_device_add add = { .seg = 0, .bus = 0, .devfn = 0xfa };
	struct physdev_pci_device dev = { .seg = 0, .bus = 0, .devfn = 0xfa };
	struct physdev_pci_mmcfg_reserved r = { .address = 0xb0000000, .end_bus = 255 };

	print("ANSWER mmcfg_reserved = %ld\n", physdev(PHYSDEVOP_pci_mmcfg_reserved, &r));
	r.flags = XEN_PCI_MMCFG_RESERVED;
	print("ANSWER mmcfg_reserved, is reserved = %ld\n", physdev(PHYSDEVOP_pci_mmcfg_reserved, &r));
	r.flags = 2;
	print("ANSWER mmcfg_reserved, unknown flag = %ld\n", physdev(PHYSDEVOP_pci_mmcfg_reserved, &r));
	r.flags = 0;
	r.address = 0x1000000;
	print("ANSWER mmcfg_reserved, elsewhere = %ld\n", physdev(PHYSDEVOP_pci_mmcfg_reserved, &r));
	print("ANSWER device_add = %ld\n", physdev(PHYSDEVOP_pci_device_add, &add));
	print("ANSWER manage_pci_add = %ld\n", physdev(PHYSDEVOP_manage_pci_add, &m));
	print("ANSWER manage_pci_remove = %ld\n", physdev(PHYSDEVOP_manage_pci_remove, &m));
	print("ANSWER device_remove = %ld\n", physdev(PHYSDEVOP_pci_device_remove, &dev));
	print("ANSWER device_add again = %ld\n", physdev(PHYSDEVOP_pci_device_add, &add));
	/* Not prepare_msix: for a device without MSI-X that stops the peer. */
	print("ANSWER restore_msi_ext = %ld\n", physdev(PHYSDEVOP_restore_msi_ext, &dev));
	dev.devfn = 0xff;
	add.devfn = 0xff;
	print("ANSWER device_add of nothing = %ld\n", physdev(PHYSDEVOP_pci_device_add, &add));
	print("ANSWER device_remove of nothing = %ld\n", physdev(PHYSDEVOP_pci_device_remove, &dev));
	print("ANSWER prepare_msix of nothing = %ld\n", physdev(PHYSDEVOP_prepare_msix, &dev));
	print("ANSWER release_msix of nothing = %ld\n", physdev(PHYSDEVOP_release_msix, &dev));
	print("ANSWER restore_msi_ext of nothing = %ld\n", physdev(PHYSDEVOP_restore_msi_ext, &dev));
}

static void survey_eoi_page(void)
{
	static u8 page[4096] __attribute__((aligned(4096)));
	struct physdev_pirq_eoi_gmfn g = { va_to_mfn(page) };

	print("ANSWER pirq_eoi_gmfn_v2 = %ld\n", physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &g));
	for (unsigned i = 0; i < 40; i++)
		if (page[i])
			print("ANSWER eoi page byte %u = %x\n", i, page[i]);
	print("ANSWER pirq_eoi_gmfn_v2 again = %ld\n", physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &g));
	print("ANSWER pirq_eoi_gmfn_v1 again = %ld\n", physdev(PHYSDEVOP_pirq_eoi_gmfn_v1, &g));
	g.gmfn = ~0UL;
	print("ANSWER pirq_eoi_gmfn_v2 of no frame = %ld\n", physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &g));
}

void survey_interrupts(void)
{
	for (unsigned cmd = 0; cmd < 40; cmd++)
		print("ANSWER physdev_op %u of nothing = %ld\n", cmd, physdev(cmd, (void *)0x1000));
	survey_ioapic();
	survey_gsis();
	survey_mapping();
	survey_pirqs();
	survey_eoi_page();
	survey_pci_calls();
}
