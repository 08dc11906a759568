/* SPDX-License-Identifier: MIT */
/*
 * Machine addresses that are not memory: what Dom0 may map of them, and how.
 * The device with MSI-X is whatever stands first on the bus (the runner adds a
 * virtio card); its table is asked about before and after a vector is in use.
 */
#include <xen/physdev.h>

#include "bench/guests/pv/survey.h"

#define CAP_MSIX 0x11

static u32 pci_read(unsigned devfn, unsigned reg)
{
	u32 v;

	__asm__ volatile("outl %0, %1" : : "a"(0x80000000 | devfn << 8 | (reg & 0xfc)), "d"((u16)0xcf8));
	__asm__ volatile("inl %1, %0" : "=a"(v) : "d"((u16)0xcfc));
	return v;
}

static unsigned msix_capability(unsigned devfn)
{
	unsigned at = pci_read(devfn, 0x34) & 0xfc;

	if (pci_read(devfn, 0) == ~0U || !(pci_read(devfn, 4) >> 16 & 0x10))
		return 0;
	while (at && (pci_read(devfn, at) & 0xff) != CAP_MSIX)
		at = pci_read(devfn, at) >> 8 & 0xfc;
	return at;
}

static long map_at(void *va, u64 maddr, u64 flags, unsigned owner)
{
	struct mmu_update u = { pte_maddr(va), maddr | flags };
	struct mmuext_op flush = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = (u64)va };
	long rc = hypercall4(__HYPERVISOR_mmu_update, &u, 1, 0, owner);

	hypercall4(__HYPERVISOR_mmuext_op, &flush, 1, 0, DOMID_SELF);
	return rc;
}

static u64 try_store(volatile u32 *at, u32 val)
{
	register volatile u32 *p __asm__("rdi") = at;
	register u32 v __asm__("esi") = val;

	__asm__ volatile("" : "+r"(p), "+r"(v));
	return TRY("mov %%esi, (%%rdi)");
}

/* What an entry became, without its frame and whether it is global: that is the hypervisor's. */
static u64 flags_of(volatile u64 *pte)
{
	return *pte & ~(PTE_FRAME | 0x100);
}

/* Map the page both ways, and see whether it can be written through. */
static void map_lines(const char *name, u64 maddr)
{
	static u8 *window;
	u64 was;
	volatile u64 *pte;

	if (!window)
		window = page_alloc();
	pte = pte_va(window);
	was = *pte;
	for (unsigned owner = 0; owner < 2; owner++) {
		unsigned dom = owner ? DOMID_IO : DOMID_SELF;
		long rc = map_at(window, maddr, PTE_RO_PAGE, dom);

		print("ANSWER map %s read-only, owner %x = %ld, flags %lx\n", name, dom, rc,
		      rc ? 0 : flags_of(pte));
		rc = map_at(window, maddr, PTE_RW_PAGE, dom);
		print("ANSWER map %s writable, owner %x = %ld, flags %lx\n", name, dom, rc,
		      rc ? 0 : flags_of(pte));
		map_at(window, was & PTE_FRAME, PTE_RW_PAGE, DOMID_SELF);
	}
}

static void store_line(const char *name, u64 maddr, unsigned word, u32 val)
{
	static u8 *window;
	u64 trap, was;
	long rc;
	u32 now = 0;

	if (!window)
		window = page_alloc();
	was = *pte_va(window) & PTE_FRAME;
	rc = map_at(window, maddr & PTE_FRAME, PTE_RW_PAGE, DOMID_IO);
	if (!rc) {
		volatile u32 *at = (volatile u32 *)(window + (maddr & (PAGE_SIZE - 1))) + word;

		trap = try_store(at, val);
		now = *at;
		print("ANSWER store to %s word %u = trap %lu, now %x\n", name, word, trap, now);
	} else {
		print("ANSWER store to %s word %u = cannot be mapped: %ld\n", name, word, rc);
	}
	map_at(window, was, PTE_RW_PAGE, DOMID_SELF);
}

static u64 bar_address(unsigned devfn, unsigned bar)
{
	u32 low = pci_read(devfn, 0x10 + 4 * bar);

	if ((low & 6) == 4)
		return (low & ~15UL) | (u64)pci_read(devfn, 0x14 + 4 * bar) << 32;
	return low & ~15UL;
}

static void msix_vector(const char *what, unsigned devfn, unsigned entry, u64 table)
{
	struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG, .index = -1,
				      .pirq = -1, .devfn = devfn, .entry_nr = entry,
				      .table_base = table };
	long rc = hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &m);

	print("ANSWER msix %s = %ld, pirq %d\n", what, rc, m.pirq);
}

static void table_lines(const char *when, u64 table, u64 pba)
{
	print("ANSWER msix table pages %s = same page %u\n", when, (table ^ pba) < PAGE_SIZE);
	map_lines(when, table & PTE_FRAME);
	store_line(when, table, 3, 0);
	store_line(when, table, 3, 1);
	store_line(when, table, 4 * 2 + 3, 1);
	store_line(when, pba, 0, 0xffff);
}

static void survey_msix(unsigned devfn, unsigned cap)
{
	u32 where = pci_read(devfn, cap + 4), pending = pci_read(devfn, cap + 8);
	u64 bar = bar_address(devfn, where & 7);
	u64 table = bar + (where & ~7), pba = bar_address(devfn, pending & 7) + (pending & ~7);
	struct physdev_pci_device dev = { 0, 0, devfn };
	struct physdev_pci_device_add add = { .seg = 0, .bus = 0, .devfn = devfn };

	print("ANSWER msix device = %x, control %x, table %x, pba %x\n", devfn,
	      pci_read(devfn, cap) >> 16, where, pending);
	/* Memory decoding on, as a driver does. */
	__asm__ volatile("outl %0, %1" : : "a"(0x80000000 | devfn << 8 | 4), "d"((u16)0xcf8));
	__asm__ volatile("outw %0, %1" : : "a"((u16)7), "d"((u16)0xcfc));
	hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add, &add);
	table_lines("before", table, pba);
	msix_vector("vector beyond the table", devfn, 2048, bar);
	msix_vector("vector 0 at a wrong table", devfn, 0, 0x1000);
	msix_vector("vector 1", devfn, 1, bar);
	msix_vector("plain msi beside", devfn, 0, 0);
	print("ANSWER msix control in use = %x\n", pci_read(devfn, cap) >> 16);
	print("ANSWER msix command in use = %x\n", pci_read(devfn, 4) & 0xffff);
	table_lines("after", table, pba);
	print("ANSWER prepare_msix in use = %ld\n",
	      hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_prepare_msix, &dev));
	print("ANSWER release_msix in use = %ld\n",
	      hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_release_msix, &dev));
	print("ANSWER restore_msi_ext in use = %ld\n",
	      hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_restore_msi_ext, &dev));
	msix_vector("vector 1 again", devfn, 1, bar);
}

void survey_device_memory(void)
{
	map_lines("the first page", 0);
	map_lines("the BIOS data area's neighbour", 0x1000);
	map_lines("the VGA window", 0xa0000);
	map_lines("the option ROMs", 0xc0000);
	map_lines("the BIOS", 0xf0000);
	map_lines("the IO-APIC", 0xfec00000);
	map_lines("after the IO-APIC", 0xfec01000);
	map_lines("the HPET", 0xfed00000);
	map_lines("after the HPET", 0xfed01000);
	map_lines("the TPM", 0xfed40000);
	map_lines("the local APIC", 0xfee00000);
	map_lines("after the local APIC", 0xfee01000);
	map_lines("MMCFG of the host bridge", 0xb0000000);
	map_lines("MMCFG of the AHCI controller", 0xb00fa000);
	map_lines("the flash", 0xffff0000);
	map_lines("no memory, low", 0xa0000000);
	map_lines("no memory, high", 0x800000000UL);
	map_lines("beyond the address width", 1UL << 51);
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		unsigned cap = msix_capability(devfn);

		if (cap) {
			survey_msix(devfn, cap);
			return;
		}
	}
	print("ANSWER msix device = none\n");
}
